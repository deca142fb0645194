import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import { CameraBook, type CameraEntry, type CameraListPage } from '../../../web/src/live/camera-book.ts';
import { addPoint, type CoursePoint } from '../../../web/src/live/course.ts';
import { naturalKey } from '../../../web/src/live/natural-key.ts';
import type { StatsHistory } from '../../../web/src/live/stats-history.ts';
import { TrackTrails } from '../../../web/src/picture/track-trails.ts';
import { matchesWall, readWallFilter } from '../../../web/src/wall/wall-filter.ts';
import { tileAfterKey, wallGrid } from '../../../web/src/wall/wall-grid.ts';
import { sortWall } from '../../../web/src/wall/wall-sort.ts';

const summary = (camera: string, over: Partial<CameraSummary> = {}): CameraSummary =>
  ({
    ...{ camera, connected: true, fpsIn: 1, fpsOut: 1, lastFrameAt: 1_000, priority: 'normal', node: 'n1' },
    ledger: { received: 10, inferred: 10, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 },
    ...over,
  }) as unknown as CameraSummary;

const page = (cameras: readonly CameraSummary[], over: Partial<CameraListPage> = {}): CameraListPage => ({
  ...{ cameras, after: '', next: null, partial: false },
  ...over,
});

function book() {
  const clock = new ManualClock();
  const made = new CameraBook(clock);
  return { book: made, clock, names: () => made.entries.get().map(({ camera }) => camera) };
}

describe('the page’s list of cameras', () => {
  it('grows page by page, in the order people count in', () => {
    const { book: cameras, names } = book();
    cameras.update(page([summary('gate-1'), summary('gate-10')], { next: 'gate-10' }));
    expect([names(), cameras.complete.get()]).toEqual([['gate-1', 'gate-10'], false]);
    cameras.update(page([summary('gate-2')], { after: 'gate-10' }));
    expect([names(), cameras.complete.get()]).toEqual([['gate-1', 'gate-2', 'gate-10'], true]);
  });

  it('forgets a camera that its page does not name any more, and none of other pages', () => {
    const { book: cameras, names } = book();
    cameras.update(page([summary('a'), summary('b'), summary('c')]));
    cameras.update(page([summary('a')], { next: 'b' }));
    expect(names()).toEqual(['a', 'c']);
  });

  it('forgets nothing while a node does not answer', () => {
    const { book: cameras, names } = book();
    cameras.update(page([summary('a'), summary('b')]));
    cameras.update(page([summary('a')], { partial: true }));
    expect(names()).toEqual(['a', 'b']);
  });

  it('tells lists nothing while only figures change, and the camera’s own listener each time', () => {
    const { book: cameras } = book();
    cameras.update(page([summary('a'), summary('b')]));
    const before = cameras.entries.get();
    let told = 0;
    cameras.camera('a').subscribe(() => told++);
    cameras.update(page([summary('a', { fpsOut: 7, lastFrameAt: 2_000 }), summary('b', { lastFrameAt: 2_000 })]));
    expect(cameras.entries.get()).toBe(before);
    expect([told, cameras.camera('a').get()?.fpsOut]).toEqual([1, 7]);
  });

  it('calls a camera silent that is connected and has sent nothing for long', () => {
    const { book: cameras, clock } = book();
    const still = summary('a', { fpsIn: 0 });
    cameras.update(page([still]));
    expect(cameras.entries.get()[0]?.state).toBe('live');
    clock.advance(20_000);
    cameras.update(page([still]));
    expect(cameras.entries.get()[0]?.state).toBe('silent');
    cameras.update(page([summary('a', { lastFrameAt: 30_000 })]));
    expect(cameras.entries.get()[0]?.state).toBe('live');
    cameras.update(page([summary('a', { connected: false })]));
    expect(cameras.entries.get()[0]?.state).toBe('offline');
  });

  it('knows at once that a camera is silent while others are not, whatever this browser’s clock says', () => {
    const { book: cameras } = book();
    cameras.update(page([summary('a', { fpsIn: 0, lastFrameAt: 1_000 }), summary('b', { lastFrameAt: 60_000 })]));
    expect(cameras.entries.get().map(({ state }) => state)).toEqual(['silent', 'live']);
  });

  it('orders names with numbers by their numbers', () => {
    const names = ['cam-10', 'Cam-9', 'cam-2b', 'cam-2a', 'dock'];
    const sorted = [...names].sort((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1));
    expect(sorted).toEqual(['cam-2a', 'cam-2b', 'Cam-9', 'cam-10', 'dock']);
  });
});

