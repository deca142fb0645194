import { REFILL_ROUNDS_MAX } from '../models/batch/assemble-batch.ts';

/** What filling a batch came to. */
export interface FilledBatch {
  readonly tookMs: number;
  /** Frames picked at first, and decoded side by side. */
  readonly picked: number;
  /** Frames decoded in all, and of those the ones on which nothing moved. */
  readonly decoded: number;
  readonly gated: number;
}

const FIRST_MS = 2;
const SMOOTHING = 0.1;
/** One hiccup is not a new truth. */
const OUTLIER_FACTOR = 4;

/** How long it takes to fill a batch with decoded frames, learned from those that were filled. */
export class DecodeEstimate {
  readonly #decodersMax: number;
  #perFrameMs = FIRST_MS;
  #gatedShare = 0;

  /** @param decodersMax pictures decoded at once. */
  constructor(decodersMax: number) {
    this.#decodersMax = decodersMax;
  }

  observe({ tookMs, picked, decoded, gated }: FilledBatch): void {
    if (decoded === 0) return;
    // Rounds of refilling come one after the other, each no wider than the first.
    const perFrameMs = (tookMs * Math.min(picked, this.#decodersMax)) / decoded;
    const bounded = Math.min(perFrameMs, this.#perFrameMs * OUTLIER_FACTOR + 1);
    this.#perFrameMs += SMOOTHING * (bounded - this.#perFrameMs);
    this.#gatedShare += SMOOTHING * (gated / decoded - this.#gatedShare);
  }

  /** ms for a batch of `frames`, with what is expected to be gated on the way and replaced. */
  batchMs(frames: number): number {
    const rounds = Math.min(1 + REFILL_ROUNDS_MAX, 1 / Math.max(0.1, 1 - this.#gatedShare));
    return this.#perFrameMs * Math.ceil(frames / this.#decodersMax) * rounds;
  }
}
