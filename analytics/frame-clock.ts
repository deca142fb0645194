/**
 * Event time of one camera: when what a frame shows happened, by the node's clock. Pure: all readings are given.
 *
 * A camera that says when it captured a frame is believed about how far apart its frames are, not about what time it
 * is: the fastest frame of late tells how far its clock is from ours. Time never goes back, whatever either clock does:
 * a wall clock that is set forward is followed at once, one that is set back is waited for at half speed.
 */

/** Wall clocks are nudged by NTP all the time; past this the clock was set. */
const CLOCK_STEP_MS = 2_000;
/** A frame this much later than the fastest one was not under way so long: the camera's clock was set. */
const LAG_MS_MAX = 10_000;
/** The fastest frame is forgotten at this rate, so that drifting clocks (100 ppm is a bad quartz) are followed. */
const LAG_LEAK_MS_PER_S = 1;

export interface FrameTimes {
  /** Monotonic ms at reception. */
  readonly receivedAtMs: number;
  /** Wall clock at reception, ms since the Unix epoch. */
  readonly receivedWallMs: number;
  /** The camera's wall clock; undefined where it did not say. */
  readonly capturedWallMs: number | undefined;
}

export class FrameClock {
  /** The node's wall clock without its steps back, at `#monotonicMs`. */
  #nodeMs: number | undefined;
  #monotonicMs = 0;
  #lagMs: number | undefined;
  #lagAtMs = 0;
  /** Of the last frame that was looked at. */
  #lastMs: number;

  /** @param lastMs event time reached before this clock was made, e.g. by another node. */
  constructor(lastMs = Number.NEGATIVE_INFINITY) {
    this.#lastMs = lastMs;
  }

  /** Event time of a frame that was looked at, ms since the Unix epoch; at least that of the one before. */
  frame(times: FrameTimes): number {
    this.#lastMs = this.unseen(times);
    return this.#lastMs;
  }

  /**
   * Event time of a frame that was not looked at. Older ones may still be with the device, and keep their time: nothing
   * is put forward by this.
   */
  unseen(times: FrameTimes): number {
    const nodeMs = this.#nodeTime(times.receivedAtMs, times.receivedWallMs);
    if (times.capturedWallMs === undefined) return this.#atLeastLast(nodeMs);
    const lagMs = nodeMs - times.capturedWallMs;
    const sinceMs = Math.max(0, nodeMs - this.#lagAtMs);
    const leaked = this.#lagMs === undefined ? lagMs : this.#lagMs + (sinceMs / 1_000) * LAG_LEAK_MS_PER_S;
    this.#lagMs = Math.abs(lagMs - leaked) > LAG_MS_MAX ? lagMs : Math.min(lagMs, leaked);
    this.#lagAtMs = nodeMs;
    return this.#atLeastLast(Math.min(nodeMs, times.capturedWallMs + this.#lagMs));
  }

  /** Event time without a frame. Frames received before may still be with the device, and keep theirs. */
  tick(monotonicMs: number, wallMs: number): number {
    return this.#atLeastLast(this.#nodeTime(monotonicMs, wallMs));
  }

  #atLeastLast(atMs: number): number {
    return Math.max(this.#lastMs, Math.round(atMs));
  }

  /** The node's wall clock without its steps back; of a moment that is past, where a newer one was asked about before. */
  #nodeTime(monotonicMs: number, wallMs: number): number {
    if (this.#nodeMs === undefined) {
      this.#nodeMs = Math.max(wallMs, this.#lastMs);
      this.#monotonicMs = monotonicMs;
      return this.#nodeMs;
    }
    const passedMs = monotonicMs - this.#monotonicMs;
    if (passedMs < 0) return this.#nodeMs + passedMs;
    const behindMs = wallMs - (this.#nodeMs + passedMs);
    this.#nodeMs = behindMs >= -CLOCK_STEP_MS ? Math.max(this.#nodeMs, wallMs) : this.#nodeMs + passedMs / 2;
    this.#monotonicMs = monotonicMs;
    return this.#nodeMs;
  }
}
