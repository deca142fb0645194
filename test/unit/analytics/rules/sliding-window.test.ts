import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantileSketch } from '../../../../analytics/rules/quantile-sketch.ts';
import { SlidingWindow, WINDOW_BUCKETS } from '../../../../analytics/rules/sliding-window.ts';

const START_MS = 1_772_452_800_000;

describe('a sliding window', () => {
  it('holds a sample for its length, and at most one step longer', () => {
    for (const windowS of [1, 60, 86_400]) {
      const window = new SlidingWindow(windowS, { quantiles: false });
      window.advance(START_MS + 123);
      window.add(1);
      window.advance(START_MS + 123 + windowS * 1_000);
      expect(window.totals().n).toBe(1);
      window.advance(START_MS + 124 + windowS * 1_000 * (1 + 1 / WINDOW_BUCKETS));
      expect(window.totals().n).toBe(0);
    }
  });

  it('agrees with all samples kept, but for its last step', () => {
    const steps = fc.array(fc.tuple(fc.nat(4_000), fc.nat(20)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100 }), (samples, windowS) => {
        const window = new SlidingWindow(windowS, { quantiles: false });
        const all: { atMs: number; value: number }[] = [];
        let atMs = START_MS;
        const since = (fromMs: number) =>
          all.filter((sample) => sample.atMs >= fromMs).reduce((sum, { value }) => sum + value, 0);
        for (const [afterMs, value] of samples) {
          atMs += afterMs;
          window.advance(atMs);
          window.add(value);
          all.push({ atMs, value });
          const { sum } = window.totals();
          expect(sum).toBeGreaterThanOrEqual(since(atMs - windowS * 1_000));
          expect(sum).toBeLessThanOrEqual(since(atMs - windowS * 1_000 * (1 + 1 / WINDOW_BUCKETS) - 1));
        }
      }),
      { seed: 1 },
    );
  });

  it('knows how much of it was observed, whatever the rhythm of the looks', () => {
    const window = new SlidingWindow(10, { quantiles: false });
    for (let tenth = 0; tenth <= 300; tenth += 7) {
      window.advance(START_MS + tenth * 100);
      window.observed(0.35); // every other half of the time
    }
    expect(window.coverage()).toBeCloseTo(0.5, 1);
    window.advance(START_MS + 100_000);
    expect(window.coverage()).toBe(0);
    window.observed(1_000);
    expect(window.coverage()).toBe(1);
  });

  it('is the same after a rest', () => {
    const window = new SlidingWindow(60, { quantiles: true });
    for (let second = 0; second < 90; second++) {
      window.advance(START_MS + second * 1_000);
      window.observed(0.7, second % 11);
    }
    const other = new SlidingWindow(60, { quantiles: true }, JSON.parse(JSON.stringify(window.state())));
    other.advance(START_MS + 89_000);
    expect(other.totals()).toEqual(window.totals());
    expect(other.quantile(0.85)).toBe(window.quantile(0.85));
    expect(other.coverage()).toBe(window.coverage());
  });
});

describe('a quantile sketch', () => {
  it('is within 4 % of the true quantile', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.85, 0.99), (samples, q) => {
        const sketch = new QuantileSketch();
        for (const value of samples) sketch.add(value, 1);
        const sorted = samples.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)] ?? 0;
        const estimate = sketch.quantile(q) ?? 0;
        expect(Math.abs(estimate - truth)).toBeLessThanOrEqual(truth * 0.04 + 1e-9);
      }),
      { seed: 2 },
    );
  });

  it('is exact for small whole numbers, and says nothing of nothing', () => {
    const sketch = new QuantileSketch();
    expect(sketch.quantile(0.85)).toBeNull();
    for (let n = 0; n < 100; n++) sketch.add(n % 4, 0.1);
    expect(sketch.quantile(0.2)).toBe(0);
    expect(sketch.quantile(0.85)).toBeCloseTo(3, 9);
  });
});
