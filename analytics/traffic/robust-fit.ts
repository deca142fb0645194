/** Places a fit takes at most; longer input keeps the newest. */
const N_MAX = 64;
const ROUNDS = 2;
/** Huber's constant: 95 % as good as least squares where errors are normal. */
const HUBER = 1.345;

export interface Fit {
  /** Place at the time asked for. */
  readonly x: number;
  readonly y: number;
  /** Per second, at the time asked for. */
  readonly vx: number;
  readonly vy: number;
  /** Per second squared; 0 of a straight line. */
  readonly ax: number;
  readonly ay: number;
  /** Standard error of the velocity along its direction, per second; of the acceleration. */
  readonly error: number;
  readonly errorA: number;
  /** Scatter of places of weight 1 about the fit. */
  readonly scatter: number;
}

// One fit at a time and no state between: scratch space, so that 20 objects a frame leave no garbage.
const weights = new Float64Array(N_MAX);
const residuals = new Float64Array(N_MAX);
const sorted = new Float64Array(N_MAX);

/** By insertion: the places are few, and nearly in order from round to round. */
function median(values: Float64Array, n: number): number {
  for (let i = 0; i < n; i += 1) {
    const value = values[i] ?? 0;
    let j = i - 1;
    while (j >= 0 && (sorted[j] ?? 0) > value) {
      sorted[j + 1] = sorted[j] ?? 0;
      j -= 1;
    }
    sorted[j + 1] = value;
  }
  return ((sorted[(n - 1) >> 1] ?? 0) + (sorted[n >> 1] ?? 0)) / 2;
}

/**
 * Velocity from places over time, by iteratively reweighted least squares with Huber's weights (Huber, Robust
 * Estimation of a Location Parameter, 1964; scale from the median absolute residual), as on a straight line at an even
 * speed.
 * @param n number of places, at most 64
 * @param ts times, s, from any origin near 0
 * @param weight of each place: 1 / variance, up to a factor
 * @param atS time at which the velocity is asked for
 */
export function fitVelocity(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
): Fit | undefined {
  if (n < 2) return undefined;
  weights.fill(1, 0, n);
  let line = solveLine(n, ts, xs, ys, weight, atS);
  if (line === undefined) return undefined;
  if (n > 2)
    for (let round = 0; round < ROUNDS; round += 1) {
      reweigh(n, ts, xs, ys, weight, atS, line);
      line = solveLine(n, ts, xs, ys, weight, atS) ?? line;
    }
  const squares = squaresOf(n, ts, xs, ys, weight, atS, line);
  const variance = n > 2 ? squares / (2 * (n - 2)) : 0;
  return {
    x: line.x0,
    y: line.y0,
    vx: line.vx,
    vy: line.vy,
    ax: 0,
    ay: 0,
    error: Math.sqrt(variance * line.varianceOfV),
    errorA: 0,
    scatter: Math.sqrt(variance),
  };
}

/** The same with a parabola: velocity and acceleration of what brakes or drives off. Needs 6 places. */
export function fitCurve(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
): Fit | undefined {
  if (n < 6) return undefined;
  weights.fill(1, 0, n);
  let curve = solveCurve(n, ts, xs, ys, weight, atS);
  if (curve === undefined) return undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    reweigh(n, ts, xs, ys, weight, atS, curve);
    curve = solveCurve(n, ts, xs, ys, weight, atS) ?? curve;
  }
  const variance = squaresOf(n, ts, xs, ys, weight, atS, curve) / (2 * (n - 3));
  return {
    x: curve.x0,
    y: curve.y0,
    vx: curve.vx,
    vy: curve.vy,
    ax: 2 * curve.ax,
    ay: 2 * curve.ay,
    error: Math.sqrt(variance * curve.varianceOfV),
    errorA: 2 * Math.sqrt(variance * curve.varianceOfA),
    scatter: Math.sqrt(variance),
  };
}

interface Solved {
  readonly x0: number;
  readonly y0: number;
  readonly vx: number;
  readonly vy: number;
  readonly ax: number;
  readonly ay: number;
  readonly varianceOfV: number;
  /** Of half the acceleration. */
  readonly varianceOfA: number;
}

