/** Which source pixels one axis of a resize reads for each target pixel, and how much each counts. */
export interface ResizeTaps {
  /** Source pixels per target pixel; the same for all, the missing ones weigh 0. */
  readonly count: number;
  /** First source pixel per target pixel. */
  readonly starts: Int32Array;
  /** `count` weights per target pixel in 1/32768, summing to {@link WEIGHT_SUM}. */
  readonly weights: Int16Array;
}

/** One, as near as 16 signed bits come to 32768. */
export const WEIGHT_SUM = 32_767;

/**
 * Taps for scaling one axis from `from` to `to` pixels: the area a target pixel covers when it shrinks, linear
 * interpolation between pixel centres (half-pixel centres, edges repeated) when it grows.
 */
export function resizeTaps(from: number, to: number): ResizeTaps {
  const ratio = from / to;
  const rows = Array.from({ length: to }, (_, i) => (ratio >= 1 ? covered(i, ratio, from) : between(i, ratio, from)));
  const count = Math.min(from, Math.max(...rows.map((row) => row.shares.length)));
  const starts = new Int32Array(to);
  const weights = new Int16Array(to * count);
  for (const [i, row] of rows.entries()) {
    // Near the far edge the window is moved back, so that it never reads past the row.
    const start = Math.min(row.start, from - count);
    starts[i] = start;
    const whole = row.shares.map((share) => Math.round(share * WEIGHT_SUM));
    const error = WEIGHT_SUM - whole.reduce((sum, weight) => sum + weight, 0);
    const heaviest = whole.indexOf(Math.max(...whole));
    whole[heaviest] = (whole[heaviest] ?? 0) + error;
    weights.set(whole, i * count + row.start - start);
  }
  return { count, starts, weights };
}

interface TapRow {
  readonly start: number;
  /** Sum to 1. */
  readonly shares: readonly number[];
}

function covered(target: number, ratio: number, from: number): TapRow {
  const left = target * ratio;
  const right = Math.min(from, left + ratio);
  const start = Math.floor(left + 1e-9);
  const end = Math.max(start + 1, Math.ceil(right - 1e-9));
  const overlap = (pixel: number): number => Math.max(0, Math.min(right, pixel + 1) - Math.max(left, pixel));
  const shares = Array.from({ length: end - start }, (_, k) => overlap(start + k));
  const sum = shares.reduce((a, b) => a + b, 0);
  return { start, shares: shares.map((share) => share / sum) };
}

function between(target: number, ratio: number, from: number): TapRow {
  const centre = Math.min(from - 1, Math.max(0, (target + 0.5) * ratio - 0.5));
  const start = Math.floor(centre);
  const share = centre - start;
  return start + 1 < from ? { start, shares: [1 - share, share] } : { start, shares: [1] };
}
