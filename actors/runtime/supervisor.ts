import type { Directive, SupervisorStrategy } from './types.ts';

export interface RestartOptions {
  /** Restarts within the window. */
  readonly restartsMax: number;
  readonly windowMs: number;
  /** Before the first restart within the window; doubles with each one up to `backoffMsMax`. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
  /** What the failure after the last restart leads to. */
  readonly exhausted: Exclude<Directive, 'restart'>;
}

const DEFAULTS: RestartOptions = {
  // 50 ms, 100, 200 ... 5 s: ten restarts take 21 s, so a child that always fails does use them up within the window.
  restartsMax: 10,
  windowMs: 60_000,
  backoffMsMin: 50,
  backoffMsMax: 5_000,
  exhausted: 'stop',
};

/** Restarts a failed child with exponential backoff, and gives up on one that keeps failing. */
export function restartStrategy(options: Partial<RestartOptions> = {}): SupervisorStrategy {
  const o = { ...DEFAULTS, ...options };
  return {
    windowMs: o.windowMs,
    decide: (_error, failuresInWindow) => (failuresInWindow > o.restartsMax ? o.exhausted : 'restart'),
    // 2^30 already passes any cap in use, and larger exponents would end in Infinity * 0.
    backoffMs: (n) => Math.min(o.backoffMsMax, o.backoffMsMin * 2 ** Math.min(30, n - 1)),
  };
}

/** Answers every failure with `directive`, a restart without delay. */
export function alwaysStrategy(directive: Directive): SupervisorStrategy {
  return { windowMs: 60_000, decide: () => directive, backoffMs: () => 0 };
}

/** How an actor treats its children where its props do not say. */
export const defaultStrategy: SupervisorStrategy = restartStrategy();

/** How the system treats root actors where its options do not say: nobody is left who could do without them. */
export const defaultRootStrategy: SupervisorStrategy = restartStrategy({ exhausted: 'escalate' });

/** Timestamps kept per failing actor, however long a strategy's window is. */
const FAILURES_REMEMBERED_MAX = 1_000;

/** When one actor failed lately. */
export class FailureWindow {
  #atMs: number[] = [];

  /** Notes a failure; returns how many there were within the window, this one included. */
  count(nowMs: number, windowMs: number): number {
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < windowMs).slice(1 - FAILURES_REMEMBERED_MAX);
    return this.#atMs.push(nowMs);
  }
}
