/** Waits between attempts, growing and jittered. */
export interface BackoffLimits {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

export const RECONNECT_BACKOFF: BackoffLimits = { delayMsMin: 200, delayMsMax: 10_000 };

/**
 * The wait before attempt `attempt` (0 is the first after a failure): somewhere between half and all of an
 * exponentially growing ceiling. Half is kept certain so that a refusing node is never hammered; the other half is
 * random so that cameras that lost a node at the same instant do not come back at the same instant.
 */
export function backoffMs(attempt: number, limits: BackoffLimits, random: () => number): number {
  const ceiling = Math.min(limits.delayMsMax, limits.delayMsMin * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
