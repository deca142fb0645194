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
 * @param budgetFps frames/s in all; what `leastFps` promises is handed out even where it is more.
 * @returns frames/s, in the order of the claims.
 */
export function shareOut(budgetFps: number, claims: readonly Claim[]): Float64Array {
  const granted = new Float64Array(claims.length);
  // Filling raises a common level; a claim is full at level wanted / weight, those that fill up soonest come first.
  const order = claims.map((_, i) => i).sort((a, b) => levelOf(claims[a]) - levelOf(claims[b]));
  let leftFps = budgetFps;
  let weights = claims.reduce((sum, claim) => sum + claim.weight, 0);
  for (const index of order) {
    const claim = claims[index];
    if (claim === undefined) continue;
    const share = weights > 0 ? Math.max(0, leftFps) * (claim.weight / weights) : 0;
    const fps = Math.max(Math.min(claim.wantedFps, share), Math.min(claim.leastFps, claim.wantedFps));
    granted[index] = fps;
    leftFps -= fps;
    weights -= claim.weight;
  }
  return granted;
}

const levelOf = (claim: Claim | undefined): number => (claim === undefined ? 0 : claim.wantedFps / claim.weight);
