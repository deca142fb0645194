/** Upper ends of the buckets, ms, inclusive; what is longer than the last is in none but the count. */
export const LATENCY_BOUNDS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

/** Durations counted by bucket: what a Prometheus histogram wants, kept by whoever measures. */
export class LatencyCounts {
  readonly #counts = new Array<number>(LATENCY_BOUNDS_MS.length).fill(0);
  #count = 0;
  #sumMs = 0;

  record(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    const at = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  /** How many took no longer than each of {@link LATENCY_BOUNDS_MS}: cumulative. */
  atMost(): readonly number[] {
    let sum = 0;
    return this.#counts.map((n) => {
      sum += n;
      return sum;
    });
  }
}
