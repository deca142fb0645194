import { afterFailure, type BreakerSettings, type BreakerState, CLOSED, retryMs, tried } from '../../core/breaker.ts';
import type { Clock } from '../../core/clock.ts';

/** Questions unanswered, or attempts to connect, in a row; then for how long nobody asks. */
export const PEER_BREAKER: BreakerSettings = {
  failuresMax: 5,
  openMsFirst: 1_000,
  openMsMax: 10_000,
  retryMsFirst: 100,
  retryMsMax: 1_000,
};

/**
 * Keeps a peer that does not answer from being asked by everybody, each waiting for a time-out of its own. Connecting goes
 * on meanwhile, and a new connection closes it: hand-offs wait for that.
 */
export class PeerBreaker {
  readonly #clock: Clock;
  #state: BreakerState = CLOSED;
  #retryAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get kind(): BreakerState['kind'] {
    return this.#state.kind;
  }

  /** Whether to ask now; where it says yes while open, this question is the probe. */
  admits(): boolean {
    if (this.#state.kind === 'closed') return true;
    if (this.#clock.nowMs() < this.#retryAtMs) return false;
    this.#state = tried(this.#state);
    // A probe that never gets out must not keep it half open for good.
    this.#retryAtMs = this.#clock.nowMs() + retryMs(this.#state, PEER_BREAKER);
    return true;
  }

  succeeded(): void {
    this.#state = CLOSED;
  }

  failed(): void {
    const before = this.#state;
    this.#state = afterFailure(before, PEER_BREAKER);
    if (this.#state !== before) this.#retryAtMs = this.#clock.nowMs() + retryMs(this.#state, PEER_BREAKER);
  }
}
