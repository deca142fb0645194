import type { Box } from '../../core/detection.ts';
import type { Track } from '../../core/track.ts';
import { toShares } from './boxes.ts';
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

/** A track with the place it was first seen at, which summaries of tracks want. */
export interface FollowedTrack extends Track {
  readonly firstBox: Box;
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

/** The box `dtS` after the filter's time: centre x, centre y, width, height. */
export function predictedBox(track: TrackRecord, dtS: number, out: Float64Array, at: number): void {
  const { filter } = track;
  out[at] = stateOf(filter, 0) + dtS * velocityOf(filter, 0);
  out[at + 1] = stateOf(filter, 1) + dtS * velocityOf(filter, 1);
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
  };
}
const viewScratch = new Float64Array(4);
