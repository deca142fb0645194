import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraEvent } from '../../core/camera-event.ts';
import type { IntervalMeasures } from '../../core/measure.ts';
import type { SceneName } from '../../src/demo/art.ts';
import { demoSettings } from '../../src/demo/demo-settings.ts';
import { renderClip } from '../../src/demo/render.ts';
import { demoCameraSettings, type TrueDemoCrossing, trueCrossings } from '../support/demo-truth.ts';
import { camshard } from './fixtures/processes.ts';

const FPS = 5;
const SECONDS = 30;
const dir = mkdtempSync(join(tmpdir(), 'camshard-replay-'));

interface Replay {
  readonly file: string;
  readonly camera: string;
  readonly fps: number;
  readonly model: string;
  readonly inputSize: number;
  readonly frames: number;
  readonly analysed: number;
  readonly gated: number;
  readonly rejected: number;
  readonly durationS: number;
  readonly tracks: number;
  readonly crossings: readonly { readonly line: string; readonly direction: string; readonly total: number }[];
  readonly events: readonly CameraEvent[];
  readonly alerts: readonly { readonly rule: string; readonly state: string }[];
  readonly intervals: readonly IntervalMeasures[];
}

const folder = (name: string): string => join(dir, name);
const settingsFile = (scene: SceneName): string => join(dir, `${scene}.yaml`);

/** Draws a scene into a folder of JPEGs. */
async function draw(scene: SceneName, name: string, frames: number): Promise<void> {
  mkdirSync(folder(name));
  writeFileSync(settingsFile(scene), await demoSettings(scene));
  let number = 0;
  for await (const { jpeg } of renderClip({ scene, fps: FPS, frames })) {
    writeFileSync(join(folder(name), `f${++number}.jpg`), jpeg);
  }
}

