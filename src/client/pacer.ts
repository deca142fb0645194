/**
 * Thins a source of frames to a rate: says for each frame whether it is due. Keeps the average exact by counting in
 * slots, but never catches up in a burst after a pause. A new rate counts from the last slot on, so that a camera asked
 * for more need not first sit out a long period of the old rate.
 *
 * Where cameras are asked for less they are asked at the same moment, and without a phase of their own all of them
 * would leave out the same frames and send the others together.
 */
export class Pacer {
  readonly #phase: number | undefined;
  #slotMs: number | undefined;
  #periodMs: number | undefined;

  /**
   * @param phase 0 to 1, different for each camera: a new rate begins on a grid of this phase. Without one it counts from
   *   the last slot.
   */
  constructor(phase?: number) {
    this.#phase = phase;
  }

  /** @param fps the rate wanted now; 0 or less lets nothing through */
  due(nowMs: number, fps: number): boolean {
    if (!(fps > 0)) return false;
    const periodMs = 1_000 / fps;
    const isNew = periodMs !== (this.#periodMs ?? periodMs);
    this.#periodMs = periodMs;
    if (this.#slotMs === undefined) {
      this.#slotMs = nowMs;
      return true;
    }
    if (isNew && this.#phase !== undefined) {
      // On a grid of its own phase, half a period to one and a half after the last slot: a period on average.
      const offsetMs = this.#phase * periodMs;
      this.#slotMs = offsetMs + (Math.ceil((this.#slotMs - offsetMs) / periodMs + 0.5) - 1) * periodMs;
    }
    const nextMs = this.#slotMs + periodMs;
    // A frame a little early is due: a source of exactly this rate jitters around its slots.
    if (nowMs < nextMs - periodMs * EARLY_SHARE) return false;
    this.#slotMs = nowMs - nextMs > periodMs ? nowMs : nextMs;
    return true;
  }
}

const EARLY_SHARE = 0.25;
