/** The latencies of the last answers, for percentiles of the last seconds. Fixed memory. */
export class LatencyWindow {
  readonly #values: Float64Array;
  readonly #atMs: Float64Array;
  readonly #windowMs: number;
  #next = 0;
  #count = 0;

  constructor(capacity = 4_096, windowMs = 5_000) {
    this.#values = new Float64Array(capacity);
    this.#atMs = new Float64Array(capacity);
    this.#windowMs = windowMs;
  }

  observe(nowMs: number, latencyMs: number): void {
    this.#values[this.#next] = latencyMs;
    this.#atMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  /** Nearest-rank percentiles of the window; null where it is empty. ms. */
  percentiles(nowMs: number): { readonly p50: number; readonly p99: number } | null {
    const recent: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      if ((this.#atMs[i] ?? 0) >= nowMs - this.#windowMs) recent.push(this.#values[i] ?? 0);
    }
    if (recent.length === 0) return null;
    recent.sort((a, b) => a - b);
    const rank = (share: number): number =>
      Math.round((recent[Math.max(0, Math.ceil(share * recent.length) - 1)] ?? 0) * 10) / 10;
    return { p50: rank(0.5), p99: rank(0.99) };
  }
}
