/**
 * Time is asked for, never taken: production code holds a {@link Clock}, so that a test or the simulator can run it
 * under a clock of its own.
 */

/** A timer somebody owns; the owner cancels it. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds since an arbitrary start, with fractions. Deadlines and latencies are measured on it. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch, for people and other machines. Never used to measure a duration. */
  wallMs(): number;
  /** Calls `fn` once after `delayMs` (0 or more). */
  after(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` each `intervalMs` (more than 0) until cancelled. */
  every(intervalMs: number, fn: () => void): Timer;
}

/** The process's own clock. Its timers do not keep the process alive: whoever serves does that. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, fn) {
    const handle = setTimeout(fn, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every(intervalMs, fn) {
    const handle = setInterval(fn, intervalMs);
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
};