describe('the wall', () => {
  const entry = (camera: string, over: Partial<CameraEntry> = {}): CameraEntry => ({
    ...{ camera, connected: true, state: 'live', priority: 'normal', node: 'n1' },
    ...over,
  });
  const matches = (query: string, one: CameraEntry, alerting: readonly string[] = []) =>
    matchesWall(one, readWallFilter(new URLSearchParams(query)), new Set(alerting));

  it('is narrowed by what the address says, and by nothing it does not know', () => {
    expect(matches('', entry('a'))).toBe(true);
    expect(matches('state=sleeping&priority=top&sort=x', entry('a'))).toBe(true);
    expect(matches('q=GATE', entry('north-gate'))).toBe(true);
    expect(matches('q=south', entry('north-gate'))).toBe(false);
    expect(matches('state=connected', entry('a', { state: 'silent' }))).toBe(true);
    expect(matches('state=silent', entry('a'))).toBe(false);
    expect(matches('priority=critical', entry('a'))).toBe(false);
    expect(matches('node=n2', entry('a', { node: 'n2' }))).toBe(true);
    expect(matches('alerts=open', entry('a'))).toBe(false);
    expect(matches('alerts=open', entry('a'), ['a'])).toBe(true);
  });

  it('puts first what it is sorted by, and keeps the names’ order among equals', () => {
    const entries = ['a', 'b', 'c'].map((camera) => entry(camera));
    const latencies: Readonly<Record<string, number>> = { a: 5, b: 20, c: 5 };
    const facts = {
      summaryOf: (camera: string) => summary(camera, { latencyMs: latencies[camera] ?? null }),
      alertsOf: () => 0,
    };
    expect(sortWall(entries, 'latency', facts).map(({ camera }) => camera)).toEqual(['b', 'a', 'c']);
    expect(sortWall(entries, 'alerts', facts).map(({ camera }) => camera)).toEqual(['a', 'b', 'c']);
  });

  it('fits as many columns as there is room for, one on a phone, and four cameras as a square', () => {
    expect(wallGrid(1_240, 1_000, 'medium').columns).toBe(3);
    expect(wallGrid(1_240, 1_000, 'small').columns).toBe(5);
    expect(wallGrid(362, 1_000, 'medium').columns).toBe(1);
    expect(wallGrid(1_240, 4, 'medium').columns).toBe(2);
    const { columns, tileWidth } = wallGrid(1_240, 1_000, 'medium');
    expect(columns * tileWidth + (columns - 1) * 16).toBeLessThanOrEqual(1_240);
  });

  it('goes from tile to tile by keys, and stays at its ends', () => {
    expect(
      ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Home', 'End'].map((key) => tileAfterKey(key, 4, 3, 10)),
    ).toEqual([5, 3, 7, 1, 0, 9]);
    expect([
      tileAfterKey('ArrowUp', 1, 3, 10),
      tileAfterKey('ArrowDown', 8, 3, 10),
      tileAfterKey('a', 1, 3, 10),
    ]).toEqual([undefined, undefined, undefined]);
  });
});

describe('trails', () => {
  const at = (track: number, x: number) => ({
    label: 'car',
    classId: 2,
    score: 1,
    track,
    box: [x, 0.2, x + 0.1, 0.4] as const,
  });

  it('follow where an object stands, for some seconds', () => {
    const trails = new TrackTrails();
    for (let i = 0; i < 5; i++) trails.add([at(1, i / 10)], i * 1_500);
    const [trail] = trails.trails();
    expect(trail?.points.map(({ atMs }) => atMs)).toEqual([3_000, 4_500, 6_000]);
    expect(trail?.points.at(-1)?.y).toBe(0.4);
  });

  it('end when the camera begins a new life', () => {
    const trails = new TrackTrails();
    trails.add([at(1, 0)], 5_000);
    trails.add([at(1, 0.1)], 5_100);
    trails.add([at(1, 0.2)], 100);
    expect(trails.trails()).toEqual([]);
  });
});

describe('the course of figures', () => {
  const stats = (fpsIn: number) =>
    [{ fpsIn, fpsOut: 1, latencyMs: null, ledger: { received: 0, shed: {} } }] as unknown as StatsHistory;

  it('breaks where nothing was heard for a while, and stays bounded', () => {
    let course: readonly CoursePoint[] = [];
    for (const atMs of [0, 1_000, 2_000, 30_000]) course = addPoint(course, stats(atMs), atMs);
    expect(course.map(({ fpsIn }) => fpsIn)).toEqual([0, 1_000, 2_000, null, 30_000]);
    for (let i = 0; i < 2_000; i++) course = addPoint(course, stats(i), 40_000 + i * 1_000);
    expect(course.length).toBe(900);
  });
});
