import type { Box } from '../../core/detection.ts';
import type { Track } from '../../core/track.ts';
import { coarse, fixed, fixedBox } from '../state/fixed.ts';
import type { FollowedTrack } from '../tracking/track-state.ts';
import type { LineMemory } from './line-counter.ts';
import type { ZoneMemory } from './zones.ts';

/** How much of its way a track keeps: this long, this many places, not closer than this in time. */
export const PATH_S = 3;
const PATH_STEP_MS = 90;
const PATH_POINTS_MAX = 40;
/**
 * Numbers a place takes in a path: time (ms), x, y (shares), height of the box as it was seen (share; negative where the
 * place is not sure: something hid or cut the box).
 */
export const PATH_STRIDE = 4;
/** A box this near the picture's border is cut off by it: detectors are off by a pixel or two. */
const BORDER = 0.008;

/** What traffic analytics remembers of one object. Plain JSON, changed in place. */
export interface TrackMemory {
  /** The track it is now; changes where a new track takes up an old one's way. */
  id: number;
  label: string;
  /** Last box seen by the detector, shares. */
  box: Box;
  /** Size where no border cuts it, shares; 0 as long as unknown. */
  width: number;
  height: number;
  /** Height over width of its whole box, in shares, smoothed; 0 as long as unknown. */
  ratio: number;
  /** Area of its box, shares, smoothed like `ratio`. */
  area: number;
  /** The largest `ratio` has been: smaller is hidden in part. */
  ratioMost: number;
  /** It has just been seen whole for the first time. */
  emerged: boolean;
  /** The last place that was of a whole box: what lines go by. */
  sure: { x: number; y: number; atMs: number } | null;
  /** Where it touches the ground, shares; predicted where `observed` is false. */
  x: number;
  y: number;
  observed: boolean;
  /** Places where it was observed, oldest first: t, x, y, height, t, x, y, height ... */
  path: number[];
  firstSeenMs: number;
  lastSeenMs: number;
  /** When it was first not seen since it was last seen; null while it is seen. */
  missedAtMs: number | null;
  /** When its track ended; it is forgotten a moment later unless another takes it up. */
  endedAtMs: number | null;
  /** Whether it is in `objects`. */
  counted: boolean;
  /** Speed right now; null as long as it is too new. */
  speed: { kmh: number | null; heightsPerS: number; vx: number; vy: number } | null;
  speedAtMs: number;
  standing: boolean;
  /** Observed seconds it has stood. */
  standingS: number;
  /** Where it came to stand, shares. */
  stoodX: number;
  stoodY: number;
  /** The line it crossed last, and when: where a route begins. */
  from: { line: string; atMs: number } | null;
  lines: Record<string, LineMemory>;
  zones: Record<string, ZoneMemory>;
}

/** @param vx heights of the picture per second, as `vy` @param kmh where the ground is known */
export function movingAt(vx: number, vy: number, kmh: number | null): NonNullable<TrackMemory['speed']> {
  return { kmh, heightsPerS: fixed(Math.hypot(vx, vy)), vx, vy };
}

/** What the tracker of this camera says beyond a track: see `FollowedTrack`. */
export type SeenTrack = Track & Partial<Pick<FollowedTrack, 'seenBox' | 'completed'>>;

/** @param firstSeenMs when the object was first seen */
export function rememberTrack(track: Track, firstSeenMs: number): TrackMemory {
  const memory: TrackMemory = {
    id: track.id,
    label: track.label,
    box: track.box,
    width: 0,
    height: 0,
    ratio: 0,
    area: 0,
    ratioMost: 0,
    emerged: false,
    sure: null,
    x: 0,
    y: 0,
    observed: false,
    path: [],
    firstSeenMs,
    lastSeenMs: track.lastSeenMs,
    missedAtMs: null,
    endedAtMs: null,
    counted: false,
    speed: null,
    speedAtMs: 0,
    standing: false,
    standingS: 0,
    stoodX: 0,
    stoodY: 0,
    from: null,
    lines: {},
    zones: {},
  };
  return memory;
}

