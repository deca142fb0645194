/** Overload is a queue that stays long, not one that is long for a moment. */
const SATURATED_AFTER_MS = 300;

/**
 * Whether a device cannot keep up, told as CoDel does (RFC 8289): not by how long frames wait, which a burst explains,
 * but by whether someone has been left waiting too long after every pick for a while.
 */
export class Saturation {
  #longSinceMs: number | undefined;
  #isSaturated = false;
  #observedAtMs = Number.NEGATIVE_INFINITY;

  get isSaturated(): boolean {
    return this.#isSaturated;
  }

  /** For how long it has been so, ms. */
  saturatedMs(nowMs: number): number {
    return this.#isSaturated && this.#longSinceMs !== undefined ? nowMs - this.#longSinceMs : 0;
  }

  /**
   * After each pick.
   * @param oldestReceivedAtMs of the frames that were not picked; undefined where none is left.
   * @param longMs a wait longer than this is long.
   */
  observe(oldestReceivedAtMs: number | undefined, longMs: number, nowMs: number): void {
    // After a pause nothing is known of the time between.
    const pausedMs = nowMs - this.#observedAtMs;
    this.#observedAtMs = nowMs;
    if (pausedMs > SATURATED_AFTER_MS + longMs) this.#longSinceMs = undefined;
    if (oldestReceivedAtMs === undefined || nowMs - oldestReceivedAtMs <= longMs) {
      this.#longSinceMs = undefined;
      this.#isSaturated = false;
      return;
    }
    this.#longSinceMs ??= nowMs;
    this.#isSaturated = nowMs - this.#longSinceMs >= SATURATED_AFTER_MS;
  }
}
