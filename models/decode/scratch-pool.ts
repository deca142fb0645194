/** A buffer lent by a {@link ScratchPool}; its borrower is the only one to touch it until `release`. */
export interface Scratch {
  /** Exactly the bytes asked for; what they hold is left over from earlier use. */
  readonly bytes: Buffer;
  /** Gives it back. A second call is a bug and throws. */
  release(): void;
}

interface Waiter {
  readonly capacity: number;
  readonly grant: (block: ArrayBuffer) => void;
}

/** Small pictures share one class, so that a wall of mixed cameras does not fill the pool with odd sizes. */
const CAPACITY_MIN = 64 * 1024;

/**
 * Lends buffers for decoded pictures, so that pictures of the usual sizes are decoded without allocating: a fresh
 * buffer of 6 MB is page-faulted in on every decode and weighs on the garbage collector.
 *
 * Buffers come in classes of powers of two. All of them, lent and idle, never exceed `bytesMax`: idle buffers of other
 * classes are dropped for a class that is short, and whoever still finds no room waits, first come first served. One
 * borrower holds one buffer at most, so waiting always ends.
 */
export class ScratchPool {
  readonly #bytesMax: number;
  readonly #idle = new Map<number, ArrayBuffer[]>();
  readonly #waiting: Waiter[] = [];
  #bytes = 0;
  #lent = 0;

  /** @param bytesMax bytes of all buffers together. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of all buffers, lent and idle. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Buffers out at the moment. */
  get lent(): number {
    return this.#lent;
  }

  /** Whether a buffer of this many bytes can ever be lent. */
  fits(bytes: number): boolean {
    return capacityFor(bytes) <= this.#bytesMax;
  }

  /** Waits for its turn where the pool is full. @throws Error where `fits(bytes)` is false. */
  async acquire(bytes: number): Promise<Scratch> {
    if (!this.fits(bytes)) throw new Error(`scratch of ${bytes} bytes asked of a pool of ${this.#bytesMax}`);
    const capacity = capacityFor(bytes);
    const block =
      (this.#waiting.length === 0 ? this.#take(capacity) : undefined) ??
      (await new Promise<ArrayBuffer>((grant) => this.#waiting.push({ capacity, grant })));
    let out = true;
    return {
      bytes: Buffer.from(block, 0, bytes),
      release: () => {
        if (!out) throw new Error('scratch released twice');
        out = false;
        this.#giveBack(block);
      },
    };
  }

  #take(capacity: number): ArrayBuffer | undefined {
    let block = this.#idle.get(capacity)?.pop();
    if (block === undefined) {
      this.#dropIdle(this.#bytes + capacity - this.#bytesMax);
      if (this.#bytes + capacity > this.#bytesMax) return undefined;
      block = new ArrayBuffer(capacity);
      this.#bytes += capacity;
    }
    this.#lent++;
    return block;
  }

  #giveBack(block: ArrayBuffer): void {
    this.#lent--;
    const idle = this.#idle.get(block.byteLength);
    if (idle === undefined) this.#idle.set(block.byteLength, [block]);
    else idle.push(block);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const found = this.#take(next.capacity);
      if (found === undefined) return; // Smaller ones behind it wait too: a large picture must not starve.
      this.#waiting.shift();
      next.grant(found);
    }
  }

  /** Drops idle buffers, largest first, until `bytes` are free or none is left. */
  #dropIdle(bytes: number): void {
    let need = bytes;
    const classes = [...this.#idle.keys()].sort((a, b) => b - a);
    for (const capacity of classes) {
      const idle = this.#idle.get(capacity) ?? [];
      while (need > 0 && idle.pop() !== undefined) {
        this.#bytes -= capacity;
        need -= capacity;
      }
    }
  }
}

function capacityFor(bytes: number): number {
  return Math.max(CAPACITY_MIN, 2 ** Math.ceil(Math.log2(Math.max(1, bytes))));
}
