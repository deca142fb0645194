import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseJpegHeader } from '../../core/image-header.ts';
import type { PushSummary } from '../../src/cli/push/tally.ts';
import { TinyNode } from '../support/tiny-node.ts';
import { camshard, cliScript, type Ended, eventually, Running } from './fixtures/processes.ts';

/** A missing tool fails the tests that need it, and says how to get it. */
function requireFfmpeg(): void {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
  } catch {
    throw new Error('these tests need ffmpeg: npm run setup:tools');
  }
}

let dir = '';
let node: TinyNode;
const running: Running[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-push-'));
  mkdirSync(join(dir, 'frames'));
  for (let i = 1; i <= 5; i++) {
    const jpeg = await sharp({ create: { width: 64, height: 36, channels: 3, background: { r: i * 40, g: 0, b: 0 } } })
      .jpeg()
      .toBuffer();
    writeFileSync(join(dir, 'frames', `${i}.jpg`), jpeg);
  }
  writeFileSync(join(dir, 'broken.mp4'), 'this is no video');
  requireFfmpeg();
  const source = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=640x352:rate=20', '-c:v', 'mpeg4', '-y'];
  execFileSync('ffmpeg', ['-loglevel', 'error', ...source, join(dir, 'clip.mp4')]);
});

afterAll(() => rmSync(dir, { recursive: true }));

beforeEach(async () => {
  node = await TinyNode.start();
  node.credit = 4;
  node.onFrame = ({ seq }) => node.answer(seq, [{ label: 'car', classId: 2, score: 0.9, box: [0, 0, 1, 1] }]);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((r) => r.end()));
  await node.stop();
});

const push = (...args: string[]): Promise<Ended> => camshard(['push', 'gate', '--url', node.url, '--json', ...args]);
const summaryOf = (ended: Ended): PushSummary => JSON.parse(ended.stdout) as PushSummary;

function sizes(): Set<string> {
  return new Set(
    node.frames.map(({ bytes }) => {
      const parsed = parseJpegHeader(bytes);
      return parsed.kind === 'image' ? `${parsed.header.width}x${parsed.header.height}` : parsed.reason;
    }),
  );
}

