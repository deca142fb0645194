/**
 * A device's circuit breaker, on our clock: cockatiel's takes its time from `Date.now()` and keeps timers of its own,
 * which neither the tests' nor the simulator's clock would move.
 *
 *     closed ── FAILURES_MAX in a row ──► open ── openMs ──► half_open ── probe ran ──► closed
 *                                          ▲                    │ failed, open longer
 *                                          └────────────────────┘
 */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly openings: number }
  | { readonly kind: 'half_open'; readonly openings: number };

export const FAILURES_MAX = 5;
const OPEN_MS_FIRST = 5_000;
const OPEN_MS_MAX = 60_000;
const RETRY_MS_FIRST = 50;
const RETRY_MS_MAX = 5_000;

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

export function afterFailure(state: BreakerState): BreakerState {
  switch (state.kind) {
    case 'closed':
      return state.failures + 1 >= FAILURES_MAX
        ? { kind: 'open', openings: 1 }
        : { kind: 'closed', failures: state.failures + 1 };
    case 'half_open':
      return { kind: 'open', openings: state.openings + 1 };
    case 'open':
      return state;
  }
}

/** Opened at once, whatever came before: nothing that could still be tried would help. */
export function tripped(state: BreakerState): BreakerState {
  return { kind: 'open', openings: state.kind === 'closed' ? 1 : state.openings + 1 };
}

/** When to try the next device, ms from now. */
export function retryMs(state: BreakerState): number {
  if (state.kind === 'closed') return Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** Math.max(0, state.failures - 1));
  return Math.min(OPEN_MS_MAX, OPEN_MS_FIRST * 2 ** (state.openings - 1));
}

/** The next try begins. */
export function tried(state: BreakerState): BreakerState {
  return state.kind === 'open' ? { kind: 'half_open', openings: state.openings } : state;
}
