/**
 * What a batch costs on one device: `t(b) = a + k*b` milliseconds, learned from batches that ran.
 *
 * A bucket that ran lately is predicted by its own smoothed time; any other by the line through all buckets (least
 * squares over the smoothed times, each counted once, so that the bucket that runs most does not bend it).
 */
export class CostModel {
  /** Weight of the newest measurement: half of what is known is from the last four batches. */
  static readonly SMOOTHING = 0.16;
  /** A batch this much slower than predicted counts as this much only: one hiccup is not a new truth. */
  static readonly OUTLIER_FACTOR = 4;

  readonly #smoothedMs = new Map<number, number>();
  #line: { a: number; k: number } | undefined;

  /** Takes in one measured run of `batchSize` frames that took `computeMs`. */
  observe(batchSize: number, computeMs: number): void {
    const known = this.#smoothedMs.get(batchSize);
    if (known === undefined) {
      this.#smoothedMs.set(batchSize, computeMs);
    } else {
      const bounded = Math.min(computeMs, known * CostModel.OUTLIER_FACTOR + 1);
      this.#smoothedMs.set(batchSize, known + CostModel.SMOOTHING * (bounded - known));
    }
    this.#line = undefined;
  }

  /** Expected run time of `batchSize` frames, ms; 0 where nothing was ever measured. */
  predictMs(batchSize: number): number {
    const own = this.#smoothedMs.get(batchSize);
    if (own !== undefined) return own;
    if (this.#smoothedMs.size === 0) return 0;
    this.#line ??= this.#fit();
    return Math.max(0, this.#line.a + this.#line.k * batchSize);
  }

  /** Frames per second the device sustains at `batchSize`; Infinity where a batch costs nothing. */
  throughput(batchSize: number): number {
    const ms = this.predictMs(batchSize);
    return ms <= 0 ? Number.POSITIVE_INFINITY : (batchSize * 1000) / ms;
  }

  #fit(): { a: number; k: number } {
    const points = [...this.#smoothedMs];
    const n = points.length;
    const meanB = points.reduce((sum, [b]) => sum + b, 0) / n;
    const meanT = points.reduce((sum, [, t]) => sum + t, 0) / n;
    let cov = 0;
    let varB = 0;
    for (const [b, t] of points) {
      cov += (b - meanB) * (t - meanT);
      varB += (b - meanB) ** 2;
    }
    // One point, or a line that falls: assume no gain from batching until it is measured.
    const k = varB === 0 ? meanT / meanB : Math.max(0, cov / varB);
    return { a: Math.max(0, meanT - k * meanB), k };
  }
}
