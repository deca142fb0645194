import type { GroundPlane } from '../geometry/ground-plane.ts';
import { fitVelocity } from './robust-fit.ts';
import { PATH_S, PATH_STRIDE, type TrackMemory } from './track-memory.ts';

/** A speed needs at least so many places over so long a time. */
const PLACES_MIN = 3;
const SPAN_S_MIN = 0.5;
/** Over less way than this in less than {@link SPAN_S} it would be the boxes' trembling. */
const WAY_M_MIN = 2;
const SPAN_S = 1;
/** Windows tried for the speed of a crossing, s: the shortest that is sure enough. */
const WINDOWS_S = [0.7, 1, 1.5, 2, 3] as const;
const ERROR_SHARE = 0.03;
/** A parabola needs so long. */
const CURVES_FROM_S = 1.5;
/** What is not told to this is not told at all. */
const ERROR_SHARE_MAX = 0.05;
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
function loadGround(memory: TrackMemory, plane: GroundPlane, spanS: number): number {
  const { path } = memory;
  const newest = path[path.length - PATH_STRIDE] ?? 0;
  let n = 0;
  for (let i = path.length - PATH_STRIDE; i >= 0 && n < N_MAX; i -= PATH_STRIDE) {
    const t = ((path[i] ?? 0) - newest) / 1000;
    if (n >= PLACES_MIN && t < -spanS) break;
    const place = plane.at(path[i + 1] ?? 0, path[i + 2] ?? 0);
    if (place === undefined) break;
    ts[n] = t;
    xs[n] = place.x;
    ys[n] = place.y;
    ws[n] = 1 / (place.metresPerShare * place.metresPerShare);
    heights[n] = Math.abs(path[i + 3] ?? 0) * place.metresAcross;
    n += 1;
  }
  return n < 2 * PLACES_MIN ? n : dropPartial(n);
}

function dropPartial(n: number): number {
  const middle = (ts[n - 1] ?? 0) / 2;
  const usual = fitVelocity(n, ts, heights, zeros, ones, middle, false);
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
 * Speed over the ground at a moment of the object's own way: a robust regression of its places on the ground over time,
 * over the shortest of 0.7 to 3 s that tells it to 3 % (else over what tells it best); where it brakes or accelerates
 * within that time, that is followed.
 * @param atMs when it is asked for: the moment of a crossing
 * @returns km/h; null where its way was too short, hidden, or above the horizon
 */
export function speedAt(memory: TrackMemory, plane: GroundPlane, atMs: number): number | null {
  const all = loadGround(memory, plane, PATH_S);
  const newest = memory.path[memory.path.length - PATH_STRIDE] ?? 0;
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const window of WINDOWS_S) {
    let n = 0;
    while (n < all && (n < PLACES_MIN || -(ts[n] ?? 0) <= window)) n += 1;
    if (n < PLACES_MIN) break;
    const span = (ts[0] ?? 0) - (ts[n - 1] ?? 0);
    const way = Math.hypot((xs[0] ?? 0) - (xs[n - 1] ?? 0), (ys[0] ?? 0) - (ys[n - 1] ?? 0));
    if (span < SPAN_S_MIN || (way < WAY_M_MIN && span < SPAN_S)) continue;
    const at = Math.min(0, Math.max(-span, (atMs - newest) / 1000));
    const fit = fitVelocity(n, ts, xs, ys, ws, at, window >= CURVES_FROM_S);
    if (fit === undefined) continue;
    const mps = Math.hypot(fit.vx, fit.vy);
    // Errors are of the middle place's scale: weights are relative.
    const error = fit.error / Math.max(0.5, mps);
    if (error < least) {
      least = error;
      best = mps * 3.6;
    }
    if (error <= ERROR_SHARE || n === all) break;
  }
  return best !== null && least <= ERROR_SHARE_MAX && best <= KMH_MAX ? best : null;
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
  const fit = fitVelocity(n, ts, xs, ys, ws, 0, false);
  if (fit === undefined) return null;
  let kmh: number | null = null;
  if (plane !== undefined) {
    const m = loadGround(memory, plane, NOW_S);
    if (m >= PLACES_MIN && (ts[0] ?? 0) - (ts[m - 1] ?? 0) >= SPAN_S_MIN) {
      const ground = fitVelocity(m, ts, xs, ys, ws, 0, false);
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
