import {
  afterFailure,
  type BreakerSettings,
  type BreakerState,
  CLOSED,
  retryMs,
  tried,
} from '../../../core/breaker.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import type { RedisStats } from './redis-stats.ts';

/** A call was not made: its Redis has failed too often of late, or has too many calls under way already. */
export class RedisRefusedError extends CamshardError {}

export interface RedisCallsOptions {
  readonly stats: RedisStats;
  readonly clock: Clock;
  /** Absent: every call is made, as leases want it, which are asked for once a second and are no load. */
  readonly breaker?: Omit<BreakerSettings, 'retryMsFirst' | 'retryMsMax'> | undefined;
  /** Calls under way at once. ioredis would queue any number of them. */
  readonly inFlightMax: number;
}

/**
 * Through here go the calls of one Redis client: counted, timed, bounded, and left out for a while where they only fail.
 * An error that Redis answers is no failure of the connection and does not open the breaker.
 */
export class RedisCalls {
  readonly #o: RedisCallsOptions;
  #breaker: BreakerState = CLOSED;
  #openUntilMs = 0;

  constructor(options: RedisCallsOptions) {
    this.#o = options;
  }

  /** `closed`: calls are made. `open`: they are refused. `half_open`: one is under way to try. */
  get breaker(): BreakerState['kind'] {
    return this.#breaker.kind;
  }

  /** @throws RedisRefusedError `redis_breaker_open` or `redis_busy` without a call, else whatever `call` throws */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const { stats, clock } = this.#o;
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      stats.counts.refused++;
      throw refusal;
    }
    if (this.#breaker.kind === 'open') this.#breaker = tried(this.#breaker);
    const startedMs = clock.nowMs();
    stats.counts.commands++;
    stats.inFlight++;
    try {
      const answer = await call();
      this.#breaker = CLOSED;
      return answer;
    } catch (error) {
      stats.counts.failures++;
      if (isTimeout(error)) stats.counts.timeouts++;
      if (wasAnswered(error)) this.#breaker = CLOSED;
      else this.#failed();
      throw error;
    } finally {
      stats.inFlight--;
      stats.latency.record(clock.nowMs() - startedMs);
    }
  }

  #refusal(): RedisRefusedError | undefined {
    const { stats, clock, inFlightMax } = this.#o;
    if (stats.inFlight >= inFlightMax) return new RedisRefusedError('redis_busy', `${inFlightMax} calls are under way`);
    const trying = this.#breaker.kind === 'half_open';
    if (trying || (this.#breaker.kind === 'open' && clock.nowMs() < this.#openUntilMs)) {
      return new RedisRefusedError('redis_breaker_open', 'redis has failed too often of late');
    }
    return undefined;
  }

  #failed(): void {
    const { breaker, clock } = this.#o;
    if (breaker === undefined) return;
    const was = this.#breaker.kind;
    this.#breaker = afterFailure(this.#breaker, breaker);
    // Calls that began before it opened fail after it: they do not open it again.
    if (this.#breaker.kind === 'open' && was !== 'open') {
      this.#openUntilMs = clock.nowMs() + retryMs(this.#breaker, { ...breaker, retryMsFirst: 0, retryMsMax: 0 });
    }
  }
}

const isTimeout = (error: unknown): boolean => /timed out|has not answered|ETIMEDOUT/.test(errorMessage(error));

/** Redis said no, and is there. Answers of a server that serves nobody at the moment are as good as none. */
function wasAnswered(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return false;
  return !/^(CLUSTERDOWN|MASTERDOWN|LOADING|READONLY|TRYAGAIN|MOVED|ASK)\b/.test(error.message);
}
