import type { GroundPlane } from '../geometry/ground-plane.ts';
import { fitVelocity } from './robust-fit.ts';
import { PATH_S, PATH_STRIDE, type TrackMemory } from './track-memory.ts';

/** A speed needs at least so many places over so long a time. */
const PLACES_MIN = 3;
const SPAN_S_MIN = 0.5;
/** A speed is told over this way, or the longest remembered. */
const WAY_M = 8;
const SPAN_S = 1;
/** Over less way than this in less than {@link SPAN_S} it would be the boxes' jitter. */
const WAY_M_MIN = 2;
/** Window of the speed right now. */
const NOW_S = 1.5;
/** Faster is no vehicle but a mistake: two tracks taken for one. */
const KMH_MAX = 400;

const N_MAX = 64;
const ts = new Float64Array(N_MAX);
const xs = new Float64Array(N_MAX);
const ys = new Float64Array(N_MAX);
const ws = new Float64Array(N_MAX);

/** Places of the path on the ground, newest first, from `lastMs` back; stops at the first that has no ground place. */
function loadGround(memory: TrackMemory, plane: GroundPlane, spanS: number, wayM: number): number {
  const { path } = memory;
  const newest = path[path.length - PATH_STRIDE] ?? 0;
  let n = 0;
  for (let i = path.length - PATH_STRIDE; i >= 0 && n < N_MAX; i -= PATH_STRIDE) {
    const place = plane.at(path[i + 1] ?? 0, path[i + 2] ?? 0);
    if (place === undefined) break;
    const t = ((path[i] ?? 0) - newest) / 1000;
    ts[n] = t;
    xs[n] = place.x;
    ys[n] = place.y;
    ws[n] = 1 / (place.metresPerShare * place.metresPerShare);
    n += 1;
    const way = Math.hypot(place.x - (xs[0] ?? 0), place.y - (ys[0] ?? 0));
    if (n >= PLACES_MIN && -t >= spanS && way >= wayM) break;
  }
  return n;
}

/**
 * Speed over the ground at a moment of the object's own way, from a robust regression of its places on the ground over
 * the last second, or as long as it takes for 8 m (3 s at most); a differing speed within that time is followed.
 * @param atMs when it is asked for: the moment of a crossing
 * @returns km/h; null where its way was too short or above the horizon
 */
export function speedAt(memory: TrackMemory, plane: GroundPlane, atMs: number): number | null {
  const n = loadGround(memory, plane, SPAN_S, WAY_M);
  if (n < PLACES_MIN) return null;
  const span = -(ts[n - 1] ?? 0);
  const way = Math.hypot((xs[0] ?? 0) - (xs[n - 1] ?? 0), (ys[0] ?? 0) - (ys[n - 1] ?? 0));
  if (span < SPAN_S_MIN || (way < WAY_M_MIN && span < SPAN_S)) return null;
  const newest = memory.path[memory.path.length - PATH_STRIDE] ?? 0;
  const at = Math.min(0, Math.max(-span, (atMs - newest) / 1000));
  const fit = fitVelocity(n, ts, xs, ys, ws, at, true);
  if (fit === undefined) return null;
  const kmh = Math.hypot(fit.vx, fit.vy) * 3.6;
  return kmh <= KMH_MAX ? kmh : null;
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
    const m = loadGround(memory, plane, NOW_S, 0);
    if (m >= PLACES_MIN && -(ts[m - 1] ?? 0) >= SPAN_S_MIN) {
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
