import { describe, expect, it } from 'vitest';
import {
  type HotOutcome,
  type HotRunKind,
  hotRows,
  hotTable,
  hotTargets,
} from '../../../loadtest/hot-camera/outcome.ts';
import { type FiguresOf, loadFigures } from './load-figures.ts';

const run = (kind: HotRunKind, groups: NonNullable<FiguresOf['groups']>): HotOutcome => ({
  kind,
  figures: loadFigures({ resultsPerS: 0, latencyMs: 50, closed: true, groups }),
});

const equal = run('equal', { all: { cameras: 16, resultsPerS: 4 } });
const ladder = run('priorities_ladder', {
  critical: { cameras: 8, resultsPerS: 8 },
  normal: { cameras: 4, resultsPerS: 8 },
  low: { cameras: 4, resultsPerS: 8 },
});
const shares = (critical: number, normal: number, low: number): HotOutcome =>
  run('priorities', {
    critical: { cameras: 8, resultsPerS: critical },
    normal: { cameras: 4, resultsPerS: normal },
    low: { cameras: 4, resultsPerS: low },
  });
const hot = (resultsPerS: number, latencyMs: number): HotOutcome =>
  run('hot', { hot: { cameras: 1, resultsPerS: 30 }, others: { cameras: 15, resultsPerS, latencyMs } });
const unmet = (outcomes: readonly HotOutcome[]): readonly string[] =>
  hotTargets(hotRows(outcomes))
    .filter((t) => !t.met)
    .map((t) => t.what);

describe('the hot camera run', () => {
  it('is met where the equal cameras notice nothing and priorities get 4 : 2 : 1', () => {
    const outcomes = [equal, hot(4, 60), shares(8, 4, 2), ladder];
    expect(unmet(outcomes)).toEqual([]);
    expect(hotTable(hotRows(outcomes)).split('\n')).toHaveLength(2 + 1 + 2 + 3 + 3);
  });

  it('is missed where the hot camera costs the others results, or latency', () => {
    expect(unmet([equal, hot(3, 60), shares(8, 4, 2), ladder])).toEqual([
      'a hot camera costs the equal ones no results',
    ]);
    expect(unmet([equal, hot(4, 90), shares(8, 4, 2), ladder])).toEqual([
      'their p99 beside a hot one is at most 1.5x that without',
    ]);
  });

  it('is missed where the weights are not those of the priorities', () => {
    expect(unmet([equal, hot(4, 50), shares(6, 4, 2), ladder])).toHaveLength(1);
    expect(unmet([equal, hot(4, 50), shares(4, 4, 4), ladder])).toHaveLength(1);
  });

  it('is not met by what was not run', () => {
    expect(unmet([])).toHaveLength(6);
  });
});
