/** When one frame was meant to go and when it went, ms on the monotonic clock. */
export interface SentTimes {
  readonly intendedMs: number;
  readonly sentMs: number;
}

/**
 * The frames of one connection that wait for an answer. Sequence numbers are consecutive, so a ring of numbers holds them: 5,000 cameras with one frame each cost two small arrays a camera and no object a frame.
 */
export class Unanswered {
  /** Sequence of the oldest frame still waiting; everything before it is answered. */
  #first: number;
  /** Sequence the next frame gets. */
  #next: number;
  #size = 0;
  #mask = 3;
  #intendedMs = new Float64Array(4);
  /** NaN where that frame is answered already. */
  #sentMs = new Float64Array(4);

  /** @param first number of its first frame: a camera counts on over its connections, where it counts itself */
  constructor(first = 1) {
    this.#first = first;
    this.#next = first;
  }

  /** Before its first frame: that one gets `first` after all. */
  startAt(first: number): void {
    this.#first = first;
    this.#next = first;
  }

  get size(): number {
    return this.#size;
  }

  /** Opens the account of the next frame and returns its sequence number. */
  add(intendedMs: number, sentMs: number): number {
    if (this.#next - this.#first > this.#mask) this.#grow();
    const at = this.#next & this.#mask;
    this.#intendedMs[at] = intendedMs;
    this.#sentMs[at] = sentMs;
    this.#size++;
    return this.#next++;
  }

  /** Closes the account of frame `seq`; `undefined` where it is not waiting (answered before, or never sent). */
  take(seq: number): SentTimes | undefined {
    if (seq < this.#first || seq >= this.#next) return undefined;
    const at = seq & this.#mask;
    const sentMs = this.#sentMs[at] ?? Number.NaN;
    if (Number.isNaN(sentMs)) return undefined;
    const times = { intendedMs: this.#intendedMs[at] ?? sentMs, sentMs };
    this.#sentMs[at] = Number.NaN;
    this.#size--;
    while (this.#first < this.#next && Number.isNaN(this.#sentMs[this.#first & this.#mask])) this.#first++;
    return times;
  }

  /** Closes the account of every frame still waiting up to and with `upTo`, oldest first. */
  takeUpTo(upTo: number, each: (seq: number, times: SentTimes) => void): void {
    for (let seq = this.#first; seq <= upTo && seq < this.#next; seq++) {
      const times = this.take(seq);
      if (times !== undefined) each(seq, times);
    }
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2;
    const intended = new Float64Array(capacity);
    const sent = new Float64Array(capacity);
    for (let seq = this.#first; seq < this.#next; seq++) {
      intended[seq & (capacity - 1)] = this.#intendedMs[seq & this.#mask] ?? 0;
      sent[seq & (capacity - 1)] = this.#sentMs[seq & this.#mask] ?? 0;
    }
    this.#intendedMs = intended;
    this.#sentMs = sent;
    this.#mask = capacity - 1;
  }
}
