import type { Box } from './detection.ts';

/** One object followed over frames. A view of the tracker's state: it does not change under its reader. */
export interface Track {
  /** Counts up from 1 over a camera's life, hand-offs included. */
  readonly id: number;
  /** The class its detections agree on most, weighted by score. */
  readonly label: string;
  /** Of the detection in this frame; the last one's where there is none. 0..1. */
  readonly score: number;
  /** Mean score of its detections, 0..1. */
  readonly meanScore: number;
  /** The filter's box, in shares of the picture's width and height; may reach beyond 0..1 where it leaves. */
  readonly box: Box;
  /** Velocity of the box's bottom centre, shares of width and of height per second. */
  readonly velocity: readonly [x: number, y: number];
  /** Whether a detection of this frame belongs to it; otherwise the box is predicted. */
  readonly observed: boolean;
  /** Detections it is made of. */
  readonly hits: number;
  readonly firstSeenMs: number;
  /** When it last had a detection. */
  readonly lastSeenMs: number;
}

/** Where an object touches the ground: the middle of its box's lower edge. Shares of width and height. */
export function anchorOf(box: Box): readonly [x: number, y: number] {
  return [(box[0] + box[2]) / 2, box[3]];
}

/** A track that has ended, as the history keeps it. */
export interface TrackSummary {
  readonly track: number;
  readonly label: string;
  readonly meanScore: number;
  readonly hits: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly firstBox: Box;
  readonly lastBox: Box;
}
