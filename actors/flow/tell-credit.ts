import type { StreamTarget } from '../../core/protocol.ts';

export interface Told {
  readonly credit: number;
  readonly target: StreamTarget;
  readonly atMs: number;
}

/** Rates within this share of each other are the same to a camera. */
const WORTH_TELLING = 0.05;
/** Larger changes are told at once: something began to move, or the queue is too long. */
const URGENT = 0.4;
const SETTLE_MS = 500;

/**
 * Whether a camera should hear of its new credit now. It goes along with an answer, so it costs a message and no more;
 * small changes wait for each other.
 */
export function worthTelling(last: Told, credit: number, target: StreamTarget, nowMs: number): boolean {
  if (target.width !== last.target.width || target.height !== last.target.height) return true;
  const change = Math.abs(target.fps - last.target.fps) / Math.max(target.fps, last.target.fps);
  if (change > URGENT) return true;
  return (change > WORTH_TELLING || credit !== last.credit) && nowMs - last.atMs >= SETTLE_MS;
}
