import type { Size } from '../picture/fit.ts';
import { shrinkToFit } from '../picture/fit.ts';
import type { PictureSource } from './picture-source.ts';

const JPEG_QUALITY = 0.85;

/** Takes JPEG pictures of a source on one canvas of its own. */
export class Capture {
  readonly #canvas = document.createElement('canvas');
  readonly #source: PictureSource;

  constructor(source: PictureSource) {
    this.#source = source;
  }

  /** The present picture, shrunk to fit in `limit`; `undefined` while the source has none. */
  async take(limit: Size): Promise<Blob | undefined> {
    const full = this.#source.size();
    if (full === undefined) return undefined;
    const size = shrinkToFit(full, limit);
    const canvas = this.#canvas;
    if (canvas.width !== size.width) canvas.width = size.width;
    if (canvas.height !== size.height) canvas.height = size.height;
    // Pixels are read back for each picture: keep them where reading is cheap.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) return undefined;
    this.#source.draw(context, size);
    return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', JPEG_QUALITY));
  }
}
