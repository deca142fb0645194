/**
 * A circuit breaker as a pure state, on our clock: cockatiel's takes its time from `Date.now()` and keeps timers of its
 * own, which neither the tests' nor the simulator's clock would move.
 *
 *     closed ── failuresMax in a row ──► open ── openMs ──► half_open ── probe ran ──► closed
 *                                         ▲                    │ failed
 *                                         └────────────────────┘
 */
export type BreakerState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly openings: number }
  | { readonly kind: 'half_open'; readonly openings: number };

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** How long it stays open at first, ms; each probe that fails doubles that, up to ... */
  readonly openMsFirst: number;
  /** ... this. */
  readonly openMsMax: number;
  /** Wait after the first failure of a closed breaker, ms; each further one doubles it, up to ... */
  readonly retryMsFirst: number;
  /** ... this. */
  readonly retryMsMax: number;
}

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

export function afterFailure(state: BreakerState, { failuresMax }: Pick<BreakerSettings, 'failuresMax'>): BreakerState {
  switch (state.kind) {
    case 'closed':
      return state.failures + 1 >= failuresMax
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

/** When to try next, ms from now. */
export function retryMs(state: BreakerState, settings: BreakerSettings): number {
  const { openMsFirst, openMsMax, retryMsFirst, retryMsMax } = settings;
  if (state.kind === 'closed') return Math.min(retryMsMax, retryMsFirst * 2 ** Math.max(0, state.failures - 1));
  return Math.min(openMsMax, openMsFirst * 2 ** (state.openings - 1));
}

/** The next try begins. */
export function tried(state: BreakerState): BreakerState {
  return state.kind === 'open' ? { kind: 'half_open', openings: state.openings } : state;
}
