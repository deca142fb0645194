/**
 * A constant-velocity Kalman filter of a box's centre, width and height. The model couples none of the four, so it is
 * four filters of two numbers each, and the covariance four 2x2 blocks: exactly what the 8x8 filter of SORT (Bewley
 * 2016) computes, at a fraction of the cost.
 *
 * Process noise is white acceleration of density q, integrated over the time that has passed:
 *
 *     Q(dt) = q [ dt³/3  dt²/2 ]      (Bar-Shalom, Li, Kirubarajan 2001, 6.2.2)
 *               [ dt²/2  dt    ]
 *
 * so that one step of 0.5 s is the same as five of 0.1 s: right at any frame rate, and through gaps. Hence a filter is
 * kept as it was at its last observation, and where it is now is always one prediction from there.
 */

/**
 * Per channel (x, y, width, height): value, velocity per s, variances p00, p01, p11. Units: picture heights. Kept in single
 * precision, so that a checkpoint can keep it without loss in half the bytes.
 */
export type Filter = number[];

const STRIDE = 5;
export const CHANNELS = 4;
/** Of a filter in an array. */
export const FILTER_LENGTH = STRIDE * CHANNELS;

/** Noise of one step, absolute: variances of the observation, density of the process. */
export interface StepNoise {
  /** Variance of an observed centre, and of an observed width and height. */
  readonly observation: number;
  readonly extentObservation: number;
  /** Density of the centre's acceleration, and of width's and height's. */
  readonly centre: number;
  readonly extent: number;
}

/**
 * @param box centre x, centre y, width, height.
 * @param velocityVariance of the centre; that of width and height is a sixteenth.
 */
export function startFilter(box: ArrayLike<number>, observation: number, velocityVariance: number): Filter {
  const filter: Filter = [];
  for (let c = 0; c < CHANNELS; c++) {
    const velocity = c < 2 ? velocityVariance : velocityVariance / 16;
    filter.push(Math.fround(box[c] ?? 0), 0, Math.fround(observation), 0, Math.fround(velocity));
  }
  return filter;
}

/**
 * Where the filter expects the box `dtS` after its time: writes value and its variance per channel, 8 numbers, to
 * `out` from `at` on.
 */
export function predictInto(filter: Filter, dtS: number, noise: StepNoise, out: Float64Array, at: number): void {
  for (let c = 0, f = 0; c < CHANNELS; c++, f += STRIDE) {
    const p01 = filter[f + 3] ?? 0;
    const p11 = filter[f + 4] ?? 0;
    const q = c < 2 ? noise.centre : noise.extent;
    out[at + 2 * c] = (filter[f] ?? 0) + dtS * (filter[f + 1] ?? 0);
    out[at + 2 * c + 1] = (filter[f + 2] ?? 0) + dtS * (2 * p01 + dtS * p11) + (q * dtS * dtS * dtS) / 3;
  }
}

/** Moves the filter `dtS` on and corrects it by an observed box (centre x, centre y, width, height). */
export function correct(filter: Filter, dtS: number, noise: StepNoise, box: ArrayLike<number>): void {
  for (let c = 0, f = 0; c < CHANNELS; c++, f += STRIDE) {
    const q = c < 2 ? noise.centre : noise.extent;
    const velocity = filter[f + 1] ?? 0;
    const value = (filter[f] ?? 0) + dtS * velocity;
    const c01 = filter[f + 3] ?? 0;
    const c11 = filter[f + 4] ?? 0;
    const p00 = (filter[f + 2] ?? 0) + dtS * (2 * c01 + dtS * c11) + (q * dtS * dtS * dtS) / 3;
    const p01 = c01 + dtS * c11 + (q * dtS * dtS) / 2;
    const p11 = c11 + q * dtS;
    const s = p00 + (c < 2 ? noise.observation : noise.extentObservation);
    const k0 = p00 / s;
    const k1 = p01 / s;
    const innovation = (box[c] ?? 0) - value;
    filter[f] = Math.fround(value + k0 * innovation);
    filter[f + 1] = Math.fround(velocity + k1 * innovation);
    filter[f + 2] = Math.fround((1 - k0) * p00);
    filter[f + 3] = Math.fround((1 - k0) * p01);
    filter[f + 4] = Math.fround(p11 - k1 * p01);
  }
}

