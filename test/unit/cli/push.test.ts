import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJpegHeader } from '../../../core/image-header.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import { ProgressLine } from '../../../src/cli/progress.ts';
import { ffmpegArguments, isLarger } from '../../../src/cli/push/ffmpeg-source.ts';
import { ImageSource, listPictures } from '../../../src/cli/push/image-source.ts';
import { classifySource, type Fit, type SourceOptions } from '../../../src/cli/push/source.ts';
import { PushTally, progressLine, summaryText } from '../../../src/cli/push/tally.ts';

let dir = '';
const plainFile = () => join(dir, 'picture-without-a-name');
const plain: SourceOptions = { fps: 10, fit: () => undefined, loop: false, realtime: true };
const square = (side: number, required = false): Fit => ({ width: side, height: side, required });
const asWide = (width: number): Fit => ({ width, height: undefined, required: true });

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-push-'));
  mkdirSync(join(dir, 'frames'));
  mkdirSync(join(dir, 'empty'));
  const base = sharp({ create: { width: 64, height: 48, channels: 3, background: '#808080' } });
  const jpeg = await base.clone().jpeg().toBuffer();
  for (const name of ['f10.jpg', 'f2.jpg', 'f1.JPEG']) writeFileSync(join(dir, 'frames', name), jpeg);
  writeFileSync(join(dir, 'frames', 'f3.png'), await base.clone().png().toBuffer());
  writeFileSync(join(dir, 'frames', 'notes.txt'), 'not a picture');
  writeFileSync(join(dir, 'picture-without-a-name'), jpeg);
  writeFileSync(join(dir, 'video.jpg'), 'ftypisom: a video, whatever its name says');
  writeFileSync(join(dir, 'broken.jpg'), Buffer.concat([jpeg.subarray(0, 40), Buffer.alloc(4)]));
});

afterAll(() => rmSync(dir, { recursive: true }));

describe('what a source is', () => {
  it('tells files apart by their first bytes and streams by their scheme', async () => {
    const kind = async (text: string) => (await classifySource(text)).kind;
    expect(await kind(join(dir, 'frames'))).toBe('folder');
    expect(await kind(join(dir, 'picture-without-a-name'))).toBe('image');
    expect(await kind(join(dir, 'video.jpg'))).toBe('video');
    expect(await kind(`file://${join(dir, 'frames')}`)).toBe('folder');
    expect(await kind('rtsp://user:pw@10.0.0.1/1')).toBe('live');
    expect(await kind('https://example.org/a.mp4')).toBe('video');
  });

  it('says which file it cannot read', async () => {
    await expect(classifySource(join(dir, 'none.mp4'))).rejects.toThrow(/cannot read the source .*none\.mp4/);
  });
});

describe('pictures from a folder', () => {
  it('come in the order people number them', async () => {
    const names = (await listPictures(join(dir, 'frames'))).map((file) => file.slice(dir.length + 8));
    expect(names).toEqual(['f1.JPEG', 'f2.jpg', 'f3.png', 'f10.jpg']);
    await expect(listPictures(join(dir, 'empty'))).rejects.toThrow(/no pictures/);
  });

  it('come one period apart, as JPEG whatever they are stored as', async () => {
    const clock = new ManualClock();
    const files = await listPictures(join(dir, 'frames'));
    const taken: { atMs: number; format: string }[] = [];
    const running = new ImageSource(files, plain, clock).run(async (picture) => {
      const header = parseJpegHeader(picture);
      taken.push({ atMs: clock.nowMs(), format: header.kind === 'image' ? header.header.format : 'none' });
    });
    for (let i = 0; i < 400 && taken.length < 4; i++) {
      const dueMs = clock.nextDueMs;
      if (dueMs !== undefined) clock.advance(dueMs - clock.nowMs());
      await new Promise((done) => setTimeout(done, 2));
    }
    await running;
    expect(taken).toEqual([0, 100, 200, 300].map((atMs) => ({ atMs, format: 'jpeg' })));
  });

  it('are made smaller where a width is asked for, never larger', async () => {
    const widths: number[] = [];
    const file = join(dir, 'picture-without-a-name');
    for (const width of [32, 640]) {
      const options = { ...plain, realtime: false, fit: () => asWide(width) };
      await new ImageSource([file], options, new ManualClock()).run(async (picture) => {
        const parsed = parseJpegHeader(picture);
        if (parsed.kind === 'image') widths.push(parsed.header.width);
      });
    }
    expect(widths).toEqual([32, 64]);
  });

  it('follow the size the node asks for from one picture to the next, also the only one there is', async () => {
    for (const files of [['f10.jpg', 'f2.jpg', 'f1.JPEG'].map((f) => join(dir, 'frames', f)), [plainFile()]]) {
      const wanted = [square(64), square(32), square(48)];
      const widths: number[] = [];
      const options = { ...plain, realtime: false, loop: true, fit: () => wanted[widths.length] };
      const source = new ImageSource(files, options, new ManualClock());
      await source.run(async (picture) => {
        const parsed = parseJpegHeader(picture);
        if (parsed.kind === 'image') widths.push(parsed.header.width);
        if (widths.length === 3) source.stop();
      });
      expect(widths).toEqual([64, 32, 48]);
    }
  });

  it('go as they are where they fit already: making them anew would only cost', async () => {
    const file = plainFile();
    const source = new ImageSource([file], { ...plain, realtime: false, fit: () => square(64) }, new ManualClock());
    await source.run(async (picture) => expect(Buffer.from(picture)).toEqual(readFileSync(file)));
  });

  it('go as they are where they cannot be made smaller and nobody insists: the node says what is wrong', async () => {
    const file = join(dir, 'broken.jpg');
    const source = new ImageSource([file], { ...plain, realtime: false, fit: () => square(32) }, new ManualClock());
    const taken: Buffer[] = [];
    await source.run(async (picture) => void taken.push(Buffer.from(picture)));
    expect(taken).toEqual([readFileSync(file)]);
  });

  it('begin again with loop, until stopped', async () => {
    let taken = 0;
    const source = new ImageSource(
      [join(dir, 'picture-without-a-name')],
      { ...plain, loop: true, realtime: false },
      new ManualClock(),
    );
    await source.run(async () => {
      if (++taken === 5) source.stop();
    });
    expect(taken).toBe(5);
  });

  it('name the file that is no picture', async () => {
    const options = { ...plain, fit: () => asWide(32) };
    const source = new ImageSource([join(dir, 'broken.jpg')], options, new ManualClock());
    await expect(source.run(async () => {})).rejects.toThrow(/broken\.jpg is no picture/);
  });
});

