import { describe, expect, it } from 'vitest';
import { newCameraTally, Tally } from '../../../loadtest/swarm/tally.ts';

const result = { kind: 'result', nodeLatencyMs: 5, detections: 0 } as const;

describe('Tally', () => {
  it('gives each group figures of its own, with the fairness among its cameras', () => {
    const tally = new Tally({ fromMs: 0, toMs: 1_000 });
    const cameras = [newCameraTally('h', 'hot'), newCameraTally('a', 'others'), newCameraTally('b', 'others')];
    const [hot, a, b] = cameras;
    if (hot === undefined || a === undefined || b === undefined) throw new Error('three cameras');
    for (const [camera, frames, latencyMs] of [
      [hot, 10, 90],
      [a, 3, 20],
      [b, 1, 20],
    ] as const) {
      for (let i = 0; i < frames; i++) {
        const times = { intendedMs: i, sentMs: i };
        tally.planned(camera, i);
        tally.sent(camera, times);
        tally.answered(camera, times, result, i + latencyMs);
      }
    }
    const groups = tally.summary(cameras).groups;
    expect(groups.map((g) => [g.name, g.cameras, g.resultsPerS, g.resultsPerSPerCamera])).toEqual([
      ['hot', 1, 10, 10],
      ['others', 2, 4, 2],
    ]);
    expect(groups[1]?.jain).toBeCloseTo(16 / (2 * 10), 4);
    expect(groups[0]?.latencyMs.p99).toBeCloseTo(90, 0);
    expect(groups[1]?.latencyMs.p99).toBeCloseTo(20, 0);
  });

  it('counts gated frames as acked and keeps their held-back answers out of the latency of results', () => {
    const tally = new Tally({ fromMs: 0, toMs: 1_000 });
    const camera = newCameraTally('c');
    for (const intendedMs of [0, 1]) {
      tally.planned(camera, intendedMs);
      tally.sent(camera, { intendedMs, sentMs: intendedMs });
    }
    tally.answered(camera, { intendedMs: 0, sentMs: 0 }, result, 20);
    tally.answered(camera, { intendedMs: 1, sentMs: 1 }, { kind: 'acked' }, 101);
    const summary = tally.summary([camera]);
    expect(summary).toMatchObject({ results: 1, acked: 1 });
    expect(summary.latencyMs.fromSend).toMatchObject({ count: 1, max: 20 });
    expect(summary.latencyMs.gateAnswer).toMatchObject({ count: 1, max: 100 });
    expect(summary.groups[0]?.gatedShare).toBe(0.5);
  });

  it('takes acks as the answers they are where results were not asked for', () => {
    const tally = new Tally({ fromMs: 0, toMs: 1_000 }, false);
    const camera = newCameraTally('c');
    tally.sent(camera, { intendedMs: 0, sentMs: 0 });
    tally.answered(camera, { intendedMs: 0, sentMs: 0 }, { kind: 'acked' }, 30);
    expect(tally.summary([camera]).latencyMs.fromSend.count).toBe(1);
    expect(tally.summary([camera]).groups[0]?.gatedShare).toBe(0);
  });

  it('tells what was wanted from what was kept back, by reason', () => {
    const tally = new Tally({ fromMs: 10, toMs: 1_000 });
    const camera = newCameraTally('c');
    for (const t of [0, 20, 30, 40]) tally.planned(camera, t);
    tally.withheld(camera, 'credit', 0);
    tally.withheld(camera, 'rate', 20);
    tally.withheld(camera, 'rate', 30);
    const summary = tally.summary([camera]);
    expect(summary).toMatchObject({ wanted: 4, withheld: 3, withheldForRate: 2 });
    expect(summary.groups[0]?.withheldShare).toBeCloseTo(2 / 3, 4);
  });
});
