interface Framed {
  readonly picture: Blob;
}

export interface Decoded<F> {
  readonly frame: F;
  readonly bitmap: ImageBitmap;
}

/**
 * Decodes pictures beside the page, one at a time. While one decodes only the newest other one is kept, so a slow
 * computer shows fewer pictures and never older ones. Owns the bitmap that is shown and frees it with the next.
 */
export class NewestPicture<F extends Framed> {
  readonly #onDecoded: (decoded: Decoded<F>) => void;
  #next: F | undefined;
  #decoding = false;
  #shown: Decoded<F> | undefined;
  #closed = false;

  /** `onDecoded` is told of each picture that is to be drawn now. */
  constructor(onDecoded: (decoded: Decoded<F>) => void) {
    this.#onDecoded = onDecoded;
  }

  /** The last picture decoded; `undefined` before the first, and after the end. */
  get shown(): Decoded<F> | undefined {
    return this.#shown;
  }

  show(frame: F): void {
    this.#next = frame;
    if (!this.#decoding) void this.#decodeAll();
  }

  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#shown?.bitmap.close();
    this.#shown = undefined;
  }

  async #decodeAll(): Promise<void> {
    this.#decoding = true;
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      const bitmap = await createImageBitmap(frame.picture).catch(() => undefined);
      if (bitmap === undefined) continue;
      if (this.#closed) {
        bitmap.close();
        break;
      }
      this.#shown?.bitmap.close();
      this.#shown = { frame, bitmap };
      this.#onDecoded(this.#shown);
    }
    this.#decoding = false;
  }

  #take(): F | undefined {
    const frame = this.#next;
    this.#next = undefined;
    return frame;
  }
}
