import type { Track } from '../../core/track.ts';
import { anchorOf } from '../../core/track.ts';
import { groupOf } from './classes.ts';
import { heightOf, PATH_STRIDE, type TrackMemory } from './track-memory.ts';

/** An object unseen for longer is not taken up by a new track, s. */
const UNSEEN_S_MAX = 3;
/** How far a new track may begin from where the old one should be: share of the box's height, and of the way since. */
const OFF_OF_HEIGHT = 0.4;
const OFF_OF_WAY = 0.3;
const SIZE_RATIO_MAX = 1.5;

/** Velocity in the picture, heights per second; from its last two places where it is too new for more. */
export function velocityOf(memory: TrackMemory, aspect: number): readonly [x: number, y: number] {
  if (memory.speed !== null) return [memory.speed.vx, memory.speed.vy];
  const { path } = memory;
  const last = path.length - PATH_STRIDE;
  const before = last - PATH_STRIDE;
  if (before < 0) return [0, 0];
  const at = (i: number): number => path[i] ?? 0;
  const s = (at(last) - at(before)) / 1000;
  if (s <= 0) return [0, 0];
  return [((at(last + 1) - at(before + 1)) * aspect) / s, (at(last + 2) - at(before + 2)) / s];
}

/** Of its size a second at most: beyond is noise. */
const RECEDES_MAX = 1.5;
/** What comes nearer is not believed to grow by more than this on the way. */
const NEARS_MAX = 0.25;

/**
 * How far its velocity carries it in a time, as a time: what drives away gets smaller and slower, v t / (1 + k t) with k
 * the rate its size shrinks at (projection of a straight way at an even speed).
 */
function carriesS(memory: TrackMemory, s: number): number {
  const { path } = memory;
  const places = path.length / PATH_STRIDE;
  if (places < 4) return s;
  const mean = (from: number, to: number, at: number): number => {
    let sum = 0;
    for (let i = from; i < to; i += 1) sum += Math.abs(path[i * PATH_STRIDE + at] ?? 0);
    return sum / (to - from);
  };
  const half = places >> 1;
  const dtS = (mean(half, places, 0) - mean(0, half, 0)) / 1000;
  const grown = mean(half, places, 3) / Math.max(1e-6, mean(0, half, 3));
  if (dtS <= 0 || grown <= 0) return s;
  const grows = Math.max(-RECEDES_MAX, Math.log(grown) / dtS);
  return s / (1 - Math.min(NEARS_MAX, grows * s));
}

/** Last place it was seen at, in heights of the picture. */
export function lastPlace(memory: TrackMemory, aspect: number): readonly [x: number, y: number] {
  const last = memory.path.length - PATH_STRIDE;
  return [(memory.path[last + 1] ?? memory.x) * aspect, memory.path[last + 2] ?? memory.y];
}

/** Where a track was when it was first detected: it was already followed, unconfirmed, before it was shown. */
export function birthPlace(track: Track, atMs: number): readonly [x: number, y: number] {
  const [x, y] = anchorOf(track.box);
  if (track.hits < 2) return [x, y];
  const s = Math.max(0, Math.min(2_000, atMs - track.firstSeenMs)) / 1000;
  return [x - track.velocity[0] * s, y - track.velocity[1] * s];
}

/**
 * The object a new track goes on with: one of the same kind that is not seen at present and should be where the track
 * began. Trackers lose objects behind others and find them again under a new number; without this a vehicle lost before
 * a line and found beyond it would be missed, and one that is counted could be counted again.
 * @param born where and when it began, shares
 */
export function predecessorOf(
  track: Track,
  born: readonly [x: number, y: number],
  firstSeenMs: number,
  memories: Iterable<TrackMemory>,
  aspect: number,
): TrackMemory | undefined {
  const [bx, by] = born;
  const group = groupOf(track.label);
  const height = track.box[3] - track.box[1];
  const width = track.box[2] - track.box[0];
  let best: TrackMemory | undefined;
  let least = 1;
  for (const memory of memories) {
    if (memory.observed || groupOf(memory.label) !== group) continue;
    const unseenS = (firstSeenMs - memory.lastSeenMs) / 1000;
    if (unseenS < 0 || unseenS > UNSEEN_S_MAX) continue;
    const oldHeight = heightOf(memory);
    // Half hidden it may be much lower than it was, hardly narrower.
    if (!alike(height, oldHeight) && !alike(width, memory.box[2] - memory.box[0])) continue;
    const [vx, vy] = velocityOf(memory, aspect);
    const [px, py] = lastPlace(memory, aspect);
    const carries = carriesS(memory, unseenS);
    const x = px + vx * carries;
    const y = py + vy * carries;
    if (x < 0 || x > aspect || y < 0 || y > 1) continue;
    const top = memory.box[1] + vy * carries;
    const allowed = OFF_OF_HEIGHT * oldHeight + OFF_OF_WAY * Math.hypot(vx, vy) * carries;
    // By its wheels, or by its roof where they are hidden.
    const down = Math.min(Math.abs(by - y), Math.abs(by - height - top));
    const off = Math.hypot(bx * aspect - x, down) / allowed;
    if (off < least) {
      least = off;
      best = memory;
    }
  }
  return best;
}

function alike(a: number, b: number): boolean {
  return a <= b * SIZE_RATIO_MAX && b <= a * SIZE_RATIO_MAX;
}