/**
 * Takes in what the tracker says of it now.
 * @returns whether its place is sure: it is observed and its box is as it usually is
 */
export function see(memory: TrackMemory, track: SeenTrack, atMs: number): boolean {
  memory.id = track.id;
  memory.endedAtMs = null;
  memory.observed = track.observed;
  if (!track.observed) {
    memory.missedAtMs ??= atMs;
    memory.x = fixed((track.box[0] + track.box[2]) / 2);
    memory.y = fixed(track.box[3]);
    return false;
  }
  const dtS = (atMs - memory.lastSeenMs) / 1000;
  const topBefore = memory.box[1];
  memory.label = track.label;
  memory.box = fixedBox(track.box);
  memory.lastSeenMs = atMs;
  memory.missedAtMs = null;
  const sure = placeOnGround(memory, topBefore, Math.max(0, dtS)) && track.completed !== true;
  settle(memory);
  const { seenBox } = track;
  if (sure && seenBox !== undefined && !atBorder(memory)) {
    // As the detector saw it: a filter's places hang together, and a speed fitted to them follows it, not the object.
    addPlace(memory, atMs, (seenBox[0] + seenBox[2]) / 2, seenBox[3], seenBox[3] - seenBox[1]);
  } else
    addPlace(memory, atMs, memory.x, memory.y, (sure && !atBorder(memory) ? 1 : -1) * (memory.box[3] - memory.box[1]));
  if (sure) memory.sure = { x: memory.x, y: memory.y, atMs };
  return sure;
}

/** To what a checkpoint keeps. */
function settle(memory: TrackMemory): void {
  memory.x = fixed(memory.x);
  memory.y = fixed(memory.y);
  memory.width = fixed(memory.width);
  memory.height = fixed(memory.height);
  memory.ratio = fixed(memory.ratio);
  memory.ratioMost = fixed(memory.ratioMost);
  memory.area = Math.fround(memory.area);
}

/** Nothing moved: it is where it was, and that was seen. */
export function seeAgain(memory: TrackMemory, atMs: number): void {
  if (!memory.observed) return;
  memory.lastSeenMs = atMs;
  addPlace(memory, atMs, memory.x, memory.y, memory.path.at(-1) ?? 0);
}

/** Of its height: a box so near the upper border is still coming in, or about to leave. */
const ENTERS = 0.06;
/** Off its usual shape by more than this, a box is not the whole object, or more than it. */
const SHAPE_OFF = 0.2;
/** How fast the usual shape follows, s, and how fast it may change at most, shares a second: turning does. */
const SHAPE_FOLLOWS_S = 0.4;
const SHAPE_SHRINKS = 0.2;
const SHAPE_GROWS = 3;
/** So much larger a box is, beyond its trembling. */
const WIDENED = 1.05;
/** An object this new may be coming out from behind something. */
const NEW_MS = 1_500;
/** After so long a strange shape is the usual one. */
const SHAPE_FORGOTTEN_S = 2;

/**
 * Bottom centre of the box as if nothing cut or hid it.
 * - The picture's border: an object that leaves through the lower one keeps its box's lower edge there while its roof
 *   goes on; with the height it had when it was whole, its wheels go on too.
 * - What stands before its wheels (the car before it in a queue, a railing): the box suddenly is much lower than it was
 *   for its width, and its lower edge is the one that jumped; its wheels are where they would be by its usual shape.
 * @returns whether the box is as it usually is
 */
