import { describe, expect, it } from 'vitest';
import { wilson } from '../../../../../core/wilson.ts';
import { BadQueryError } from '../../../../../src/history/queries/bad-query.ts';
import { decodeCursor, encodeCursor } from '../../../../../src/history/queries/cursor.ts';
import { percentile } from '../../../../../src/history/queries/percentile.ts';

describe('wilson', () => {
  it('gives the intervals of the literature', () => {
    // Newcombe 1998, table I, method 3.
    for (const [r, n, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const estimate = wilson(r / n, n);
      expect(estimate?.low).toBeCloseTo(low, 4);
      expect(estimate?.high).toBeCloseTo(high, 4);
    }
  });

  it('knows nothing of nothing', () => {
    expect(wilson(0, 0)).toBeNull();
  });
});

describe('percentile', () => {
  const known = { min: null, max: null };

  it('is linear within the bin', () => {
    expect(percentile([0, 10, 0], 5, 0.5, known)).toBe(7.5);
    expect(percentile([5, 5], 5, 0.5, known)).toBe(5);
    expect(percentile([10, 10, 0], 5, 0.75, known)).toBe(7.5);
  });

  it('gives no more of the last bin, which is open, than its lower edge', () => {
    expect(percentile([0, 10], 5, 0.85, known)).toBe(5);
  });

  it('stays within the smallest and largest sample', () => {
    expect(percentile([0, 1], 5, 0.85, { min: 6, max: 6 })).toBe(6);
    expect(percentile([0, 0, 4], 5, 1, { min: 10, max: 55 })).toBe(55);
  });

  it('is unknown without samples', () => {
    expect(percentile([], 5, 0.5, known)).toBeNull();
    expect(percentile([0, 0], 5, 0.5, known)).toBeNull();
  });
});

const RANGE = { fromMs: 1, toMs: null };

describe('cursors', () => {
  it('come back as they were', () => {
    expect(decodeCursor('a', encodeCursor('a', RANGE, [1, 'ä/=', -2.5]))).toEqual([1, 'ä/=', -2.5]);
  });

  it('are refused where they are another query’s, or none', () => {
    for (const text of [encodeCursor('b', RANGE, [1]), '', 'x', 'eyJhIjoxfQ', 'W251bGxd', 'a'.repeat(5_000)]) {
      expect(() => decodeCursor('a', text)).toThrow(BadQueryError);
    }
  });
});