describe('arguments of ffmpeg', () => {
  const argumentAfter = (args: readonly string[], name: string) => args[args.indexOf(name) + 1];

  it('paces a recording and scales it to what the node asks for, aspect kept', () => {
    const args = ffmpegArguments('a.mp4', false, { ...plain, fit: () => square(320) });
    expect(args).toContain('-re');
    expect(argumentAfter(args, '-vf')).toBe(
      "fps=10,scale=w='min(320,iw)':h='min(320,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2," +
        'format=yuvj420p',
    );
  });

  it('neither paces nor loops a live stream, and reads RTSP over TCP', () => {
    const args = ffmpegArguments('rtsp://h/1', true, { ...plain, loop: true });
    expect(args).not.toContain('-re');
    expect(args).not.toContain('-stream_loop');
    expect(argumentAfter(args, '-rtsp_transport')).toBe('tcp');
    expect(argumentAfter(args, '-i')).toBe('rtsp://h/1');
  });

  it('takes every frame of a recording as fast as it can where asked to', () => {
    const args = ffmpegArguments('a.mp4', false, { ...plain, realtime: false, loop: true });
    expect(args).not.toContain('-re');
    expect(argumentAfter(args, '-vf')).toBe('format=yuvj420p');
    expect(argumentAfter(args, '-stream_loop')).toBe('-1');
  });

  it('lets no file name be taken for an option or a protocol', () => {
    expect(argumentAfter(ffmpegArguments('-version', false, plain), '-i')).toBe(
      `file:${join(process.cwd(), '-version')}`,
    );
    expect(argumentAfter(ffmpegArguments('concat:a', false, plain), '-i')).toBe(
      `file:${join(process.cwd(), 'concat:a')}`,
    );
  });
});

describe('the size of a live stream', () => {
  it('is outgrown where the node can use larger pictures than it was opened for', () => {
    expect(isLarger(square(320), square(224))).toBe(true);
    expect(isLarger(undefined, square(224))).toBe(true);
    expect(isLarger(square(224), square(224))).toBe(false);
    expect(isLarger(square(224), square(320))).toBe(false);
    expect(isLarger(square(320), undefined)).toBe(false);
  });
});

describe('what a push tells', () => {
  function tally(): PushTally {
    const t = new PushTally();
    t.sent = 5;
    t.answered({ seq: 1, rttMs: 40, answer: { kind: 'inferred' } });
    t.answered({ seq: 2, rttMs: 50, answer: { kind: 'shed', reason: 'superseded' } });
    t.answered({ seq: 3, rttMs: 60, answer: { kind: 'rejected', code: 'image_corrupt' } });
    t.answered({ seq: 4, rttMs: 60, answer: { kind: 'passed' } });
    t.lost = 1;
    t.detected([
      { label: 'car', classId: 2, score: 0.9, box: [0, 0, 1, 1] },
      { label: 'person', classId: 0, score: 0.9, box: [0, 0, 1, 1] },
      { label: 'car', classId: 2, score: 0.8, box: [0, 0, 1, 1] },
    ]);
    return t;
  }

  it('counts every frame sent once', () => {
    const s = tally().summary('gate', 2_000);
    expect(s).toMatchObject({
      sent: 5,
      acked: 4,
      inferred: 1,
      gated: 1,
      shed: { superseded: 1 },
      rejected: 1,
      lost: 1,
    });
    expect(s.sent).toBe(s.acked + s.lost);
    expect(s.p50).toBeCloseTo(40, 0);
    expect(s.detections).toEqual({ car: 2, person: 1 });
  });

  it('puts it in one line while it runs and in a few at the end', () => {
    const t = tally();
    const s = t.summary('gate', 2_000);
    expect(progressLine(s, t.lastDetections, 'streaming')).toMatch(
      /^gate {2}2\.0 s {2}streaming {2}sent 5 {2}results 1 \(0\.5\/s\) {2}shed 1 .* 2 car, 1 person$/,
    );
    expect(summaryText(s)).toMatch(/shed 1 \(superseded 1\)\n {2}rejected 1 \(image_corrupt 1\)/);
  });

  it('rewrites one line on a terminal and writes lines now and then elsewhere', () => {
    const written = (isTTY: boolean, ms: number): string => {
      let out = '';
      const clock = new ManualClock();
      const line = new ProgressLine({ isTTY, columns: 10, write: (text) => (out += text) }, clock, () =>
        'x'.repeat(30),
      );
      clock.advance(ms);
      line.stop();
      expect(clock.pendingTimers).toBe(0);
      return out;
    };
    expect(written(true, 500)).toBe(`\r\u001b[2K${'x'.repeat(9)}\r\u001b[2K`);
    expect(written(false, 9_999)).toBe('');
    expect(written(false, 10_000)).toBe(`${'x'.repeat(30)}\n`);
  });
});
