import type { WatchedFrameHead } from '../../../core/protocol.ts';

/** A stretch of frames in which objects of one class were seen, without a pause longer than {@link PAUSE_MS_MAX}. */
export interface Sighting {
  readonly label: string;
  /** ms since the Unix epoch, by the node's clock. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly frames: number;
  /** Most objects of the class in one frame. */
  readonly atOnce: number;
  /** 0..1. */
  readonly scoreMax: number;
}

const PAUSE_MS_MAX = 2_000;
const SIGHTINGS_MAX = 40;

/** `sightings`, newest first, after one more frame: a class seen a moment ago goes on, another begins. */
export function addSightings(sightings: readonly Sighting[], head: WatchedFrameHead): readonly Sighting[] {
  const next = [...sightings];
  for (const [label, { count, scoreMax }] of countByLabel(head)) {
    const at = next.findIndex((s) => s.label === label);
    const open = next[at];
    if (open !== undefined && head.receivedAt - open.lastAt <= PAUSE_MS_MAX) {
      next[at] = {
        ...open,
        lastAt: head.receivedAt,
        frames: open.frames + 1,
        atOnce: Math.max(open.atOnce, count),
        scoreMax: Math.max(open.scoreMax, scoreMax),
      };
    } else {
      next.unshift({ label, firstAt: head.receivedAt, lastAt: head.receivedAt, frames: 1, atOnce: count, scoreMax });
    }
  }
  return next.slice(0, SIGHTINGS_MAX);
}

function countByLabel(head: WatchedFrameHead): Map<string, { count: number; scoreMax: number }> {
  const counts = new Map<string, { count: number; scoreMax: number }>();
  for (const { label, score } of head.detections) {
    const of = counts.get(label) ?? { count: 0, scoreMax: 0 };
    counts.set(label, { count: of.count + 1, scoreMax: Math.max(of.scoreMax, score) });
  }
  return counts;
}
