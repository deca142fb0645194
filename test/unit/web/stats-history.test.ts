import { describe, expect, it } from 'vitest';
import type { NodeStatsMessage } from '../../../core/protocol.ts';
import { addStats, recentShedShare, type StatsHistory } from '../../../web/src/live/stats-history.ts';

const stats = (second: number, received: number, superseded: number): NodeStatsMessage => ({
  type: 'stats',
  node: 'n',
  uptimeMs: second * 1_000,
  cameras: 1,
  connections: 1,
  fpsIn: 0,
  fpsOut: 0,
  latencyMs: null,
  ledger: {
    received,
    inferred: received - superseded,
    gated: 0,
    shed: { superseded },
    rejected: {},
    lost: {},
    inFlight: 0,
  },
  devices: [],
});

const historyOf = (all: readonly NodeStatsMessage[]): StatsHistory => all.reduce<StatsHistory>(addStats, []);

describe("the node's figures of the last minute", () => {
  it('keeps sixty seconds', () => {
    const history = historyOf(Array.from({ length: 100 }, (_, i) => stats(i, i, 0)));
    expect(history).toHaveLength(60);
    expect(history.at(-1)?.uptimeMs).toBe(99_000);
  });

  it('forgets what came before a restart', () => {
    expect(historyOf([stats(50, 900, 0), stats(51, 910, 0), stats(1, 3, 0)])).toHaveLength(1);
  });

  it('gives the share shed lately, not since the start', () => {
    const busy = Array.from({ length: 20 }, (_, i) => stats(i, 100 * i, 50 * i));
    const calm = Array.from({ length: 12 }, (_, i) => stats(20 + i, 2_000 + 100 * i, 1_000));
    expect(recentShedShare(historyOf(busy))).toBe(0.5);
    expect(recentShedShare(historyOf([...busy, ...calm]))).toBe(0);
  });

  it('gives no share where nothing was received', () => {
    expect(recentShedShare([])).toBeNull();
    expect(recentShedShare(historyOf([stats(1, 10, 0), stats(2, 10, 0)]))).toBeNull();
  });
});
