/** Whether something has been so for long enough to be told, and has been over for long enough to be called over. */
export interface LastingState {
  readonly open: boolean;
  /** Since when it has been otherwise than `open` says; null where it has not. */
  readonly sinceMs: number | null;
}

export const NOT_SO: LastingState = { open: false, sinceMs: null };

/**
 * One more look: the state flips once it has been seen the other way for `forMs` without a break.
 * @returns the state from now on; its `open` differs from before where it has just flipped
 */
export function lasting(state: LastingState, isSo: boolean, atMs: number, forMs: number): LastingState {
  if (isSo === state.open) return state.sinceMs === null ? state : { open: state.open, sinceMs: null };
  const sinceMs = state.sinceMs ?? atMs;
  return atMs - sinceMs >= forMs ? { open: isSo, sinceMs: null } : { open: state.open, sinceMs };
}
