/**
 * Thins a source of frames to a rate: says for each frame whether it is due. Keeps the average exact by counting in
 * slots, but never catches up in a burst after a pause.
 */
export class Pacer {
  #nextMs: number | undefined;

  /** @param fps the rate wanted now; 0 or less lets nothing through */
  due(nowMs: number, fps: number): boolean {
    if (!(fps > 0)) return false;
    const periodMs = 1_000 / fps;
    // A frame a little early is due: a source of exactly this rate jitters around its slots.
    if (this.#nextMs !== undefined && nowMs < this.#nextMs - periodMs * EARLY_SHARE) return false;
    const late = this.#nextMs === undefined || nowMs - this.#nextMs > periodMs;
    this.#nextMs = (late ? nowMs : (this.#nextMs ?? nowMs)) + periodMs;
    return true;
  }
}

const EARLY_SHARE = 0.25;
