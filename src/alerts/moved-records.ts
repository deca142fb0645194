/** Places of the outbox, `from` included, `before` not. */
export interface PlaceRange {
  readonly from: number;
  readonly before: number;
}

/** Stays of one camera here that are told apart; past it the oldest two become one. */
const RANGES_MAX = 4;

/**
 * Which records of the outbox went with their cameras to another node: sinks are not given them here any more. Kept
 * only as long as some sink has not passed them.
 */
export class MovedRecords {
  readonly #ranges = new Map<string, PlaceRange[]>();

  get size(): number {
    return this.#ranges.size;
  }

  add(camera: string, range: PlaceRange): void {
    if (range.from >= range.before) return;
    const ranges = this.#ranges.get(camera) ?? [];
    // The same again, from the book's file and from the outbox.
    if (ranges.some(({ from, before }) => from === range.from && before === range.before)) return;
    ranges.push(range);
    const [first, second] = ranges;
    if (ranges.length > RANGES_MAX && first !== undefined && second !== undefined) {
      ranges.splice(0, 2, { from: Math.min(first.from, second.from), before: Math.max(first.before, second.before) });
    }
    this.#ranges.set(camera, ranges);
  }

  has(camera: string, position: number): boolean {
    const ranges = this.#ranges.get(camera);
    return ranges?.some(({ from, before }) => position >= from && position < before) ?? false;
  }

  /** Every sink is done with what lies before `position`. */
  passed(position: number): void {
    for (const [camera, ranges] of this.#ranges) {
      const left = ranges.filter(({ before }) => before > position);
      if (left.length === 0) this.#ranges.delete(camera);
      else if (left.length < ranges.length) this.#ranges.set(camera, left);
    }
  }

  *all(): Iterable<readonly [camera: string, ranges: readonly PlaceRange[]]> {
    yield* this.#ranges;
  }
}
