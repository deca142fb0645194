/** Bins grow by this factor: a quantile is within half of it of the true one. */
const GROWTH = 1.04;
const LOG_GROWTH = Math.log(GROWTH);
/** Bins at either end take all beyond: 1e-3 to about 1e6 of whatever the unit is. */
const BIN_MIN = Math.floor(Math.log(1e-3) / LOG_GROWTH);
const BIN_MAX = Math.ceil(Math.log(1e6) / LOG_GROWTH);
const ZERO_BIN = BIN_MIN - 1;

/** `[bin, weight, sum]`, by bin. */
export type SketchState = readonly (readonly [bin: number, weight: number, sum: number])[];

/**
 * Quantiles of values of 0 or more in bounded memory: bins that grow geometrically, as in DDSketch (Masson, Rim and Lee
 * 2019), so that the error is relative. A bin answers with the mean of what fell into it: values that are whole numbers
 * under 25 come out exact.
 */
export class QuantileSketch {
  readonly #bins = new Map<number, { weight: number; sum: number }>();

  constructor(state: SketchState = []) {
    for (const [bin, weight, sum] of state) this.#bins.set(bin, { weight, sum });
  }

  add(value: number, weight: number): void {
    this.#put(binOf(value), weight, value * weight);
  }

  merge(other: QuantileSketch): void {
    for (const [bin, { weight, sum }] of other.#bins) this.#put(bin, weight, sum);
  }

  /** @param q 0..1. @returns null where there is nothing */
  quantile(q: number): number | null {
    const bins = [...this.#bins].sort(([a], [b]) => a - b);
    let total = 0;
    for (const [, { weight }] of bins) total += weight;
    if (total <= 0) return null;
    let below = 0;
    let value = 0;
    for (const [, { weight, sum }] of bins) {
      value = sum / weight;
      below += weight;
      if (below >= q * total) break;
    }
    return value;
  }

  state(): SketchState {
    return [...this.#bins].map(([bin, { weight, sum }]) => [bin, weight, sum]);
  }

  #put(bin: number, weight: number, sum: number): void {
    if (weight <= 0) return;
    const kept = this.#bins.get(bin);
    if (kept === undefined) this.#bins.set(bin, { weight: rounded(weight), sum: rounded(sum) });
    else {
      kept.weight = rounded(kept.weight + weight);
      kept.sum = rounded(kept.sum + sum);
    }
  }
}

function binOf(value: number): number {
  if (!(value > 0)) return ZERO_BIN;
  return Math.min(BIN_MAX, Math.max(BIN_MIN, Math.floor(Math.log(value) / LOG_GROWTH)));
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
