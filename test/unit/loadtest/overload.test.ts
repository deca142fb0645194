import { describe, expect, it } from 'vitest';
import type { LoadFigures } from '../../../loadtest/lib/measure.ts';
import { describeSizes } from '../../../loadtest/lib/measure.ts';
import {
  type Ladder,
  type LongRun,
  longRun,
  type OverloadOutcome,
  overloadPlan,
  overloadRows,
  overloadTable,
  overloadTargets,
} from '../../../loadtest/overload/outcome.ts';
import { type LoadStep, nextLoad, saturationOf } from '../../../loadtest/overload/saturation.ts';
import { loadFigures } from './load-figures.ts';

describe('the search for saturation', () => {
  /** What the search finds on a machine that answers everything up to `capacityFps`. */
  function search(capacityFps: number, fromFps: number): readonly LoadStep[] {
    const steps: LoadStep[] = [];
    for (let load = nextLoad(steps, fromFps); load !== undefined; load = nextLoad(steps, fromFps)) {
      steps.push({ offeredFps: load, answeredShare: Math.min(1, capacityFps / load) });
    }
    return steps;
  }

  it('finds the highest load served, within four percent, from below and from above', () => {
    for (const [capacity, from] of [
      [71, 40],
      [71, 200],
      [12, 40],
    ] as const) {
      const found = saturationOf(search(capacity, from)) ?? 0;
      expect(found).toBeLessThanOrEqual(capacity / 0.99);
      expect(found).toBeGreaterThan(capacity / 1.05);
    }
  });

  it('takes no load as served above one that was not, whatever a lucky run says', () => {
    expect(
      saturationOf([
        { offeredFps: 40, answeredShare: 1 },
        { offeredFps: 50, answeredShare: 0.9 },
        { offeredFps: 60, answeredShare: 1 },
      ]),
    ).toBe(40);
  });

  it('ends on a machine that serves nothing', () => {
    expect(saturationOf(search(0, 40))).toBeUndefined();
  });
});

const outcome = (
  factor: number,
  ladder: Ladder,
  resultsPerS: number,
  p99Ms: number,
  closed = true,
): OverloadOutcome => ({
  run: { repeat: 0, factor, ladder },
  figures: loadFigures({ resultsPerS, latencyMs: p99Ms, closed }),
});
const long: LongRun = {
  seconds: 300,
  sliceSeconds: 60,
  rssBytes: [1e8, 1e8],
  growth: 0.02,
  p99Ms: 50,
  resultsPerS: 70,
  ledgerClosed: true,
};
const good = [outcome(0.7, 'whole', 50, 30), outcome(1, 'whole', 70, 100), outcome(3, 'whole', 90, 55)];
const unmet = (outcomes: readonly OverloadOutcome[], run: LongRun | undefined): readonly string[] =>
  overloadTargets(overloadRows(outcomes), run)
    .filter((t) => !t.met)
    .map((t) => t.what);

describe('the overload run', () => {
  it('plans each load with each part of the ladder in every repeat', () => {
    const plan = overloadPlan(3);
    expect(plan.filter((r) => r.factor === 3).map((r) => r.ladder)).toEqual(
      Array(3).fill(['whole', 'one_size', 'none']).flat(),
    );
  });

  it('is met where latency, results, memory and the ledger hold', () => {
    expect(unmet(good, long)).toEqual([]);
    expect(overloadTable(overloadRows(good))).toContain('closed');
  });

  it('says which of them does not', () => {
    expect(unmet([...good.slice(0, 2), outcome(3, 'whole', 60, 61, false)], { ...long, growth: -0.06 })).toHaveLength(
      4,
    );
  });

  it('is not met by runs without the whole ladder, or by none', () => {
    expect(unmet([outcome(0.7, 'whole', 50, 30), outcome(3, 'none', 90, 40)], long)).toHaveLength(2);
    expect(unmet([], undefined)).toHaveLength(4);
  });

  it('compares the last slice of memory with the first, by their means', () => {
    const samples = Array.from({ length: 60 }, (_, i) => ({
      atMs: i * 1000,
      rssBytes: i < 10 ? 100 : i < 50 ? 500 : 103,
      cpuMs: 0,
      mainThreadCpuMs: 0,
    }));
    const figures: LoadFigures = { ...loadFigures({ resultsPerS: 1, latencyMs: 1, closed: true }), samples };
    expect(longRun(figures, 10)).toMatchObject({ rssBytes: [100, 500, 500, 500, 500, 103], growth: 0.03 });
  });
});

describe('describeSizes', () => {
  const at = (rung: number) => ({
    rung,
    rungs: [
      { kind: 'normal', inputSize: 320 },
      { kind: 'smaller_input', inputSize: 224 },
    ] as const,
  });

  it('says which input sizes served, and how much of the time', () => {
    expect(describeSizes([at(0)])).toBe('320 px');
    expect(describeSizes([at(1), at(0), at(1), at(1)])).toBe('320 px 25 %, 224 px 75 %');
    expect(describeSizes([])).toBe('-');
  });
});
