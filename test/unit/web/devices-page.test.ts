import { describe, expect, it } from 'vitest';
import type { NodeStatsMessage } from '../../../core/protocol.ts';
import { costLine, formatBytes, fpsOf, memoryShares } from '../../../web/src/devices/device-figures.ts';
import { batchesOver, DEVICE_POINTS_MAX, NodeCourses } from '../../../web/src/live/node-courses.ts';

type Told = NodeStatsMessage['devices'][number];

const device = (more: Partial<Told> = {}): Told => ({
  ...{ device: 'cpu-0', kind: 'cpu', state: 'ready', breaker: 'closed', model: 'm@1', inputSize: 320, batchMax: 8 },
  ...{
    memory: null,
    outOfMemory: 0,
    renewals: 0,
    pending: 0,
    inFlightBatches: 0,
    fps: 10,
    batchSize: 2,
    computeMs: 20,
  },
  ...{ queueMs: 7, busyShare: 0.5, buckets: [{ frames: 1, batches: 10, expectedMs: 12 }] },
  ...more,
});

const stats = (uptimeMs: number, more: Partial<Told> = {}): NodeStatsMessage => ({
  ...{ type: 'stats', node: 'a', uptimeMs, cameras: 1, connections: 1, fpsIn: 1, fpsOut: 1, latencyMs: null },
  ledger: { received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 },
  devices: [device(more)],
});

const points = (courses: NodeCourses) => courses.all.get().get('a')?.devices.get('cpu-0') ?? [];

describe('the course of a device', () => {
  it('grows by a point a second, up to five minutes', () => {
    const courses = new NodeCourses();
    for (let s = 0; s < DEVICE_POINTS_MAX + 20; s++) courses.add(stats(s * 1_000), 5_000 + s * 1_000);
    expect(points(courses)).toHaveLength(DEVICE_POINTS_MAX);
    expect(points(courses).at(-1)).toMatchObject({ queueMs: 7, computeMs: 20, batchSize: 2, fps: 10, busyShare: 0.5 });
  });

  it('breaks its line where nothing was heard, and where the node began anew', () => {
    const courses = new NodeCourses();
    courses.add(stats(1_000), 1_000);
    courses.add(stats(2_000), 2_000);
    courses.add(stats(9_000), 9_000);
    courses.add(stats(500), 10_000);
    expect(points(courses).map(({ queueMs }) => queueMs)).toEqual([7, 7, null, 7, null, 7]);
  });

  it('has no times where nothing ran', () => {
    const courses = new NodeCourses();
    courses.add(stats(1_000, { fps: 0, queueMs: 0, computeMs: 0 }), 1_000);
    expect(points(courses)[0]).toMatchObject({ queueMs: null, computeMs: null, fps: 0 });
  });

  it('counts batches by size over the life of the process that it has seen', () => {
    const courses = new NodeCourses();
    const at = (s: number, uptimeMs: number, one: number, two: number): void => {
      const buckets = [
        { frames: 1, batches: one, expectedMs: 12 },
        { frames: 2, batches: two, expectedMs: 20 },
      ];
      courses.add(stats(uptimeMs, { buckets }), s * 1_000);
    };
    expect([...batchesOver(points(courses))]).toEqual([]);
    at(1, 50_000, 100, 7);
    at(2, 51_000, 104, 9);
    expect([...batchesOver(points(courses))]).toEqual([
      [1, 4],
      [2, 2],
    ]);
    at(3, 100, 0, 0);
    at(4, 1_100, 3, 1);
    expect([...batchesOver(points(courses))]).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  it('forgets a node that has been silent for ten minutes', () => {
    const courses = new NodeCourses();
    courses.add(stats(1_000), 1_000);
    courses.add({ ...stats(1_000), node: 'b' }, 700_000);
    expect([...courses.all.get().keys()]).toEqual(['b']);
  });
});

describe('figures of a device', () => {
  it('shows bytes in the unit that suits them', () => {
    expect([0, 1_023, 1_536, 512 * 2 ** 20, 7.4 * 2 ** 30].map(formatBytes)).toEqual([
      ...['0 B', '1023 B', '1.5 KiB', '512 MiB', '7.4 GiB'],
    ]);
  });

  it('splits memory into what is this node’s and what is others’', () => {
    const memory = { totalBytes: 100, usedBytes: 40, ownBytes: 30, plannedPeakBytes: 55, limitBytes: 90 };
    expect(memoryShares(memory)).toEqual({ own: 0.3, others: 0.1, peak: 0.55, limit: 0.9 });
    expect(memoryShares({ ...memory, ownBytes: null, plannedPeakBytes: null })).toEqual({
      ...{ own: 0.4, others: 0, peak: null, limit: 0.9 },
    });
    // A reading of the process may be newer than one of the card.
    expect(memoryShares({ ...memory, ownBytes: 45 })).toMatchObject({ own: 0.4, others: 0 });
  });

  it('finds a and k of what a batch costs, from two sizes on', () => {
    const bucket = (frames: number, expectedMs: number | null) => ({ frames, batches: 0, expectedMs });
    expect(costLine([bucket(1, 12)])).toBeUndefined();
    expect(costLine([bucket(1, 12), bucket(2, null)])).toBeUndefined();
    const line = costLine([1, 2, 4, 8].map((b) => bucket(b, 10 + 2 * b)));
    expect(line?.aMs).toBeCloseTo(10);
    expect(line?.kMs).toBeCloseTo(2);
    expect(costLine([bucket(1, 80), bucket(2, 8)])).toBeUndefined();
    expect(fpsOf(8, 26)).toBeCloseTo(307.7, 1);
    expect(fpsOf(8, null)).toBe(null);
  });
});
