/** What one camera could use, and how it ranks. Rates in frames/s. */
export interface Claim {
  readonly wantedFps: number;
  /** Less is never handed out, whatever the budget: a camera that is asked for nothing cannot show that it needs more. */
  readonly leastFps: number;
  readonly weight: number;
}

/**
 * Shares a budget out over claims by weighted max-min fairness (progressive filling: Bertsekas and Gallager, Data
 * Networks, 6.5.2): nobody gets more than it wants, and what one leaves over goes to the others in proportion to their
 * weights. O(n log n).
 *
 * @param budgetFps frames/s in all; what `leastFps` promises is handed out even where that is more.
 * @returns frames/s, in the order of the claims.
 */
export function shareOut(budgetFps: number, claims: readonly Claim[]): Float64Array {
  const least = claims.map((claim) => Math.min(claim.leastFps, claim.wantedFps));
  const level = commonLevel(budgetFps - least.reduce((sum, fps) => sum + fps, 0), claims, least);
  return Float64Array.from(claims, ({ wantedFps, weight }, i) =>
    Math.min(wantedFps, Math.max(least[i] ?? 0, level * weight)),
  );
}

/**
 * The level at which `spareFps` beyond the least are handed out: a claim rises with it, at the slope of its weight, from
 * where it exceeds its least until it has what it wants.
 */
function commonLevel(spareFps: number, claims: readonly Claim[], least: readonly number[]): number {
  if (spareFps <= 0) return 0;
  const bends = claims
    .flatMap(({ wantedFps, weight }, i) => [
      { level: (least[i] ?? 0) / weight, slope: weight },
      { level: wantedFps / weight, slope: -weight },
    ])
    .sort((a, b) => a.level - b.level);
  let level = 0;
  let slope = 0;
  let leftFps = spareFps;
  for (const bend of bends) {
    const rise = slope * (bend.level - level);
    if (slope > 0 && rise >= leftFps) return level + leftFps / slope;
    leftFps -= rise;
    level = bend.level;
    slope += bend.slope;
  }
  return Number.POSITIVE_INFINITY;
}