async function replay(...args: readonly string[]): Promise<Replay> {
  const { code, stdout, stderr } = await camshard(['replay', ...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Replay;
}

const scene = (name: SceneName, ...more: readonly string[]): Promise<Replay> =>
  replay(folder(name), '--fps', String(FPS), '--settings', settingsFile(name), ...more);

/** One that is hidden on the line is told when it is seen again. */
const LATE_S_MAX = 1.5;

/** Crossings without one told near their time, and those told that are of none. */
function compare(truth: readonly TrueDemoCrossing[], { events }: Replay) {
  const told = events.filter((event) => event.kind === 'line_crossed');
  const missed = truth.filter(({ line, direction, atS }) => {
    const place = told.findIndex(
      (e) => e.line === line && e.direction === direction && Math.abs(e.atMs / 1_000 - atS) < LATE_S_MAX,
    );
    if (place >= 0) told.splice(place, 1);
    return place < 0;
  });
  return { missed, extra: told };
}

beforeAll(async () => {
  await draw('highway', 'highway', FPS * SECONDS);
  await draw('highway', 'short', FPS * 4);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('camshard replay', () => {
  it('counts every vehicle of the highway once, at its time and in its direction', async () => {
    const run = await scene('highway');
    const { lines } = await demoCameraSettings('highway');
    const truth = trueCrossings('highway', lines, run.durationS);
    expect(truth.length).toBeGreaterThan(30);
    expect(compare(truth, run)).toEqual({ missed: [], extra: [] });
    // Nothing goes wrong there.
    expect(run.events.filter(({ kind }) => kind === 'incident' || kind === 'health')).toEqual([]);
    expect(run.alerts).toContainEqual(expect.objectContaining({ rule: 'truck', state: 'opened' }));
  });

  it.each([
    { name: 'high-street', missedMax: 0, extraMax: 0 },
    // A bus that leaves is taken for a truck that comes.
    { name: 'bus-stop', missedMax: 0, extraMax: 1 },
    // What a bus hides on the far lane: a car is missed, and another is taken for it; a truck is seen as two.
    { name: 'junction', missedMax: 1, extraMax: 2 },
  ] as const)('counts what passes in $name', async ({ name, missedMax, extraMax }) => {
    await draw(name, name, FPS * SECONDS);
    const run = await scene(name);
    const { lines } = await demoCameraSettings(name);
    const truth = trueCrossings(name, lines, run.durationS);
    expect(truth.length).toBeGreaterThanOrEqual(10);
    const { missed, extra } = compare(truth, run);
    expect(missed.length, JSON.stringify(missed)).toBeLessThanOrEqual(missedMax);
    expect(extra.length, JSON.stringify(extra)).toBeLessThanOrEqual(extraMax);
    // What drives on the near lane is hidden by nobody.
    expect([...missed, ...extra].filter(({ line }) => line === 'near-lane')).toEqual([]);
  });

  it('says all it found as JSON: frames, model, crossings, events, alerts, intervals with their coverage', async () => {
    const run = await replay(
      ...[folder('short'), '--fps', '5', '--settings', settingsFile('highway')],
      ...['--camera', 'north', '--start', '2026-03-02T08:00:00Z'],
    );
    expect(run).toMatchObject({
      ...{ camera: 'north', fps: 5, inputSize: 320, frames: 20, analysed: 20, gated: 0, rejected: 0, durationS: 3.8 },
      model: expect.stringMatching(/^centernet@/),
    });
    expect(run.crossings).toContainEqual(expect.objectContaining({ line: 'right', direction: 'away' }));
    expect(run.events[0]?.atMs).toBeGreaterThanOrEqual(Date.parse('2026-03-02T08:00:00Z'));
    expect(run.intervals).toHaveLength(1);
    expect(run.intervals[0]).toMatchObject({
      startMs: Date.parse('2026-03-02T08:00:00Z'),
      endMs: Date.parse('2026-03-02T08:00:04Z'),
      coverage: { analysed: 20, valid: true },
    });
    expect(
      run.intervals[0]?.measures.some(({ metric, subject }) => metric === 'crossings' && subject === 'right'),
    ).toBe(true);
  });

  it('gives the same for the same', async () => {
    const args = [folder('short'), '--fps', '5', '--settings', settingsFile('highway')];
    const [first, second] = [await replay(...args), await replay(...args)];
    expect(second).toEqual(first);
  });

  it('prints tables, and with --events each event before them', async () => {
    const args = ['replay', folder('short'), '--fps', '5', '--settings', settingsFile('highway')];
    const { code, stdout } = await camshard([...args, '--events']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    const event = lines.findIndex((l) => /^1970-01-01T00:00:0\S+Z {2}line_crossed {2}line=right/.test(l));
    expect(event).toBeGreaterThanOrEqual(0);
    expect(lines.findIndex((l) => l.includes('20 frames at 5 fps'))).toBeGreaterThan(event);
    expect(stdout).toMatch(/right\s+away\s+\d/);
  });

  it('draws what was found into a folder of pictures', async () => {
    const out = join(dir, 'drawn');
    await replay(...[folder('short'), '--fps', '5', '--settings', settingsFile('highway'), '--annotate', out]);
    expect(readdirSync(out)).toHaveLength(20);
    const drawn = await sharp(join(out, 'f000020.jpg')).metadata();
    expect(drawn).toMatchObject({ format: 'jpeg', width: 640 });
    // A caption is under the picture.
    expect(drawn.height).toBeGreaterThan(352);
  });

  it('draws it into a video, and reads a video at another rate', async () => {
    const video = join(dir, 'drawn.mp4');
    await replay(folder('short'), '--fps', '5', '--settings', settingsFile('highway'), '--annotate', video);
    const ask = ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries'];
    const told = execFileSync('ffprobe', [...ask, 'stream=nb_read_frames,avg_frame_rate,width', '-of', 'json', video]);
    expect(JSON.parse(told.toString())).toMatchObject({
      streams: [{ nb_read_frames: '20', avg_frame_rate: '5/1', width: 640 }],
    });
    expect(await replay(video)).toMatchObject({ fps: 5, frames: 20, durationS: 3.8 });
    expect(await replay(video, '--fps', '2.5')).toMatchObject({ fps: 2.5, frames: 10, durationS: 3.6 });
  });

  it('passes over what has not moved where it is told to, as a node does', async () => {
    mkdirSync(folder('still'));
    const picture = readFileSync(join(folder('short'), 'f1.jpg'));
    for (let i = 1; i <= 10; i++) writeFileSync(join(folder('still'), `f${i}.jpg`), picture);
    expect(await replay(folder('still'), '--fps', '5')).toMatchObject({ frames: 10, analysed: 10, gated: 0 });
    const run = await replay(folder('still'), '--fps', '5', '--gate');
    expect(run.gated).toBeGreaterThan(4);
    expect(run.analysed + run.gated).toBe(10);
    expect(run.intervals[0]?.coverage).toMatchObject({ gated: run.gated, valid: true });
  });

  it('counts pictures a node would reject, and goes on', async () => {
    mkdirSync(folder('torn'));
    for (let i = 1; i <= 4; i++) {
      const picture = readFileSync(join(folder('short'), `f${i}.jpg`));
      writeFileSync(join(folder('torn'), `f${i}.jpg`), i === 2 ? picture.subarray(0, 9_000) : picture);
    }
    const { stdout, stderr } = await camshard(['replay', folder('torn'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ frames: 3, rejected: 1 });
    expect(stderr).toContain('picture 2 is rejected');
  });
});

describe('camshard replay refuses', () => {
  it('settings with a fault: with their place, and code 2', async () => {
    const file = join(dir, 'bad.yaml');
    writeFileSync(file, 'lines:\n  - { id: a, from: [0.1, 0.1], to: [0.9, 0.9], label: [car] }\n');
    const { code, stderr } = await camshard(['replay', folder('short'), '--settings', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:2: lines[0].label`);
    const json = await camshard(['replay', folder('short'), '--settings', file, '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'settings_refused', issues: [{ line: 2 }] } });
    writeFileSync(file, 'pipeline: waste\nwaste: { taxonomy: nowhere }\n');
    const unknown = await camshard(['replay', folder('short'), '--settings', file]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('waste.taxonomy')]);
  });

  it('files that are not there or no pictures, with code 1', async () => {
    const missing = await camshard(['replay', join(dir, 'nowhere.mp4')]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nowhere.mp4')]);
    const settings = await camshard(['replay', folder('short'), '--settings', join(dir, 'nowhere.yaml')]);
    expect([settings.code, settings.stderr]).toEqual([1, expect.stringContaining('nowhere.yaml')]);
    const noise = join(dir, 'noise.mp4');
    writeFileSync(noise, 'x'.repeat(500));
    const unreadable = await camshard(['replay', noise]);
    expect([unreadable.code, unreadable.stderr]).toEqual([1, expect.stringContaining('no video ffmpeg can read')]);
  });

  it('videos where ffmpeg is missing, and says how to get it', async () => {
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const { code, stderr } = await camshard(['replay', join(dir, 'noise.mp4')], { PATH: bin });
    expect([code, stderr]).toEqual([1, expect.stringContaining('apt-get install ffmpeg')]);
  });

  it('live sources', async () => {
    const { code, stderr } = await camshard(['replay', 'rtsp://127.0.0.1:1/x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('replay takes recordings')]);
  });
});
