import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, createPairs } from '../../../../analytics/tracking/assignment.ts';

function run(costs: readonly (readonly (number | null)[])[], leftOut: number): number[] {
  const columns = costs[0]?.length ?? 0;
  const pairs = createPairs(costs.length * columns);
  costs.forEach((line, r) => {
    line.forEach((cost, c) => {
      if (cost === null) return;
      pairs.row[pairs.count] = r;
      pairs.column[pairs.count] = c;
      pairs.cost[pairs.count++] = cost;
    });
  });
  const answer = new Int32Array(costs.length);
  assign(pairs, costs.length, columns, leftOut, answer);
  return [...answer];
}

/** What an answer costs. */
const total = (costs: readonly (readonly (number | null)[])[], answer: readonly number[], leftOut: number): number =>
  answer.reduce((sum, c, r) => sum + (c < 0 ? leftOut : (costs[r]?.[c] ?? Number.POSITIVE_INFINITY)), 0);

/** The cheapest, by trying all. */
function cheapest(costs: readonly (readonly (number | null)[])[], leftOut: number, row = 0, used = 0): number {
  const line = costs[row];
  if (line === undefined) return 0;
  let best = leftOut + cheapest(costs, leftOut, row + 1, used);
  line.forEach((cost, c) => {
    if (cost === null || (used & (1 << c)) !== 0) return;
    best = Math.min(best, cost + cheapest(costs, leftOut, row + 1, used | (1 << c)));
  });
  return best;
}

describe('assign', () => {
  it('gives up the best pair where that makes the whole cheaper', () => {
    expect(
      run(
        [
          [0.1, 0.2],
          [0.15, 0.9],
        ],
        1,
      ),
    ).toEqual([1, 0]);
  });

  it('leaves a row out rather than take what costs more than that', () => {
    expect(run([[0.6], [0.2]], 0.5)).toEqual([-1, 0]);
    expect(run([[0.6]], 0.5)).toEqual([-1]);
  });

  it('is as cheap as the cheapest there is, and uses no column twice', () => {
    const cost = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      );
    fc.assert(
      fc.property(matrix, (costs) => {
        const answer = run(costs, 0.7);
        const used = answer.filter((c) => c >= 0);
        expect(new Set(used).size).toBe(used.length);
        expect(total(costs, answer, 0.7)).toBeCloseTo(cheapest(costs, 0.7), 9);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
