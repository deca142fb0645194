import { afterFailure, type BreakerState, CLOSED, retryMs, tried } from '../../actors/breaker.ts';
import type { Clock } from '../../core/clock.ts';

/** After an outage of any length the database is used again within this time. */
const RETRY_MS_MAX = 5_000;

/**
 * Keeps a database that is gone from being asked by everybody all the time. The state machine is actors/breaker.ts's;
 * open means: nobody but one probe until the time is over.
 */
export class DatabaseBreaker {
  readonly #clock: Clock;
  #state: BreakerState = CLOSED;
  #retryAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get kind(): BreakerState['kind'] {
    return this.#state.kind;
  }

  /** Whether to ask the database now; where it says yes while open, this caller is the probe. */
  admits(): boolean {
    if (this.#state.kind === 'closed') return true;
    if (this.#state.kind === 'half_open' || this.#clock.nowMs() < this.#retryAtMs) return false;
    this.#state = tried(this.#state);
    return true;
  }

  succeeded(): void {
    this.#state = CLOSED;
  }

  /** @returns how long to wait before the next try, ms */
  failed(): number {
    this.#state = afterFailure(this.#state);
    const waitMs = Math.min(RETRY_MS_MAX, retryMs(this.#state));
    this.#retryAtMs = this.#clock.nowMs() + waitMs;
    return waitMs;
  }
}
