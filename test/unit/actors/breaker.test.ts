import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  type BreakerState,
  CLOSED,
  FAILURES_MAX,
  retryMs,
  tried,
  tripped,
} from '../../../actors/breaker.ts';

const failed = (times: number, from: BreakerState = CLOSED): BreakerState =>
  Array.from({ length: times }).reduce<BreakerState>((state) => afterFailure(state), from);

describe("a device's circuit breaker", () => {
  it('stays closed for a few failures, trying again at once and then more slowly', () => {
    for (let n = 1; n < FAILURES_MAX; n++) {
      const state = failed(n);
      expect(state.kind).toBe('closed');
      expect(retryMs(state)).toBe(50 * 2 ** (n - 1));
    }
  });

  it('opens after enough failures in a row, for five seconds', () => {
    const state = failed(FAILURES_MAX);
    expect(state).toEqual({ kind: 'open', openings: 1 });
    expect(retryMs(state)).toBe(5_000);
  });

  it('counts failures in a row only: one batch that ran starts anew', () => {
    expect(failed(FAILURES_MAX - 1, CLOSED).kind).toBe('closed');
    expect(failed(1, CLOSED)).toEqual({ kind: 'closed', failures: 1 });
  });

  it('lets one try through when its time has come, and opens for longer each time that fails', () => {
    let state = failed(FAILURES_MAX);
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      waits.push(retryMs(state));
      state = tried(state);
      expect(state.kind).toBe('half_open');
      state = afterFailure(state);
      expect(state.kind).toBe('open');
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it('is not opened further by what fails while it is open', () => {
    const state = failed(FAILURES_MAX);
    expect(afterFailure(state)).toBe(state);
  });

  it('opens at once where nothing is left to try, for longer where it had opened before', () => {
    expect(tripped(CLOSED)).toEqual({ kind: 'open', openings: 1 });
    expect(tripped(tried(tripped(CLOSED)))).toEqual({ kind: 'open', openings: 2 });
  });

  it('is not moved by a try while it is closed', () => {
    expect(tried(CLOSED)).toBe(CLOSED);
    expect(tried(failed(2))).toEqual({ kind: 'closed', failures: 2 });
  });

  it('waits for a finite time however often it has opened', () => {
    expect(retryMs({ kind: 'open', openings: 5_000 })).toBe(60_000);
    expect(retryMs({ kind: 'closed', failures: 5_000 })).toBe(5_000);
  });
});
