import type { Clock, Timer } from './clock.ts';

interface Entry {
  dueMs: number;
  readonly order: number;
  readonly fn: () => void;
  readonly intervalMs: number | undefined;
  cancelled: boolean;
}

/** A clock that stands still until told: tests and the simulator run production code under it, deterministically. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #entries: Entry[] = [];
  readonly #wallStartMs: number;

  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallStartMs = wallStartMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  after(delayMs: number, fn: () => void): Timer {
    return this.#schedule(delayMs, fn, undefined);
  }

  every(intervalMs: number, fn: () => void): Timer {
    if (!(intervalMs > 0)) throw new RangeError(`interval must be over 0 ms, got ${intervalMs}`);
    return this.#schedule(intervalMs, fn, intervalMs);
  }

  /** Timers still waiting: what a test asserts to be zero after a stop. */
  get pendingTimers(): number {
    return this.#entries.length;
  }

  /** When the next timer fires, or `undefined` where none waits. */
  get nextDueMs(): number | undefined {
    return this.#next()?.dueMs;
  }

  /** Moves time on by `ms`, firing what falls due in order of (due time, creation). */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const entry = this.#next();
      if (entry === undefined || entry.dueMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, entry.dueMs);
      if (entry.intervalMs === undefined) this.#remove(entry);
      else entry.dueMs += entry.intervalMs;
      entry.fn();
    }
    this.#nowMs = untilMs;
  }

  /** As {@link advance}, letting promises settle between steps of `stepMs`. */
  async advanceAsync(ms: number, stepMs = 1): Promise<void> {
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.advance(Math.min(stepMs, untilMs - this.#nowMs));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #schedule(delayMs: number, fn: () => void, intervalMs: number | undefined): Timer {
    const entry: Entry = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      fn,
      intervalMs,
      cancelled: false,
    };
    this.#entries.push(entry);
    return { cancel: () => this.#remove(entry) };
  }

  #next(): Entry | undefined {
    let best: Entry | undefined;
    for (const e of this.#entries) {
      if (best === undefined || e.dueMs < best.dueMs || (e.dueMs === best.dueMs && e.order < best.order)) best = e;
    }
    return best;
  }

  #remove(entry: Entry): void {
    if (entry.cancelled) return;
    entry.cancelled = true;
    this.#entries = this.#entries.filter((e) => e !== entry);
  }
}
