/** When a dead child is started again. */
export interface RestartLimits {
  /** Wait before the second restart in a row; doubles with each one after. The first begins at once. */
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Ready for this long, a child's death counts as the first again. */
  readonly stableMs: number;
  /** Deaths in a row before any child was ever ready: more restarts would not help. */
  readonly deathsBeforeReadyMax: number;
}

/**
 * For the node. The first restart begins at once, since service must be back within 5 s and a start takes about 2;
 * after that, waits keep a crash loop from eating the machine. It gives up only on a node that never worked: one that
 * did is worth trying for ever, since what broke it may go away.
 */
export const NODE_RESTART: RestartLimits = {
  delayMsMin: 250,
  delayMsMax: 5_000,
  stableMs: 30_000,
  deathsBeforeReadyMax: 5,
};

/** For the demo cameras: never urgent, never given up, never the node's business. */
export const DEMO_RESTART: RestartLimits = {
  delayMsMin: 1_000,
  delayMsMax: 30_000,
  stableMs: 30_000,
  deathsBeforeReadyMax: Number.POSITIVE_INFINITY,
};

export interface LifeHistory {
  /** Whether any child was ever ready. */
  readonly everReady: boolean;
  /** Deaths in a row, this one included, of children that were not ready for `stableMs`. */
  readonly deathsInARow: number;
}

export type RestartDecision = { readonly kind: 'restart'; readonly delayMs: number } | { readonly kind: 'give_up' };

export function decideRestart({ everReady, deathsInARow }: LifeHistory, limits: RestartLimits): RestartDecision {
  if (!everReady && deathsInARow >= limits.deathsBeforeReadyMax) return { kind: 'give_up' };
  if (deathsInARow <= 1) return { kind: 'restart', delayMs: 0 };
  const delayMs = Math.min(limits.delayMsMax, limits.delayMsMin * 2 ** Math.min(deathsInARow - 2, 30));
  return { kind: 'restart', delayMs };
}
