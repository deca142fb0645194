/**
 * Pixel buffers of batches, reused: a batch of 8 at 320 is 2.4 MB, and allocating that for each batch would keep the
 * garbage collector busy with nothing else. A buffer is out (under decode, or at the device) or in here, never both.
 */
export class BatchBuffers {
  readonly #frameBytes: number;
  readonly #keepMax: number;
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();

  /** @param frameBytes bytes of one frame's pixels, `size * size * 3`. @param keepMax free buffers kept per batch size. */
  constructor(frameBytes: number, keepMax: number) {
    this.#frameBytes = frameBytes;
    this.#keepMax = keepMax;
  }

  take(frames: number): Uint8Array<ArrayBuffer> {
    return this.#free.get(frames)?.pop() ?? new Uint8Array(frames * this.#frameBytes);
  }

  /** Takes a buffer back. One of a size this pool does not hand out is left to the garbage collector. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const frames = buffer.byteLength / this.#frameBytes;
    if (!Number.isInteger(frames) || frames === 0) return;
    let free = this.#free.get(frames);
    if (free === undefined) {
      free = [];
      this.#free.set(frames, free);
    }
    if (free.length < this.#keepMax) free.push(buffer);
  }
}

/** Pools for each input size a device runs at. */
export class BatchBufferPools {
  readonly #keepMax: number;
  readonly #pools = new Map<number, BatchBuffers>();

  /** @param keepMax free buffers kept per batch size. */
  constructor(keepMax: number) {
    this.#keepMax = keepMax;
  }

  /** @param frameBytes bytes of one frame's pixels. */
  of(frameBytes: number): BatchBuffers {
    let pool = this.#pools.get(frameBytes);
    if (pool === undefined) {
      pool = new BatchBuffers(frameBytes, this.#keepMax);
      this.#pools.set(frameBytes, pool);
    }
    return pool;
  }
}
