import { describe, expect, it } from 'vitest';
import type { NodeStatsMessage } from '../../../core/protocol.ts';
import { ClusterStats } from '../../../web/src/live/cluster-stats.ts';

const stats = (node: string, fpsIn: number, p99: number | null): NodeStatsMessage => ({
  type: 'stats',
  node,
  uptimeMs: 1_000,
  cameras: 2,
  connections: 1,
  fpsIn,
  fpsOut: fpsIn,
  latencyMs: p99 === null ? null : { p50: p99 / 2, p99 },
  ledger: { received: 5, inferred: 4, gated: 0, shed: { superseded: 1 }, rejected: {}, lost: {}, inFlight: 0 },
  devices: [],
});

describe('the figures of several nodes', () => {
  it('are those of the one node where there is one', () => {
    const alone = new ClusterStats();
    expect(alone.add(stats('a', 3, 20), 0)).toEqual(stats('a', 3, 20));
    expect(alone.add(stats('a', 4, 20), 1_000)).toEqual(stats('a', 4, 20));
  });

  it('are summed once a round, with the latency of the worst', () => {
    const cluster = new ClusterStats();
    cluster.add(stats('a', 1, null), 0);
    expect(cluster.add(stats('b', 2, 30), 300)).toBeUndefined();
    expect(cluster.add(stats('c', 3, 80), 600)).toBeUndefined();
    expect(cluster.add(stats('a', 4, null), 1_000)).toMatchObject({
      ...{ node: '3 nodes', fpsIn: 9, cameras: 6, latencyMs: { p50: 40, p99: 80 } },
      ledger: { received: 15, inferred: 12, shed: { superseded: 3 } },
    });
  });

  it('are without a node that says nothing any more, the first of the round too', () => {
    const cluster = new ClusterStats();
    cluster.add(stats('a', 1, null), 0);
    for (let ms = 300; ms < 5_000; ms += 1_000) cluster.add(stats('b', 2, null), ms);
    expect(cluster.add(stats('b', 2, null), 5_300)).toMatchObject({ node: 'b', fpsIn: 2 });
  });
});
