import type { Box } from '../../core/detection.ts';
import type { Track } from '../../core/track.ts';

/** One piece of waste over the tracks it was followed by. Plain JSON, changed in place. */
export interface WasteItem {
  /** Its tracks, the newest last; a tracker that loses it and finds it again gives it a new one. */
  tracks: number[];
  label: string;
  /** Of its newest track. */
  hits: number;
  meanScore: number;
  /** Of those before. */
  hitsBefore: number;
  scoreBefore: number;
  /** Where it was last detected, shares of the picture. */
  box: [left: number, top: number, right: number, bottom: number];
}

/** Track numbers an item is known by. */
const TRACKS_KEPT = 4;

export function itemOf(track: Track): WasteItem {
  return {
    tracks: [track.id],
    label: track.label,
    hits: track.hits,
    meanScore: track.meanScore,
    hitsBefore: 0,
    scoreBefore: 0,
    box: [...track.box],
  };
}

/** The item is seen as `track`: its newest, an earlier one that is back, or another that goes on with it. */
export function seeAs(item: WasteItem, track: Track): void {
  if (item.tracks.at(-1) !== track.id) {
    item.hitsBefore += item.hits;
    item.scoreBefore += item.hits * item.meanScore;
    if (item.tracks.includes(track.id)) {
      // An earlier track is back with all its detections: they are not counted twice.
      item.hitsBefore = Math.max(0, item.hitsBefore - track.hits);
      item.scoreBefore = Math.max(0, item.scoreBefore - track.hits * track.meanScore);
    }
    item.tracks = [...item.tracks.filter((id) => id !== track.id), track.id].slice(-TRACKS_KEPT);
  }
  // What most of its detections say; a track's label is what most of the track's say.
  if (track.hits >= item.hitsBefore) item.label = track.label;
  item.hits = track.hits;
  item.meanScore = track.meanScore;
  item.box = [...track.box];
}

/** Detections it is made of. */
export const hitsOf = (item: WasteItem): number => item.hits + item.hitsBefore;

/** Mean over its detections, 0..1. */
export function scoreOf(item: WasteItem): number {
  const hits = hitsOf(item);
  return hits > 0 ? Math.min(1, (item.scoreBefore + item.hits * item.meanScore) / hits) : 0;
}

/** The part of the picture a box covers, 0..1. */
export function areaOf(box: Box): number {
  const within = (v: number): number => Math.min(1, Math.max(0, v));
  return Math.max(0, within(box[2]) - within(box[0])) * Math.max(0, within(box[3]) - within(box[1]));
}

export const centreOf = (box: Box): readonly [x: number, y: number] => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

/** Square root of a box's area with x in heights of the picture: its extent in any direction. */
export function sizeOf(box: Box, aspect: number): number {
  return Math.sqrt(Math.max(0, (box[2] - box[0]) * aspect) * Math.max(0, box[3] - box[1]));
}

/** Ratio of the smaller size to the larger, 0..1. */
export function likeness(a: Box, b: Box): number {
  const x = sizeOf(a, 1);
  const y = sizeOf(b, 1);
  return Math.max(x, y) > 0 ? Math.min(x, y) / Math.max(x, y) : 0;
}

/** Intersection over union. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  const of = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1]);
  return both / (of(a) + of(b) - both);
}
