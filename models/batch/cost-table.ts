import { CostModel } from './cost-model.ts';

/** What batches cost on one device, per input size, and what that means for the frames/s it sustains. */
export class CostTable {
  /** Before anything is known: decoding and the sessions share a CPU, and no queue is always full. */
  static readonly EFFICIENCY_FIRST = 0.85;
  static readonly EFFICIENCY_MIN = 0.2;
  static readonly EFFICIENCY_MAX = 1.1;
  static readonly SMOOTHING = 0.05;

  readonly #models = new Map<number, CostModel>();
  #efficiency = CostTable.EFFICIENCY_FIRST;

  of(inputSize: number): CostModel {
    let model = this.#models.get(inputSize);
    if (model === undefined) {
      model = new CostModel();
      this.#models.set(inputSize, model);
    }
    return model;
  }

  /** Frames/s that the best of `buckets` would give by its own run time alone; 0 where nothing was measured. */
  idealFps(inputSize: number, buckets: readonly number[]): number {
    const model = this.of(inputSize);
    return buckets.reduce((best, b) => {
      const ms = model.predictMs(b);
      return ms > 0 ? Math.max(best, (b * 1_000) / ms) : best;
    }, 0);
  }

  /** A saturated device was seen to run `fps`: what share of the ideal it really reaches. */
  observeSaturated(inputSize: number, buckets: readonly number[], fps: number): void {
    const ideal = this.idealFps(inputSize, buckets);
    if (ideal <= 0) return;
    const seen = Math.min(CostTable.EFFICIENCY_MAX, Math.max(CostTable.EFFICIENCY_MIN, fps / ideal));
    this.#efficiency += CostTable.SMOOTHING * (seen - this.#efficiency);
  }

  /** Frames/s the device sustains. */
  capacityFps(inputSize: number, buckets: readonly number[]): number {
    return this.idealFps(inputSize, buckets) * this.#efficiency;
  }
}
