import type { Point } from '../../config/camera-settings/schema.ts';
import type { GroundPlace, GroundPlane } from '../geometry/ground-plane.ts';
import { type Fit, fitCurve, fitVelocity } from './robust-fit.ts';
import { PATH_S, PATH_STRIDE, type TrackMemory } from './track-memory.ts';

/** A speed needs at least so many places over so long a time. */
const PLACES_MIN = 3;
const SPAN_S_MIN = 0.5;
/** Over less way than this in less than {@link SPAN_S} it would be the boxes' trembling. */
const WAY_M_MIN = 2;
const SPAN_S = 1;
/** Windows tried for the speed of a crossing, s. */
const WINDOWS_S = [0.7, 1, 1.5, 2, 3] as const;
/** What is not told to this is not told at all: half of what a speed may be off by, since one in three is off by more. */
const ERROR_SHARE_MAX = 0.1;
/** Of a speed under this (5 km/h) the share is of this. */
const SLOW_MPS = 5 / 3.6;
/** How fast an acceleration may change, m/s³: what a parabola over a window leaves out. */
const JERK = 1;
/** Steps in which the moment of a crossing is looked for, s. */
const STEP_S = 0.02;
/** Window of the speed right now. */
const NOW_S = 1.5;
/** Faster is no vehicle but a mistake: two tracks taken for one. */
const KMH_MAX = 400;
/** A box whose height, by the scale of its place, is off the object's own by more is not all of it (or too much). */
const HEIGHT_OFF = 0.15;

const N_MAX = 64;
const ts = new Float64Array(N_MAX);
const xs = new Float64Array(N_MAX);
const ys = new Float64Array(N_MAX);
const ws = new Float64Array(N_MAX);
const heights = new Float64Array(N_MAX);
const zeros = new Float64Array(N_MAX);
const ones = new Float64Array(N_MAX).fill(1);

/**
 * Places of the path on the ground, newest first and times from the newest, until `spanS` back; stops at the first that
 * has no ground place. Where something hides part of an object its box has no foot, and the place is wrong: the height
 * of a whole box times the scale of its place hardly changes, and where it suddenly does the place is left out.
 */
function loadGround(memory: TrackMemory, plane: GroundPlane, spanS: number, sureOnly: boolean): number {
  const { path } = memory;
  const newest = path[path.length - PATH_STRIDE] ?? 0;
  let n = 0;
  for (let i = path.length - PATH_STRIDE; i >= 0 && n < N_MAX; i -= PATH_STRIDE) {
    const t = ((path[i] ?? 0) - newest) / 1000;
    if (n >= PLACES_MIN && t < -spanS) break;
    const height = path[i + 3] ?? 0;
    if (sureOnly && height < 0) continue;
    const place = plane.at(path[i + 1] ?? 0, path[i + 2] ?? 0);
    if (place === undefined) break;
    ts[n] = t;
    xs[n] = place.x;
    ys[n] = place.y;
    // A box trembles by a share of itself, and that is so many metres where it is.
    const tremble = place.metresPerShare * Math.max(1e-3, Math.abs(height));
    ws[n] = 1 / (tremble * tremble);
    heights[n] = Math.abs(height) * place.metresAcross;
    n += 1;
  }
  return n < 2 * PLACES_MIN ? n : dropPartial(n);
}

function dropPartial(n: number): number {
  const middle = (ts[n - 1] ?? 0) / 2;
  const usual = fitVelocity(n, ts, heights, zeros, ones, middle);
  if (usual === undefined) return n;
  let kept = 0;
  for (let i = 0; i < n; i += 1) {
    const expected = usual.x + usual.vx * ((ts[i] ?? 0) - middle);
    if (Math.abs((heights[i] ?? 0) - expected) > HEIGHT_OFF * usual.x) continue;
    ts[kept] = ts[i] ?? 0;
    xs[kept] = xs[i] ?? 0;
    ys[kept] = ys[i] ?? 0;
    ws[kept] = ws[i] ?? 0;
    kept += 1;
  }
  return kept;
}

/**
 * Speed over the ground of an object that crossed a line, at the moment it did: a robust regression of its places on the
 * ground over time. Straight lines and parabolas over several windows are tried, and the one expected to be off least is
 * taken: by its scatter, by what a line leaves out where it brakes or drives off, by what a parabola leaves out, and by
 * how surely the moment is known (what drives off at the line is at 5 km/h at one moment and at 10 km/h soon after).
 * @param atMs when its box met the line
 * @param line its ends, shares
 * @returns km/h; null where its way was too short, hidden, above the horizon, or told worse than to 10 %
 */
