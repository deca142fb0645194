import { describe, expect, it } from 'vitest';
import {
  DurationHistogram,
  jainIndex,
  median,
  medianOrNull,
  percentileOf,
  slope,
} from '../../../loadtest/lib/statistics.ts';

describe('DurationHistogram', () => {
  it('gives percentiles of a known set within a thousandth', () => {
    const histogram = new DurationHistogram();
    for (let i = 1; i <= 10_000; i++) histogram.record(i / 10);
    const s = histogram.summary();
    expect(s.count).toBe(10_000);
    for (const [value, exact] of [
      [s.p50, 500],
      [s.p90, 900],
      [s.p99, 990],
      [s.p999, 999],
      [s.max, 1000],
    ] as const) {
      expect(Math.abs((value ?? 0) - exact)).toBeLessThanOrEqual(exact / 1000);
    }
  });

  it('states no percentile above the largest value', () => {
    const histogram = new DurationHistogram();
    histogram.record(2_152.99);
    expect(histogram.summary().p99).toBeLessThanOrEqual(histogram.summary().max ?? 0);
  });

  it('says nothing of nothing, and takes a negative duration as none', () => {
    const histogram = new DurationHistogram();
    expect(histogram.summary()).toMatchObject({ count: 0, p50: null, max: null });
    histogram.record(-3);
    expect(histogram.summary().max).toBe(0);
  });
});

describe('jainIndex', () => {
  it('is 1 among equals, 1/n where one has everything, and unmoved by scale', () => {
    expect(jainIndex([3, 3, 3])).toBe(1);
    expect(jainIndex([0, 0, 0, 9])).toBe(0.25);
    expect(jainIndex([1, 2, 3])).toBeCloseTo(jainIndex([10, 20, 30]), 12);
    expect(jainIndex([])).toBe(1);
  });
});

describe('percentileOf', () => {
  it('is a value of the list that so much of it does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentileOf(values, 0.99)).toBe(99);
    expect(percentileOf(values, 0.5)).toBe(50);
    expect(percentileOf([7], 0.99)).toBe(7);
    expect(percentileOf([], 0.99)).toBeNull();
  });
});

describe('medians and slopes', () => {
  it('take the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(medianOrNull([null, 5, undefined])).toBe(5);
    expect(medianOrNull([null])).toBeNull();
  });

  it('fit a line: growth per step, none of a flat series, none of a single point', () => {
    expect(slope([0, 1, 2, 3], [10, 12, 14, 16])).toBeCloseTo(2);
    expect(slope([0, 1, 2], [7, 7, 7])).toBe(0);
    expect(slope([1], [1])).toBe(0);
  });
});
