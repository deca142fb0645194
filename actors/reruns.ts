/** Decoded frames whose batch did not fit into memory, kept with their pixels. */
export interface Rerun<E> {
  readonly entries: readonly E[];
  /** Of all of them, in order. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly inputSize: number;
}

/** What is to be run again before anything else, oldest first. Never more than the batches that were in flight. */
export class Reruns<E extends { readonly deadlineAtMs: number }> {
  readonly #waiting: Rerun<E>[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(rerun: Rerun<E>): void {
    if (rerun.entries.length > 0) this.#waiting.push(rerun);
  }

  /**
   * Takes as many frames of the oldest as one batch may have, with pixels of their own.
   * @param bucketsOf batch sizes that may run at an input size, ascending, at least one.
   */
  take(
    bucketsOf: (inputSize: number) => readonly number[],
    frameBytes: (inputSize: number) => number,
  ): Rerun<E> | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    const { entries, pixels, inputSize } = first;
    const size = bucketsOf(inputSize).findLast((b) => b <= entries.length) ?? entries.length;
    if (size === entries.length) return first;
    // A device takes a buffer over whole, so each part needs its own; what needs no pixels has none to share out.
    const cut = pixels.byteLength === 0 ? 0 : size * frameBytes(inputSize);
    this.#waiting.unshift({ entries: entries.slice(size), pixels: pixels.slice(cut), inputSize });
    return { entries: entries.slice(0, size), pixels: pixels.slice(0, cut), inputSize };
  }

  /** Takes out whole batches none of whose frames can be answered by `finishAtMs`. */
  expire(finishAtMs: number): E[] {
    const late = this.#waiting.filter(({ entries }) => entries.every((entry) => entry.deadlineAtMs < finishAtMs));
    for (const rerun of late) this.#waiting.splice(this.#waiting.indexOf(rerun), 1);
    return late.flatMap(({ entries }) => entries);
  }

  clear(): E[] {
    return this.#waiting.splice(0).flatMap(({ entries }) => entries);
  }
}