function placeOnGround(memory: TrackMemory, topBefore: number, dtS: number): boolean {
  const [x1, y1, x2, y2] = memory.box;
  const cutLeft = x1 <= BORDER;
  const cutRight = x2 >= 1 - BORDER;
  const cutBelow = y2 >= 1 - BORDER;
  const yBefore = memory.y;
  if (!cutLeft && !cutRight) memory.width = x2 - x1;
  memory.x = (x1 + x2) / 2;
  if (memory.width > 0 && cutLeft !== cutRight) {
    if (cutLeft) memory.x = Math.min(memory.x, x2 - memory.width / 2);
    else memory.x = Math.max(memory.x, x1 + memory.width / 2);
  }
  memory.y = y2;
  if (cutBelow) {
    if (y1 > BORDER && memory.height > 0) memory.y = Math.max(y2, y1 + memory.height);
    // Never seen whole: the lower border itself belongs to no zone, just above it does.
    else memory.y = Math.min(y2, 0.9999);
    return true;
  }
  // What comes in through the upper border gets higher and higher: it is no less whole for that.
  if (y1 <= Math.max(BORDER, ENTERS * (y2 - y1))) return true;
  memory.height = y2 - y1;
  if (cutLeft || cutRight || x2 <= x1) return true;
  const ratio = (y2 - y1) / (x2 - x1);
  const area = (y2 - y1) * (x2 - x1);
  // Lower for its width than usual, and larger: it is not its wheels that went, its side came out from behind something.
  const widened = ratio < (1 - SHAPE_OFF) * memory.ratio && area > WIDENED * memory.area;
  if (memory.ratio === 0 || dtS > SHAPE_FORGOTTEN_S || widened) {
    memory.ratio = ratio;
    memory.area = area;
    memory.ratioMost = ratio;
    return true;
  }
  // Only lower than usual: one that comes out from behind something grows, and is then seen for the first time whole.
  if (ratio < (1 - SHAPE_OFF) * memory.ratio) {
    const goes = (memory.speed?.vy ?? 0) * dtS;
    const whole = memory.ratio * (x2 - x1);
    if (Math.abs(y2 - yBefore - goes) > Math.abs(y1 - topBefore - goes)) {
      memory.y = y1 + whole;
      memory.height = whole;
    }
  }
  const sure = Math.abs(ratio - memory.ratio) <= SHAPE_OFF * memory.ratio;
  // New, and never seen whole until now: where it was first taken to be on the ground, it was not.
  const isNew = memory.lastSeenMs - memory.firstSeenMs < NEW_MS;
  if (isNew && ratio > memory.ratioMost * (1 + SHAPE_OFF)) memory.emerged = true;
  // What stands does not turn: lower than usual, it is hidden for as long as it stands.
  const shrinks = memory.standing ? 0 : SHAPE_SHRINKS * dtS;
  memory.ratio += follow(memory.ratio, ratio, shrinks, dtS);
  memory.area += follow(memory.area, area, 2 * shrinks, dtS);
  memory.ratioMost = Math.max(memory.ratio, memory.ratioMost);
  return sure;
}

/** Step of a smoothed value towards a new one; shrinking by a share at most. */
function follow(value: number, now: number, shrinks: number, dtS: number): number {
  const step = (now - value) * Math.min(1, dtS / SHAPE_FOLLOWS_S);
  return Math.min(SHAPE_GROWS * dtS * value, Math.max(-shrinks * value, step));
}

function addPlace(memory: TrackMemory, atMs: number, x: number, y: number, height: number): void {
  const { path } = memory;
  const n = path.length;
  // The newest place stays replaceable until it is a step from the one before it.
  const before = path[n - 2 * PATH_STRIDE];
  if (before !== undefined && (path[n - PATH_STRIDE] ?? 0) - before < PATH_STEP_MS) path.length = n - PATH_STRIDE;
  path.push(atMs, coarse(x), coarse(y), coarse(height));
  let drop = 0;
  const keepFrom = atMs - PATH_S * 1000;
  while (
    path.length - drop > PATH_POINTS_MAX * PATH_STRIDE ||
    // The place just before the window is kept: at few frames a second it is needed.
    (path[drop + PATH_STRIDE] ?? Number.POSITIVE_INFINITY) < keepFrom
  )
    drop += PATH_STRIDE;
  if (drop > 0) path.splice(0, drop);
}

/** Height of its box, shares of the picture's height: the measure of all jitter. */
export function heightOf(memory: TrackMemory): number {
  return Math.max(memory.height, memory.box[3] - memory.box[1]);
}

/** Whether its box is at the picture's border. */
export function atBorder(memory: TrackMemory): boolean {
  const [x1, y1, x2, y2] = memory.box;
  return x1 <= BORDER || y1 <= BORDER || x2 >= 1 - BORDER || y2 >= 1 - BORDER;
}
