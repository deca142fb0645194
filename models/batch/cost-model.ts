/** What is known of one batch size. */
interface Bucket {
  /** Its first measurement, from warming: how it compares with the others on an undisturbed device. */
  readonly baseMs: number;
  smoothedMs: number;
  /** The batch, counted over all sizes, in which it last ran. */
  lastRun: number;
}

/**
 * What a batch costs on one device: `t(b) = a + k*b` milliseconds, learned from batches that ran.
 *
 * A size that ran lately is predicted by its own smoothed time. One that did not is predicted by its time at warming,
 * scaled by how much slower or faster than at warming the sizes are that do run: a slow spell is forgotten as soon as
 * any batch shows that it is over. One that was never warmed lies on the line through the others (least squares).
 */
export class CostModel {
  /** Weight of the newest measurement: half of what is known is from the last four batches. */
  static readonly SMOOTHING = 0.16;
  /** A batch this much slower than predicted counts as this much only: one hiccup is not a new truth. */
  static readonly OUTLIER_FACTOR = 4;
  /** A size is known by its own time for this many batches after it last ran. */
  static readonly LATELY = 64;

  readonly #buckets = new Map<number, Bucket>();
  #batches = 0;
  /** Smoothed ratio of run time to that at warming, over all sizes. */
  #slowness = 1;

  /** Takes in one measured run of `batchSize` frames that took `computeMs`. */
  observe(batchSize: number, computeMs: number): void {
    this.#batches++;
    const bucket = this.#buckets.get(batchSize);
    if (bucket === undefined) {
      this.#buckets.set(batchSize, { baseMs: computeMs, smoothedMs: computeMs, lastRun: this.#batches });
      return;
    }
    const predictedMs = this.predictMs(batchSize);
    const boundedMs = Math.min(computeMs, predictedMs * CostModel.OUTLIER_FACTOR + 1);
    bucket.smoothedMs = predictedMs + CostModel.SMOOTHING * (boundedMs - predictedMs);
    bucket.lastRun = this.#batches;
    if (bucket.baseMs > 0) this.#slowness += CostModel.SMOOTHING * (boundedMs / bucket.baseMs - this.#slowness);
  }

  /** Expected run time of `batchSize` frames, ms; 0 where nothing was ever measured. */
  predictMs(batchSize: number): number {
    const bucket = this.#buckets.get(batchSize);
    if (bucket === undefined) return this.#onTheLine(batchSize);
    const lately = this.#batches - bucket.lastRun < CostModel.LATELY;
    return lately ? bucket.smoothedMs : bucket.baseMs * this.#slowness;
  }

  #onTheLine(batchSize: number): number {
    const points = [...this.#buckets.keys()].map((b) => [b, this.predictMs(b)] as const);
    if (points.length === 0) return 0;
    const meanB = points.reduce((sum, [b]) => sum + b, 0) / points.length;
    const meanT = points.reduce((sum, [, t]) => sum + t, 0) / points.length;
    let cov = 0;
    let varB = 0;
    for (const [b, t] of points) {
      cov += (b - meanB) * (t - meanT);
      varB += (b - meanB) ** 2;
    }
    // One point, or a line that falls: assume no gain from batching until it is measured.
    const k = varB === 0 ? meanT / meanB : Math.max(0, cov / varB);
    return Math.max(0, meanT - k * meanB) + k * batchSize;
  }
}
