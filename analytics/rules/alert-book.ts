import type { AlertChange } from '../../core/alert.ts';
import type { Verdict } from './rule-watch.ts';

/** Alerts of one rule that are open at once. */
export const OPEN_ALERTS_MAX = 64;
/** Keys of one rule that are remembered: open, about to open, or cooling down. */
export const KEYS_MAX = 256;

/** What was said when an alert opened: its end says it again. */
export type OpenAlert = Pick<
  AlertChange,
  'opening' | 'openedAtMs' | 'severity' | 'title' | 'threshold' | 'data' | 'snapshot'
>;

/** Where the alerts of one key are. Plain JSON. */
export interface KeyState {
  readonly key: string;
  /** Since when the condition holds without an alert. */
  readonly pendingSinceMs: number | null;
  readonly open: OpenAlert | null;
  /** Since when the condition of an open alert is gone. */
  readonly clearingSinceMs: number | null;
  /** Not raised again before. */
  readonly coolUntilMs: number | null;
}

type Entry = { -readonly [K in keyof KeyState]: KeyState[K] };

/** ms. */
export interface Timing {
  readonly holdMs: number;
  readonly clearAfterMs: number;
  readonly cooldownMs: number;
}

/**
 * One rule's alerts by key, and what is due:
 *
 *     quiet --raise--> pending --held--> open --clear for long enough--> cooling --> quiet
 *
 * A verdict of `unknown` or `between` begins both waits anew: neither that the condition holds nor that it is gone has
 * been seen without a break.
 */
export class AlertBook {
  readonly #entries = new Map<string, Entry>();
  #openCount = 0;

  constructor(state: readonly KeyState[] = []) {
    for (const entry of state) {
      if (this.#entries.size >= KEYS_MAX) break;
      this.#entries.set(entry.key, { ...entry });
      if (entry.open !== null) this.#openCount++;
    }
  }

  /** @returns what is due for this key; the caller carries it out with {@link opened} or {@link closed} */
  judge(key: string, verdict: Verdict, nowMs: number, timing: Timing): 'open' | 'close' | 'none' {
    const entry = this.#entries.get(key) ?? (verdict === 'raise' ? this.#begin(key, nowMs) : undefined);
    if (entry === undefined) return 'none';
    if (entry.open !== null) {
      entry.clearingSinceMs = verdict === 'clear' ? (entry.clearingSinceMs ?? nowMs) : null;
      return entry.clearingSinceMs !== null && nowMs - entry.clearingSinceMs >= timing.clearAfterMs ? 'close' : 'none';
    }
    if (verdict !== 'raise') {
      entry.pendingSinceMs = null;
      if (!cooling(entry, nowMs)) this.#entries.delete(key);
      return 'none';
    }
    entry.pendingSinceMs ??= nowMs;
    if (nowMs - entry.pendingSinceMs < timing.holdMs || cooling(entry, nowMs)) return 'none';
    return this.#openCount < OPEN_ALERTS_MAX ? 'open' : 'none';
  }

  opened(key: string, alert: OpenAlert): void {
    const entry = this.#entries.get(key) ?? this.#begin(key, alert.openedAtMs);
    if (entry === undefined) return;
    if (entry.open === null) this.#openCount++;
    entry.open = alert;
    entry.pendingSinceMs = null;
    entry.clearingSinceMs = null;
    entry.coolUntilMs = null;
  }

  closed(key: string, coolUntilMs: number): OpenAlert | null {
    const entry = this.#entries.get(key);
    const open = entry?.open ?? null;
    if (entry === undefined || open === null) return null;
    this.#openCount--;
    entry.open = null;
    entry.clearingSinceMs = null;
    entry.coolUntilMs = coolUntilMs;
    return open;
  }

  /** Whether an alert of this key is open or cooling down. */
  holds(key: string, nowMs: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && (entry.open !== null || cooling(entry, nowMs));
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  open(): readonly (readonly [key: string, alert: OpenAlert])[] {
    const found: [string, OpenAlert][] = [];
    for (const { key, open } of this.#entries.values()) if (open !== null) found.push([key, open]);
    return found;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** An alert is about to open or to close, by time alone. */
  get waits(): boolean {
    for (const { pendingSinceMs, clearingSinceMs } of this.#entries.values()) {
      if (pendingSinceMs !== null || clearingSinceMs !== null) return true;
    }
    return false;
  }

  state(): readonly KeyState[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry }));
  }

  /** Where the book is full, whichever cools down soonest makes room; nothing begins where none does. */
  #begin(key: string, nowMs: number): Entry | undefined {
    if (this.#entries.size >= KEYS_MAX) {
      let soonest: Entry | undefined;
      for (const entry of this.#entries.values()) {
        if (entry.open !== null || entry.pendingSinceMs !== null) continue;
        if (soonest === undefined || (entry.coolUntilMs ?? 0) < (soonest.coolUntilMs ?? 0)) soonest = entry;
      }
      if (soonest === undefined) return undefined;
      this.#entries.delete(soonest.key);
    }
    const entry: Entry = { key, pendingSinceMs: nowMs, open: null, clearingSinceMs: null, coolUntilMs: null };
    this.#entries.set(key, entry);
    return entry;
  }
}

const cooling = ({ coolUntilMs }: KeyState, nowMs: number): boolean => coolUntilMs !== null && nowMs < coolUntilMs;
