/**
 * One camera's play of a recording, round and round: which picture a live camera in that place would see now. The
 * pictures follow the clock and not the sending, so that a camera asked for fewer frames skips some, as a live one does.
 */
export class FootagePlay {
  readonly loopMs: number;
  /** Where in the recording this camera begins, ms. */
  readonly offsetMs: number;
  readonly #pictures: number;
  readonly #fps: number;

  /** @param share place of this camera among all, 0..1: they begin evenly spread over the recording */
  constructor(options: { readonly pictures: number; readonly fps: number; readonly share: number }) {
    const { pictures, fps, share } = options;
    if (!(pictures >= 1 && fps > 0)) throw new RangeError('footage needs pictures and a rate over 0');
    this.#pictures = pictures;
    this.#fps = fps;
    this.loopMs = (pictures / fps) * 1000;
    this.offsetMs = share * this.loopMs;
  }

  /** Position in the recording after `elapsedMs`, going on past its end: `loopMs` is the start of the second round. */
  positionMs(elapsedMs: number): number {
    return this.offsetMs + elapsedMs;
  }

  /** Index of the picture seen after `elapsedMs`. */
  pictureAt(elapsedMs: number): number {
    return Math.floor((this.positionMs(elapsedMs) / 1000) * this.#fps) % this.#pictures;
  }
}
