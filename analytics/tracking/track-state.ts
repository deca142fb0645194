import type { Box } from '../../core/detection.ts';
import type { Track } from '../../core/track.ts';
import { EXTENT_MIN, toShares } from './boxes.ts';
import { type Filter, type StepNoise, stateOf, velocityOf } from './kalman.ts';
import { type Votes, winner } from './labels.ts';
import type { TrackerParameters } from './parameters.ts';

/** What the tracker remembers of one object. Plain JSON; lengths in picture heights, boxes centred (see boxes.ts). */
export interface TrackRecord {
  /** 0 until it is confirmed. */
  id: number;
  /** As of `filterMs`: its last observation, moved on by the time in which nothing moved. */
  filter: Filter;
  filterMs: number;
  /** When it was last seen whole, not hidden in part. */
  wholeMs: number;
  /** Width over height when it was seen whole, smoothed. */
  form: number;
  /** The box last observed, or completed: centre x, centre y, width, height. */
  last: number[];
  /** Where it was some tenths of a second before, for its direction; `older` at least that long before `newer`. */
  older: Waypoint;
  newer: Waypoint;
  votes: Votes;
  score: number;
  scoreSum: number;
  hits: number;
  /** Strong detections: what it is confirmed by. */
  strong: number;
  /** Frames since its last observation. */
  missed: number;
  firstSeenMs: number;
  lastSeenMs: number;
  /** The first box observed. */
  first: number[];
}

export type Waypoint = readonly [atMs: number, x: number, y: number];

/** All a tracker knows: plain JSON, for hand-offs and checkpoints. */
export interface TrackerState {
  readonly version: 1;
  readonly nextId: number;
  /** Time of the last frame; null before the first. */
  readonly atMs: number | null;
  /** Width/height of the last frame's picture. */
  readonly aspect: number;
  readonly tracks: readonly TrackRecord[];
}

/** A track with what only some ask for. */
export interface FollowedTrack extends Track {
  /** Where it was first seen: summaries of tracks want it. */
  readonly firstBox: Box;
  /** Its last observation, not smoothed: speeds are fitted to these. */
  readonly seenBox: Box;
  /** Something hid a part of that, and it was completed. */
  readonly completed: boolean;
}

/** Side of a square as large as the box: the unit of noise and distance. */
export const sizeOf = (box: ArrayLike<number>): number => Math.sqrt((box[2] ?? 0) * (box[3] ?? 0));

/** How far an observation is believed: of a weak detection half as far, of a box completed hardly for its extent. */
export type Trust = 'strong' | 'weak' | 'completed';

/** Noise of one step of a track, absolute. */
export function noiseOf(track: TrackRecord, parameters: TrackerParameters, trust: Trust): StepNoise {
  const area = (track.last[2] ?? 0) * (track.last[3] ?? 0);
  const observation = parameters.detectionNoise ** 2 * area * (trust === 'strong' ? 1 : 4);
  return {
    observation,
    extentObservation: observation * (trust === 'completed' ? 16 : 1),
    centre: parameters.accelerationNoise * area,
    extent: parameters.growthNoise * area,
  };
}

/** Longest time width and height are predicted on, s: they do not grow for ever while nothing is seen. */
const GROWTH_S = 0.3;

/** What grows or shrinks is not believed to do so faster than this, sizes/s; nor to grow nearer by more than this in all. */
const RECEDES_MAX = 1.5;
const NEARS_MAX = 0.25;

/**
 * How far a velocity carries in `dtS`, as a time. What drives away gets smaller and slower at once: on a straight way at
 * an even speed over the ground its size is s / (1 + k t), and its way in the picture v t / (1 + k t), with the same k
 * (projection of a straight way; k is how fast its size shrinks now). Without this whatever was hidden for half a second
 * far down a road is expected beyond where it is.
 */
function carriesS(filter: Filter, dtS: number): number {
  if (dtS <= 0) return dtS;
  const width = velocityOf(filter, 2) / Math.max(EXTENT_MIN, stateOf(filter, 2));
  const height = velocityOf(filter, 3) / Math.max(EXTENT_MIN, stateOf(filter, 3));
  const grows = Math.max(-RECEDES_MAX, (width + height) / 2);
  return dtS / (1 - Math.min(NEARS_MAX, grows * dtS));
}

/** The box `dtS` after the filter's time: centre x, centre y, width, height. */
export function predictedBox(track: TrackRecord, dtS: number, out: Float64Array, at: number): void {
  const { filter } = track;
  const carries = carriesS(filter, dtS);
  out[at] = stateOf(filter, 0) + carries * velocityOf(filter, 0);
  out[at + 1] = stateOf(filter, 1) + carries * velocityOf(filter, 1);
  for (const c of [2, 3]) {
    const now = stateOf(filter, c) + Math.min(dtS, GROWTH_S) * velocityOf(filter, c);
    const seen = track.last[c] ?? 0;
    out[at + c] = Math.min(Math.max(now, seen / 2), seen * 2);
  }
}

/** The track as others see it, at `dtS` after its filter's time. */
export function viewOf(track: TrackRecord, dtS: number, observed: boolean, aspect: number): FollowedTrack {
  predictedBox(track, dtS, viewScratch, 0);
  const [x = 0, y = 0, width = 0, height = 0] = viewScratch;
  const [fx = 0, fy = 0, fw = 0, fh = 0] = track.first;
  const [sx = 0, sy = 0, sw = 0, sh = 0] = track.last;
  const { filter } = track;
  return {
    id: track.id,
    label: winner(track.votes),
    score: track.score,
    meanScore: track.scoreSum / track.hits,
    box: toShares(x, y, width, height, aspect),
    velocity: [velocityOf(filter, 0) / aspect, velocityOf(filter, 1) + velocityOf(filter, 3) / 2],
    observed,
    hits: track.hits,
    firstSeenMs: track.firstSeenMs,
    lastSeenMs: track.lastSeenMs,
    firstBox: toShares(fx, fy, fw, fh, aspect),
    seenBox: toShares(sx, sy, sw, sh, aspect),
    completed: track.wholeMs < track.lastSeenMs,
  };
}
const viewScratch = new Float64Array(4);
