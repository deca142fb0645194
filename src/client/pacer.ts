/**
 * Thins a source of frames to a rate: says for each frame whether it is due. Keeps the average exact by counting in
 * slots, but never catches up in a burst after a pause. A new rate counts from the last slot on, so that a camera asked
 * for more need not first sit out a long period of the old rate.
 */
export class Pacer {
  #slotMs: number | undefined;

  /** @param fps the rate wanted now; 0 or less lets nothing through */
  due(nowMs: number, fps: number): boolean {
    if (!(fps > 0)) return false;
    const periodMs = 1_000 / fps;
    if (this.#slotMs === undefined) {
      this.#slotMs = nowMs;
      return true;
    }
    const nextMs = this.#slotMs + periodMs;
    // A frame a little early is due: a source of exactly this rate jitters around its slots.
    if (nowMs < nextMs - periodMs * EARLY_SHARE) return false;
    this.#slotMs = nowMs - nextMs > periodMs ? nowMs : nextMs;
    return true;
  }
}

const EARLY_SHARE = 0.25;
