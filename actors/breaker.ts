import {
  type BreakerSettings,
  type BreakerState,
  afterFailure as stateAfterFailure,
  retryMs as waitMs,
} from '../core/breaker.ts';

export { type BreakerState, CLOSED, tried, tripped } from '../core/breaker.ts';

export const FAILURES_MAX = 5;

/** A device's circuit breaker: core/breaker.ts with the figures of devices. */
const DEVICE_BREAKER: BreakerSettings = {
  failuresMax: FAILURES_MAX,
  openMsFirst: 5_000,
  openMsMax: 60_000,
  retryMsFirst: 50,
  retryMsMax: 5_000,
};

export const afterFailure = (state: BreakerState): BreakerState => stateAfterFailure(state, DEVICE_BREAKER);

/** When to try the next device, ms from now. */
export const retryMs = (state: BreakerState): number => waitMs(state, DEVICE_BREAKER);
