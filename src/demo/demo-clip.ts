import { SceneRenderer } from './render.ts';

export interface DemoClipOptions {
  readonly scene: string;
  readonly seed: number;
  readonly fps: number;
  /** Frames drawn at most. */
  readonly frames: number;
  /** Memory for them at most; the clip is as long as fits. */
  readonly bytesMax: number;
}

/**
 * An endless picture sequence from a bounded number of drawn frames: each is drawn when it is first asked for, kept, and
 * shown again when the clip is over. At the seam the traffic jumps; driven backwards it would look stranger.
 */
export class DemoClip {
  readonly #options: DemoClipOptions;
  readonly #frames = new Map<number, Uint8Array>();
  #renderer: Promise<SceneRenderer> | undefined;
  #bytes = 0;
  /** Frames before it begins again: fewer once it is seen that no more fit. */
  #length: number;

  constructor(options: DemoClipOptions) {
    this.#options = options;
    this.#length = options.frames;
  }

  /** @param index of the frame since the clip began to play; those nobody asks for are skipped. */
  async at(index: number): Promise<Uint8Array> {
    const place = index % this.#length;
    return this.#frames.get(place) ?? (await this.#draw(place));
  }

  async #draw(place: number): Promise<Uint8Array> {
    const { scene, seed, fps, bytesMax } = this.#options;
    this.#renderer ??= SceneRenderer.open({ scene, seed, fps });
    const renderer = await this.#renderer;
    const { jpeg } = await renderer.frame(place);
    // Out of the pool that small buffers share: kept for good, it would keep the whole pool.
    const picture = new Uint8Array(jpeg);
    this.#frames.set(place, picture);
    this.#bytes += picture.byteLength;
    const fit = Math.max(1, Math.floor((bytesMax * this.#frames.size) / this.#bytes));
    if (fit < this.#length) this.#shorten(fit);
    // The scene's artwork is no longer needed; it is larger than the clip.
    if (this.#frames.size >= this.#length) this.#renderer = undefined;
    return picture;
  }

  #shorten(length: number): void {
    this.#length = length;
    for (const [place, picture] of this.#frames) {
      if (place < length) continue;
      this.#frames.delete(place);
      this.#bytes -= picture.byteLength;
    }
  }
}
