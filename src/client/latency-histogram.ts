/**
 * Latencies in bounded memory: buckets that grow by 1 % each, so a percentile is within 1 % of the truth, from 0.1 ms
 * to about 20 min.
 */
const GROWTH = 1.01;
const SMALLEST_MS = 0.1;
const BUCKETS = 1_640;

export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH));
    const index = Math.min(BUCKETS - 1, bucket);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
  }

  /** The latency that `share` (0..1) of all stay within, ms; `null` where nothing was recorded. */
  percentile(share: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i] ?? 0;
      if (left <= 0) return Math.round(SMALLEST_MS * GROWTH ** i * 10) / 10;
    }
    return null;
  }
}
