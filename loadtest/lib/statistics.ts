import { build } from 'hdr-histogram-js';
import type Histogram from 'hdr-histogram-js/dist/Histogram.js';

/** Percentiles of a set of durations, all ms; null where nothing was recorded. */
export interface DurationSummary {
  readonly count: number;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** Longest duration told apart, µs: an hour. What is longer is recorded as this. */
const LONGEST_US = 3_600_000_000;

/** An HDR histogram of durations: three significant digits, microseconds inside, milliseconds outside. */
export class DurationHistogram {
  // 64-bit counts by way of doubles would be waste: no run has 2^31 frames.
  readonly #histogram: Histogram.default = build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2_000_000,
    numberOfSignificantValueDigits: 3,
  });

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(LONGEST_US, Math.max(0, Math.round(ms * 1000))));
  }

  summary(): DurationSummary {
    const h = this.#histogram;
    if (h.totalCount === 0) return { count: 0, mean: null, p50: null, p90: null, p99: null, p999: null, max: null };
    // A percentile is the upper end of its bucket, which may lie past the largest value there was.
    const at = (percentile: number): number =>
      round(Math.min(h.maxValue, h.getValueAtPercentile(percentile)) / 1000, 2);
    return {
      count: h.totalCount,
      mean: round(h.mean / 1000, 2),
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: round(h.maxValue / 1000, 2),
    };
  }
}

/** The middle value; of an even number of them the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half];
  if (upper === undefined) return Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[half - 1] ?? upper) + upper) / 2;
}

/** The median of those values that are there; null where none is. */
export function medianOrNull(values: readonly (number | null | undefined)[]): number | null {
  const present = values.filter((v): v is number => typeof v === 'number' && !Number.isNaN(v));
  return present.length === 0 ? null : median(present);
}

/**
 * Growth of a series by the least-squares line through it, in units of `ys` per unit of `xs`: what "memory flat"
 * means is that this is near zero. 0 for fewer than two points.
 */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  const n = Math.min(xs.length, ys.length);
  if (n < 2) return 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < n; i++) {
    sumX += xs[i] ?? 0;
    sumY += ys[i] ?? 0;
  }
  const meanX = sumX / n;
  const meanY = sumY / n;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const dx = (xs[i] ?? 0) - meanX;
    covariance += dx * ((ys[i] ?? 0) - meanY);
    variance += dx * dx;
  }
  return variance === 0 ? 0 : covariance / variance;
}

/**
 * Jain's fairness index (Jain, Chiu and Hawe 1984), (sum x)^2 / (n sum x^2): 1 where all are equal, 1/n where one has
 * everything. 1 of nothing at all.
 */
export function jainIndex(xs: readonly number[]): number {
  const sum = xs.reduce((a, x) => a + x, 0);
  const squares = xs.reduce((a, x) => a + x * x, 0);
  return squares === 0 ? 1 : (sum * sum) / (xs.length * squares);
}

/** Of a list, the value that `share` (0..1) of it does not exceed (nearest rank); null of none. */
export function percentileOf(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The mean; null of none. */
export function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, x) => a + x, 0) / values.length;
}

/** `value` with `digits` decimals. */
export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