/** Value and velocity of a channel: 0 x, 1 y, 2 width, 3 height. */
export const stateOf = (filter: Filter, channel: number): number => filter[channel * STRIDE] ?? 0;
export const velocityOf = (filter: Filter, channel: number): number => filter[channel * STRIDE + 1] ?? 0;

/**
 * Width (0) or height (1) was completed and not seen: it grows as the other one does. What was completed says nothing of
 * how it grows, and the velocity it had when it was last seen would go on for ever.
 */
export function growAlike(filter: Filter, cut: 0 | 1): void {
  const c = (2 + cut) * STRIDE;
  const other = (3 - cut) * STRIDE;
  filter[c + 1] = Math.fround(((filter[other + 1] ?? 0) * (filter[c] ?? 0)) / Math.max(1e-4, filter[other] ?? 1));
}

/**
 * Without what is there twice: x and y, and width and height, are observed alike, so their variances are the same until
 * the picture changes its format.
 */
export function shortFilter(filter: Filter): Float32Array {
  const at = (i: number): number => filter[i] ?? 0;
  for (let i = 2; i < STRIDE; i++) {
    if (at(i) !== at(STRIDE + i) || at(2 * STRIDE + i) !== at(3 * STRIDE + i)) return Float32Array.from(filter);
  }
  return Float32Array.of(
    ...[at(0), at(1), at(2), at(3), at(4), at(5), at(6)],
    ...[at(10), at(11), at(12), at(13), at(14), at(15), at(16)],
  );
}

/** What {@link shortFilter} was made from. */
export function fullFilter(from: ArrayLike<number>): Filter {
  const short = Array.from(from);
  if (short.length === FILTER_LENGTH) return short;
  const [x = 0, vx = 0, p = 0, q = 0, r = 0, y = 0, vy = 0, w = 0, vw = 0, s = 0, t = 0, u = 0, h = 0, vh = 0] = short;
  return [x, vx, p, q, r, y, vy, p, q, r, w, vw, s, t, u, h, vh, s, t, u];
}

/** The same filter in a picture whose x axis is stretched by `ratio` (the camera has changed its format). */
export function stretch(filter: Filter, ratio: number): void {
  for (const c of [0, 2]) {
    const f = c * STRIDE;
    for (let i = 0; i < STRIDE; i++) {
      filter[f + i] = Math.fround((filter[f + i] ?? 0) * (i < 2 ? ratio : ratio * ratio));
    }
  }
}

/** Virtual observations of a gap at most: more change nothing. */
const VIRTUAL_MAX = 8;

/**
 * Observation-centric re-update (OC-SORT, Cao et al. 2023, 4.1): what was found again after a gap is taken to have gone
 * straight from where it was last seen to where it is now, and the filter is corrected along that way. Without it the
 * velocity of the moment it was lost (often that of a box that shrinks as it is hidden) lives on.
 *
 * @param from the box last observed, at the filter's time.
 * @param missed frames of the gap in which it was not seen.
 * @param scratch 4 numbers.
 */
export function correctOverGap(
  filter: Filter,
  dtS: number,
  noise: StepNoise,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  missed: number,
  scratch: Float64Array,
): void {
  const steps = Math.min(missed, VIRTUAL_MAX) + 1;
  for (let k = 1; k < steps; k++) {
    const share = k / steps;
    for (let c = 0; c < CHANNELS; c++) scratch[c] = (from[c] ?? 0) * (1 - share) + (to[c] ?? 0) * share;
    correct(filter, dtS / steps, noise, scratch);
  }
  correct(filter, dtS / steps, noise, to);
}