export function speedAt(
  memory: TrackMemory,
  plane: GroundPlane,
  atMs: number,
  line: readonly [from: Point, to: Point],
): number | null {
  const all = loadGround(memory, plane, PATH_S, true);
  if (all < PLACES_MIN) return null;
  const at = Math.min(0, (atMs - (memory.path[memory.path.length - PATH_STRIDE] ?? 0)) / 1000);
  const from = plane.at(line[0][0], line[0][1]);
  const to = plane.at(line[1][0], line[1][1]);
  let best: number | null = null;
  let least = ERROR_SHARE_MAX;
  const when = Math.min(ts[0] ?? 0, at);
  // On the way for longer than is remembered: it crossed at a crawl.
  if (when < (ts[all - 1] ?? 0)) return null;
  const place = plane.at(memory.x, memory.y);
  const metresPerSize = place === undefined ? 0 : place.metresPerShare * (memory.box[3] - memory.box[1]);
  for (const window of WINDOWS_S) {
    // As much after as before, where so much came after.
    const until = Math.min(ts[0] ?? 0, when + window / 2);
    let first = 0;
    while (first < all && (ts[first] ?? 0) > until + 1e-6) first += 1;
    let end = first;
    while (end < all && (ts[end] ?? 0) >= until - window - 1e-6) end += 1;
    const n = end - first;
    if (n < PLACES_MIN) continue;
    const newest = ts[first] ?? 0;
    const oldest = ts[end - 1] ?? 0;
    const span = newest - oldest;
    const way = Math.hypot((xs[first] ?? 0) - (xs[end - 1] ?? 0), (ys[first] ?? 0) - (ys[end - 1] ?? 0));
    if (span < SPAN_S_MIN || (way < WAY_M_MIN && span < SPAN_S)) continue;
    const places = [ts, xs, ys, ws].map((values) => values.subarray(first, end)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const curve = fitCurve(n, ...places, when);
    const straight = fitVelocity(n, ...places, when);
    const a2 = curve === undefined ? 0 : Math.max(0, curve.ax ** 2 + curve.ay ** 2 - curve.errorA ** 2);
    for (const fit of [straight, curve]) {
      if (fit === undefined) continue;
      const t = from === undefined || to === undefined ? when : momentOf(fit, from, to, when, oldest, newest);
      const vx = fit.vx + fit.ax * (t - when);
      const vy = fit.vy + fit.ay * (t - when);
      const mps = Math.hypot(vx, vy);
      const leftOut = fit === straight ? Math.sqrt(a2) * Math.abs(t - (newest - span / 2)) : (JERK * span * span) / 20;
      // Places at the line scatter by this much; half of it stays when they are looked at together.
      const moment = (Math.sqrt(a2) * fit.scatter * metresPerSize) / 2 / Math.max(0.5, mps);
      const error = Math.hypot(fit.error, leftOut, moment) / Math.max(SLOW_MPS, mps);
      if (error >= least) continue;
      least = error;
      best = mps * 3.6;
    }
  }
  return best !== null && best <= KMH_MAX ? best : null;
}

/** When the fitted way meets the line, nearest to when the box was seen to; that where it does not. */
function momentOf(fit: Fit, from: GroundPlace, to: GroundPlace, when: number, oldest: number, newest: number): number {
  const side = (t: number): number => {
    const s = t - when;
    const x = fit.x + (fit.vx + (fit.ax * s) / 2) * s - from.x;
    const y = fit.y + (fit.vy + (fit.ay * s) / 2) * s - from.y;
    return (to.x - from.x) * y - (to.y - from.y) * x;
  };
  let best = when;
  let least = Number.POSITIVE_INFINITY;
  for (let t = oldest; t < newest; t += STEP_S) {
    if (side(t) * side(t + STEP_S) > 0 || Math.abs(t - when) >= least) continue;
    least = Math.abs(t - when);
    best = t + STEP_S / 2;
  }
  return best;
}

/**
 * How it moves right now, over the last 1.5 s.
 * @param aspect width over height of the picture
 * @returns velocity `vx`, `vy` in the picture, heights of the picture per second both ways, its length, and km/h where
 * the ground is known; null while the object is too new
 */
export function motionOf(memory: TrackMemory, aspect: number, plane: GroundPlane | undefined): TrackMemory['speed'] {
  const { path } = memory;
  const newest = path[path.length - PATH_STRIDE] ?? 0;
  let n = 0;
  for (let i = path.length - PATH_STRIDE; i >= 0 && n < N_MAX; i -= PATH_STRIDE) {
    const t = ((path[i] ?? 0) - newest) / 1000;
    if (n >= PLACES_MIN && t < -NOW_S) break;
    if (t < -PATH_S) break;
    ts[n] = t;
    xs[n] = (path[i + 1] ?? 0) * aspect;
    ys[n] = path[i + 2] ?? 0;
    ws[n] = 1;
    n += 1;
  }
  if (n < PLACES_MIN || -(ts[n - 1] ?? 0) < SPAN_S_MIN) return null;
  const fit = fitVelocity(n, ts, xs, ys, ws, 0);
  if (fit === undefined) return null;
  let kmh: number | null = null;
  if (plane !== undefined) {
    const m = loadGround(memory, plane, NOW_S, false);
    if (m >= PLACES_MIN && (ts[0] ?? 0) - (ts[m - 1] ?? 0) >= SPAN_S_MIN) {
      const ground = fitVelocity(m, ts, xs, ys, ws, 0);
      if (ground !== undefined) kmh = Math.min(KMH_MAX, Math.hypot(ground.vx, ground.vy) * 3.6);
    }
  }
  return { kmh, heightsPerS: Math.hypot(fit.vx, fit.vy), vx: fit.vx, vy: fit.vy };
}

/** The speed under which so many of the samples are, linear within a bin; e.g. 0.85 for v85. Null without samples. */
export function percentileOfBins(bins: readonly number[], share: number, binKmh: number): number | null {
  const total = bins.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [i, count] of bins.entries()) {
    if (count > 0 && below + count >= share * total) return (i + (share * total - below) / count) * binKmh;
    below += count;
  }
  return bins.length * binKmh;
}
