import { QuantileSketch, type SketchState } from './quantile-sketch.ts';

/** Parts a window is cut into: it slides in steps of its length over this. */
export const WINDOW_BUCKETS = 60;

/** Seconds in buckets add up to a little less than the whole. */
const ROUNDING = 1e-5;

interface Bucket {
  /** Which one since the epoch. */
  readonly index: number;
  n: number;
  sum: number;
  /** Meaningless where n is 0. */
  max: number;
  observedS: number;
  readonly sketch: QuantileSketch | null;
}

/** `after` is the number of buckets since the one before, since the epoch for the first. */
type BucketState = readonly [
  after: number,
  n: number,
  sum: number,
  max: number,
  observedS: number,
  ...sketch: readonly SketchState[],
];
export type WindowState = readonly BucketState[];

/** Everything in the window, added up. */
export interface WindowTotals {
  /** Weight of all samples: their number, or the seconds they stood for. */
  readonly n: number;
  readonly sum: number;
  /** Null without a sample. */
  readonly max: number | null;
  readonly observedS: number;
}

/**
 * Samples of the last `windowS` seconds in at most {@link WINDOW_BUCKETS} + 1 buckets, however many samples there are: a
 * sample leaves between `windowS` and `windowS (1 + 1/60)` after it came. Totals are added up from the buckets each
 * time, so that a restored window gives the very same figures as the one it was taken from.
 */
export class SlidingWindow {
  readonly #windowMs: number;
  readonly #widthMs: number;
  readonly #quantiles: boolean;
  /** Oldest first; empty ones are not kept. */
  #buckets: Bucket[] = [];
  #nowMs = 0;

  constructor(windowS: number, { quantiles }: { readonly quantiles: boolean }, state: WindowState = []) {
    this.#windowMs = windowS * 1_000;
    this.#widthMs = this.#windowMs / WINDOW_BUCKETS;
    this.#quantiles = quantiles;
    let index = 0;
    this.#buckets = state.map(([after, n, sum, max, observedS, sketch]) => {
      index += after;
      return { index, n, sum, max, observedS, sketch: quantiles ? new QuantileSketch(sketch) : null };
    });
  }

  /** Moves the window's end to `atMs`, which never goes back, and forgets what left it. */
  advance(atMs: number): void {
    this.#nowMs = atMs;
    const oldest = this.#oldestIndex();
    let gone = 0;
    while (gone < this.#buckets.length && (this.#buckets[gone]?.index ?? oldest) < oldest) gone++;
    if (gone > 0) this.#buckets.splice(0, gone);
  }

  /** One sample now. */
  add(value: number, weight = 1): void {
    this.#sample(this.#bucketAt(this.#index(this.#nowMs)), value, weight);
  }

  /** The last `observedS` seconds were seen; with a value, that was the level all that time. */
  observed(observedS: number, value: number | null = null): void {
    const endMs = this.#nowMs;
    let fromMs = Math.max(endMs - observedS * 1_000, this.#oldestIndex() * this.#widthMs);
    let index = this.#index(fromMs);
    const last = this.#index(endMs);
    while (fromMs < endMs) {
      const toMs = index >= last ? endMs : Math.min((index + 1) * this.#widthMs, endMs);
      const seconds = (toMs - fromMs) / 1_000;
      if (seconds > 0) {
        const bucket = this.#bucketAt(index);
        bucket.observedS = rounded(bucket.observedS + seconds);
        if (value !== null) this.#sample(bucket, value, seconds);
      }
      fromMs = toMs;
      index++;
    }
  }

  totals(): WindowTotals {
    let n = 0;
    let sum = 0;
    let max: number | null = null;
    let observedS = 0;
    for (const bucket of this.#buckets) {
      observedS += bucket.observedS;
      if (bucket.n === 0) continue;
      n += bucket.n;
      sum += bucket.sum;
      if (max === null || bucket.max > max) max = bucket.max;
    }
    return { n, sum, max, observedS };
  }

  /** Length of time the totals are about, s: the window and the part of a bucket that has not left yet. */
  spanS(): number {
    return (this.#nowMs - this.#oldestIndex() * this.#widthMs) / 1_000;
  }

  /** Share of the window that was observed, 0..1; the time before it was first used counts as unseen. */
  coverage(): number {
    let observedS = 0;
    for (const bucket of this.#buckets) observedS += bucket.observedS;
    const share = observedS / this.spanS();
    return share > 1 - ROUNDING ? 1 : share;
  }

  /** The value that a share `q` of all samples by weight do not exceed; null without samples, or without quantiles. */
  quantile(q: number): number | null {
    if (!this.#quantiles) return null;
    const all = new QuantileSketch();
    for (const { sketch } of this.#buckets) if (sketch !== null) all.merge(sketch);
    return all.quantile(q);
  }

  clear(): void {
    this.#buckets = [];
  }

  state(): WindowState {
    let last = 0;
    return this.#buckets.map(({ index, n, sum, max, observedS, sketch }) => {
      const after = index - last;
      last = index;
      return sketch === null ? [after, n, sum, max, observedS] : [after, n, sum, max, observedS, sketch.state()];
    });
  }

  #index(atMs: number): number {
    return Math.floor(atMs / this.#widthMs);
  }

  /** Of the first bucket that is still, at least in part, inside. */
  #oldestIndex(): number {
    return this.#index(this.#nowMs - this.#windowMs);
  }

  #sample(bucket: Bucket, value: number, weight: number): void {
    bucket.max = bucket.n === 0 ? value : Math.max(bucket.max, value);
    bucket.n = rounded(bucket.n + weight);
    bucket.sum = rounded(bucket.sum + value * weight);
    bucket.sketch?.add(value, weight);
  }

  #bucketAt(index: number): Bucket {
    let at = this.#buckets.length;
    while (at > 0) {
      const bucket = this.#buckets[at - 1];
      if (bucket === undefined || bucket.index < index) break;
      if (bucket.index === index) return bucket;
      at--;
    }
    const bucket = { index, n: 0, sum: 0, max: 0, observedS: 0, sketch: this.#quantiles ? new QuantileSketch() : null };
    this.#buckets.splice(at, 0, bucket);
    return bucket;
  }
}

/** To a millionth: what a checkpoint keeps of a window is a third as long. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