function reweigh(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
  fit: Solved,
): void {
  for (let i = 0; i < n; i += 1) {
    const t = (ts[i] ?? 0) - atS;
    const rx = (xs[i] ?? 0) - fit.x0 - (fit.vx + fit.ax * t) * t;
    const ry = (ys[i] ?? 0) - fit.y0 - (fit.vy + fit.ay * t) * t;
    residuals[i] = Math.sqrt((rx * rx + ry * ry) * (weight[i] ?? 0));
  }
  const scale = 1.4826 * median(residuals, n);
  for (let i = 0; i < n; i += 1) {
    const r = residuals[i] ?? 0;
    weights[i] = scale <= 0 || r <= HUBER * scale ? 1 : (HUBER * scale) / r;
  }
}

function solveLine(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
): Solved | undefined {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let x0 = 0;
  let x1 = 0;
  let y0 = 0;
  let y1 = 0;
  for (let i = 0; i < n; i += 1) {
    const w = (weight[i] ?? 0) * (weights[i] ?? 0);
    const t = (ts[i] ?? 0) - atS;
    const x = xs[i] ?? 0;
    const y = ys[i] ?? 0;
    s0 += w;
    s1 += w * t;
    s2 += w * t * t;
    x0 += w * x;
    x1 += w * t * x;
    y0 += w * y;
    y1 += w * t * y;
  }
  const det = s0 * s2 - s1 * s1;
  if (!(det > 1e-12 * s0 * s2)) return undefined;
  return {
    vx: (s0 * x1 - s1 * x0) / det,
    vy: (s0 * y1 - s1 * y0) / det,
    x0: (s2 * x0 - s1 * x1) / det,
    y0: (s2 * y0 - s1 * y1) / det,
    ax: 0,
    ay: 0,
    varianceOfV: s0 / det,
    varianceOfA: 0,
  };
}

function solveCurve(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
): Solved | undefined {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let x0 = 0;
  let x1 = 0;
  let x2 = 0;
  let y0 = 0;
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < n; i += 1) {
    const w = (weight[i] ?? 0) * (weights[i] ?? 0);
    const t = (ts[i] ?? 0) - atS;
    const x = xs[i] ?? 0;
    const y = ys[i] ?? 0;
    const wt = w * t;
    const wt2 = wt * t;
    s0 += w;
    s1 += wt;
    s2 += wt2;
    s3 += wt2 * t;
    s4 += wt2 * t * t;
    x0 += w * x;
    x1 += wt * x;
    x2 += wt2 * x;
    y0 += w * y;
    y1 += wt * y;
    y2 += wt2 * y;
  }
  // Cofactors of the symmetric [s0 s1 s2; s1 s2 s3; s2 s3 s4].
  const c00 = s2 * s4 - s3 * s3;
  const c01 = s2 * s3 - s1 * s4;
  const c02 = s1 * s3 - s2 * s2;
  const c11 = s0 * s4 - s2 * s2;
  const c12 = s1 * s2 - s0 * s3;
  const c22 = s0 * s2 - s1 * s1;
  const det = s0 * c00 + s1 * c01 + s2 * c02;
  if (!(det > 1e-12 * s0 * s2 * s4)) return undefined;
  return {
    x0: (c00 * x0 + c01 * x1 + c02 * x2) / det,
    y0: (c00 * y0 + c01 * y1 + c02 * y2) / det,
    vx: (c01 * x0 + c11 * x1 + c12 * x2) / det,
    vy: (c01 * y0 + c11 * y1 + c12 * y2) / det,
    ax: (c02 * x0 + c12 * x1 + c22 * x2) / det,
    ay: (c02 * y0 + c12 * y1 + c22 * y2) / det,
    varianceOfV: c11 / det,
    varianceOfA: c22 / det,
  };
}

function squaresOf(
  n: number,
  ts: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  weight: Float64Array,
  atS: number,
  fit: Pick<Solved, 'x0' | 'y0' | 'vx' | 'vy' | 'ax' | 'ay'>,
): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    const t = (ts[i] ?? 0) - atS;
    const rx = (xs[i] ?? 0) - fit.x0 - (fit.vx + fit.ax * t) * t;
    const ry = (ys[i] ?? 0) - fit.y0 - (fit.vy + fit.ay * t) * t;
    sum += (weight[i] ?? 0) * (weights[i] ?? 0) * (rx * rx + ry * ry);
  }
  return sum;
}
