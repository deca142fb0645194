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
 * An endless picture sequence from a bounded number of drawn frames: each is drawn when it is first due, kept, and
 * shown again when the clip is over. At the seam the traffic jumps; driven backwards it would look stranger.
 */
export class DemoClip {
  readonly #options: DemoClipOptions;
  readonly #frames: Uint8Array[] = [];
  #renderer: Promise<SceneRenderer> | undefined;
  #bytes = 0;
  #complete = false;
  #at = 0;

  constructor(options: DemoClipOptions) {
    this.#options = options;
  }

  async next(): Promise<Uint8Array> {
    if (this.#complete && this.#at >= this.#frames.length) this.#at = 0;
    const picture = this.#frames[this.#at] ?? (await this.#draw());
    this.#at++;
    return picture;
  }

  async #draw(): Promise<Uint8Array> {
    const { scene, seed, fps, frames, bytesMax } = this.#options;
    this.#renderer ??= SceneRenderer.open({ scene, seed, fps });
    const renderer = await this.#renderer;
    const { jpeg } = await renderer.frame(this.#frames.length);
    // Out of the pool that small buffers share: kept for good, it would keep the whole pool.
    const picture = new Uint8Array(jpeg);
    this.#frames.push(picture);
    this.#bytes += picture.byteLength;
    const mean = this.#bytes / this.#frames.length;
    if (this.#frames.length >= frames || this.#bytes + mean > bytesMax) {
      this.#complete = true;
      // The scene's artwork is no longer needed; it is larger than the clip.
      this.#renderer = undefined;
    }
    return picture;
  }
}
