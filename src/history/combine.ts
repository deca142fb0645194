import type { CoverageRow, MeasureRow } from './tables.ts';
import { VALID_SHARE_MIN } from './tables.ts';

/**
 * How two rows of one key become one, in memory; write-rows.ts and rollup.ts say the same in SQL. The order does not
 * matter (but for the last bits of a sum).
 */
export function addMeasure<T extends Omit<MeasureRow, 'at'>>(a: T | undefined, b: T): T {
  if (a === undefined) return b;
  return {
    ...b,
    seconds: a.seconds + b.seconds,
    n: a.n + b.n,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    bins: addBins(a.bins ?? null, b.bins ?? null),
  };
}

/** Bin by bin; a shorter one counts as if it went on with zeros. */
export function addBins(a: readonly number[] | null, b: readonly number[] | null): readonly number[] | null {
  if (a === null || b === null) return a ?? b;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

/** Shares are weighted by the time they are of. */
export function addCoverage<T extends Omit<CoverageRow, 'at'>>(a: T | undefined, b: T): T {
  if (a === undefined) return b;
  const seconds = a.seconds + b.seconds;
  const share = (x: number, y: number): number =>
    seconds > 0 ? (x * a.seconds + y * b.seconds) / seconds : Math.min(x, y);
  const validShare = share(a.valid_share, b.valid_share);
  return {
    ...b,
    seconds,
    observed_share: share(a.observed_share, b.observed_share),
    analysed: a.analysed + b.analysed,
    gated: a.gated + b.gated,
    shed: a.shed + b.shed,
    rejected: a.rejected + b.rejected,
    lost: a.lost + b.lost,
    valid_share: validShare,
    valid: validShare >= VALID_SHARE_MIN,
  };
}
