/** Standard normal quantile of a two-sided 95 % interval. */
const Z_95 = 1.959963984540054;

export interface ShareEstimate {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A share with its 95 % Wilson score interval (Wilson 1927): unlike the normal approximation it stays within 0..1 and
 * means something at 0 of 5.
 * @param share the observed share, 0..1; by weight where items weigh differently
 * @param n items it was observed on
 * @returns null where nothing was observed
 */
export function wilson(share: number, n: number): ShareEstimate | null {
  if (!(n > 0) || !Number.isFinite(share)) return null;
  const p = Math.min(1, Math.max(0, share));
  const z2 = Z_95 * Z_95;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { share: p, low: Math.min(p, Math.max(0, centre - half)), high: Math.max(p, Math.min(1, centre + half)) };
}
