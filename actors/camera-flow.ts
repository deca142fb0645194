import { RateMeter } from '../core/rate-meter.ts';
import type { Priority } from '../models/batch/pending-frames.ts';
import type { SamplingRange } from './flow/sampling.ts';

/**
 * What is asked of one camera, and what it makes of it. Part of its record: the camera actor says what the camera wants
 * and reads what it gets, the flow actor shares out.
 */
export class CameraFlow {
  /** By the node's configuration, or by the camera's own settings. */
  priority: Priority;
  /** What it may be asked for, frames/s; likewise. */
  range: SamplingRange;
  /** What the camera would be asked for were there capacity without end: by its scene, within its range. frames/s */
  wantedFps: number;
  /** What is asked of it now, frames/s. */
  targetFps: number;
  /** What it got of what it could use when the node was last shared out, 0..1. */
  grantedShare = 1;
  /** Unanswered frames it may have. */
  credit: number;
  /** Keeps to what is asked of it: its frames tell whether the queue is too long. */
  obeys = true;
  /** What it sends when it may, as far as known, frames/s. */
  ownFps: number;
  /** What its meter would show, did it keep exactly to its targets, frames/s. */
  expectedFps = 0;
  /** The highest target of late: what it sends is held against that. */
  heldFps: number;
  /** When it was first looked at, monotonic ms: rates of younger ones than their window say little. */
  knownSinceMs: number | undefined;
  disobedientSinceMs: number | undefined;
  /** It kept sending past its credit: its next frame is its last on this connection. */
  expelled = false;
  /** What it sends is no more than its fair share of what the devices do. */
  withinShare = true;
  /** Nothing moves in its pictures. */
  still = false;
  /** Frames that were analysed, or looked at and found still, or too soon after one that was. */
  readonly served = new RateMeter();

  constructor(priority: Priority, range: SamplingRange, credit: number) {
    const fps = range.fpsMax;
    this.priority = priority;
    this.range = range;
    this.wantedFps = fps;
    this.targetFps = fps;
    this.heldFps = fps;
    this.ownFps = fps;
    this.credit = credit;
  }
}
