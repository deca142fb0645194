import type { Coverage } from '../core/measure.ts';

/** How frames end, as far as coverage is concerned. */
export type Seen = 'analysed' | 'gated' | 'shed' | 'rejected' | 'lost';

export interface CoverageState {
  readonly lastSeenMs: number | null;
  readonly observedMs: number;
  readonly unfitMs: number;
  readonly counts: Readonly<Record<Seen, number>>;
}

const NONE: Readonly<Record<Seen, number>> = { analysed: 0, gated: 0, shed: 0, rejected: 0, lost: 0 };

/**
 * How much of an interval was seen. Time between two frames that were analysed, or looked at and found still, counts as
 * seen where they are no further apart than `gapS`: what happens in between is then told by the tracker.
 */
export class CoverageMeter {
  readonly #gapMs: number;
  #lastSeenMs: number | null;
  /** Of the interval at hand, ms. */
  #observedMs: number;
  /** Of those, while the camera was unfit to see. */
  #unfitMs: number;
  #counts: Record<Seen, number>;

  constructor(gapS: number, state?: CoverageState) {
    this.#gapMs = gapS * 1_000;
    this.#lastSeenMs = state?.lastSeenMs ?? null;
    this.#observedMs = state?.observedMs ?? 0;
    this.#unfitMs = state?.unfitMs ?? 0;
    this.#counts = { ...NONE, ...state?.counts };
  }

  /** Any frame was received in the interval at hand. */
  get any(): boolean {
    return this.#observedMs > 0 || Object.values(this.#counts).some((n) => n > 0);
  }

  /** Counts a frame that was not looked at. */
  unseen(how: Exclude<Seen, 'analysed' | 'gated'>): void {
    this.#counts[how]++;
  }

  /**
   * A frame was looked at.
   * @param intervalStartMs of the interval it falls into; what lies before belongs to the one before, see {@link close}.
   * @returns the time it speaks for, s: 0 where the one before is too long ago.
   */
  seen(how: 'analysed' | 'gated', atMs: number, intervalStartMs: number, fit: boolean): number {
    this.#counts[how]++;
    const last = this.#lastSeenMs;
    this.#lastSeenMs = atMs;
    if (last === null || atMs <= last || atMs - last > this.#gapMs) return 0;
    const ms = atMs - Math.max(last, intervalStartMs);
    this.#observedMs += ms;
    if (!fit) this.#unfitMs += ms;
    return (atMs - last) / 1_000;
  }

  /**
   * Ends the interval.
   * @param endMs its end. @param nextSeenMs when the next frame was looked at, where that is known: the time up to the
   *   end then counts too.
   */
  close(startMs: number, endMs: number, nextSeenMs: number | undefined, shareMin: number): Coverage {
    const last = this.#lastSeenMs;
    if (last !== null && nextSeenMs !== undefined && nextSeenMs - last <= this.#gapMs && endMs > last) {
      this.#observedMs += endMs - Math.max(last, startMs);
    }
    const lengthMs = endMs - startMs;
    const observedShare = lengthMs <= 0 ? 0 : Math.min(1, this.#observedMs / lengthMs);
    const unfitShare = lengthMs <= 0 ? 0 : this.#unfitMs / lengthMs;
    const coverage: Coverage = {
      observedShare: Math.round(observedShare * 10_000) / 10_000,
      ...this.#counts,
      valid: observedShare - unfitShare >= shareMin,
    };
    this.#observedMs = 0;
    this.#unfitMs = 0;
    this.#counts = { ...NONE };
    return coverage;
  }

  state(): CoverageState {
    return {
      lastSeenMs: this.#lastSeenMs,
      observedMs: this.#observedMs,
      unfitMs: this.#unfitMs,
      counts: { ...this.#counts },
    };
  }
}