describe('camshard push', () => {
  it('pushes the pictures of a folder in order and accounts for each', async () => {
    const ended = await push('--source', join(dir, 'frames'), '--no-realtime', '--token', 'token-of-the-node');
    expect(ended.code, ended.stderr).toBe(0);
    expect(summaryOf(ended)).toMatchObject({ camera: 'gate', sent: 5, acked: 5, inferred: 5, rejected: 0, lost: 0 });
    expect(summaryOf(ended).p50).toBeGreaterThan(0);
    expect(summaryOf(ended).detections).toEqual({ car: 5 });
    expect(node.frames.map((f) => f.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(node.frames.every((f) => (f.capturedWallMs ?? 0) > 1.6e12)).toBe(true);
    expect(node.requests[0]).toEqual({
      url: '/v1/cameras/gate/stream?results=1&redirect=1',
      authorization: 'Bearer token-of-the-node',
    });
  });

  it('keeps to its credit: what a busy node does not take is replaced by newer frames and counted', async () => {
    node.credit = 1;
    const held: number[] = [];
    node.onFrame = ({ seq }) => held.push(seq);
    const ending = push('--source', join(dir, 'frames'), '--fps', '10');
    await eventually(() => expect(held).toEqual([1]));
    // All the other pictures are offered before the first answer: the last of them is the one still waiting.
    await new Promise((done) => setTimeout(done, 800));
    expect(held).toEqual([1]);
    node.onFrame = ({ seq }) => node.answer(seq);
    node.answer(1);
    const summary = summaryOf(await ending);
    expect(summary).toMatchObject({ sent: 2, inferred: 2, superseded: 3 });
  });

  it('ends cleanly with a summary on Ctrl-C', async () => {
    const args = [
      'push',
      'gate',
      '--url',
      node.url,
      '--source',
      join(dir, 'frames'),
      '--loop',
      '--fps',
      '20',
      '--json',
    ];
    const camera = new Running(cliScript, args);
    running.push(camera);
    await eventually(() => expect(node.frames.length).toBeGreaterThan(6));
    camera.kill('SIGINT');
    const ended = await camera.ended;
    expect(ended.code).toBe(0);
    const summary = summaryOf(ended);
    expect(summary.sent).toBe(node.frames.length);
    expect(summary.sent).toBe(summary.acked + summary.lost);
  });

  it('reconnects to a node that comes back and goes on', async () => {
    const args = [
      'push',
      'gate',
      '--url',
      node.url,
      '--source',
      join(dir, 'frames'),
      '--loop',
      '--fps',
      '20',
      '--json',
    ];
    const camera = new Running(cliScript, args);
    running.push(camera);
    await eventually(() => expect(node.frames.length).toBeGreaterThan(2));
    node.last.terminate();
    await eventually(() => expect(node.sockets).toHaveLength(2));
    const before = node.frames.length;
    await eventually(() => expect(node.frames.length).toBeGreaterThan(before + 2));
    camera.kill('SIGTERM');
    expect(summaryOf(await camera.ended).reconnects).toBe(1);
  });

  it('fails where no node is, where the node refuses it and where it takes no frame', async () => {
    node.refuseWith = { status: 401 };
    const refused = await push('--source', join(dir, 'frames'));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/401: the token is missing or wrong/);
    node.refuseWith = undefined;
    node.onFrame = ({ seq }) => node.say({ type: 'error', code: 'image_corrupt', message: 'bad', seq });
    const rejected = await push('--source', join(dir, 'frames'), '--no-realtime');
    expect(rejected.code).toBe(1);
    expect(summaryOf(rejected)).toMatchObject({ sent: 5, rejected: 5, rejectedBy: { image_corrupt: 5 } });
    const gone = await camshard(['push', 'gate', '--url', 'ws://127.0.0.1:1', '--source', join(dir, 'frames')]);
    expect(gone.code).toBe(3);
    expect(gone.stderr).toMatch(/cannot reach the node at ws:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  });

  it('says what is wrong with camera id and source before it connects', async () => {
    expect(await push('--source', join(dir, 'none.mp4'))).toMatchObject({ code: 1 });
    const bad = await camshard(['push', 'no such id', '--source', dir]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/no camera id; allowed: \[A-Za-z0-9\._-\]/);
    expect(node.requests).toEqual([]);
  });

  it('names the package to install where ffmpeg is missing', async () => {
    const args = ['push', 'gate', '--url', node.url, '--source', join(dir, 'broken.mp4')];
    const ended = await camshard(args, { PATH: '/nonexistent' });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/ffmpeg is not installed.*apt-get install ffmpeg/);
  });
});

describe('camshard push of a video', () => {
  it('sends it in the size the node asks for, at the rate the node asks for', async () => {
    const ended = await push('--source', join(dir, 'clip.mp4'));
    expect(ended.code, ended.stderr).toBe(0);
    expect(sizes()).toEqual(new Set(['320x176']));
    // 2 s of video at the 10 frames per second of the welcome.
    expect(summaryOf(ended).sent).toBeGreaterThanOrEqual(15);
    expect(summaryOf(ended).sent).toBeLessThanOrEqual(21);
  });

  it('sends every frame in its own size where told to', async () => {
    const ended = await push('--source', join(dir, 'clip.mp4'), '--no-realtime', '--width', '0');
    expect(summaryOf(ended)).toMatchObject({ sent: 40, inferred: 40, superseded: 0, thinned: 0 });
    expect(sizes()).toEqual(new Set(['640x352']));
  });

  it('says what ffmpeg says of a file that is no video', async () => {
    const ended = await push('--source', join(dir, 'broken.mp4'));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/ffmpeg cannot read .*broken\.mp4: .*Invalid data/);
  });

  it('leaves no ffmpeg behind on Ctrl-C', async () => {
    const source = join(dir, 'clip.mp4');
    const camera = new Running(cliScript, ['push', 'gate', '--url', node.url, '--source', source, '--loop', '--json']);
    running.push(camera);
    await eventually(() => expect(node.frames.length).toBeGreaterThan(1));
    camera.kill('SIGINT');
    expect((await camera.ended).code).toBe(0);
    const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
    expect(left.filter((line) => line.startsWith('ffmpeg') && line.includes(source))).toEqual([]);
  });
});
