import type { TrackedDetection } from '../../core/detection.ts';
import { percentileOf } from '../lib/statistics.ts';
import type { AnswerRecord } from '../swarm/record.ts';

export interface Continuity {
  /** Cameras whose results have track numbers. */
  readonly cameras: number;
  readonly tracks: number;
  /** Times a number came that had been given to an object long gone: the tracker went back. */
  readonly wentBack: readonly { readonly camera: string; readonly atMs: number; readonly tracks: number }[];
  /** How many tracks it went back, over those times. */
  readonly backP50: number | null;
  readonly backMax: number | null;
  /** Numbers nobody was told of: of frames whose result was lost on its way. */
  readonly holes: number;
}

/** A track may be told of again for so long after it was last. */
const AGAIN_MS = 1_500;

/**
 * Whether the trackers of cameras went on where they were: numbers of tracks only grow, over moves of their shard, too.
 * A tracker that began anew would give them out a second time.
 */
export function trackContinuity(answers: readonly AnswerRecord[]): Continuity {
  const byCamera = new Map<string, AnswerRecord[]>();
  for (const answer of answers) {
    if (answer.kind !== 'result' || answer.detections === undefined) continue;
    const known = byCamera.get(answer.camera);
    if (known === undefined) byCamera.set(answer.camera, [answer]);
    else known.push(answer);
  }
  const wentBack: { camera: string; atMs: number; tracks: number }[] = [];
  let cameras = 0;
  let tracks = 0;
  let holes = 0;
  for (const [camera, own] of byCamera) {
    const lastSeenMs = new Map<number, number>();
    let highest = 0;
    for (const { sentMs, numbers } of own.map(told).sort((a, b) => a.sentMs - b.sentMs)) {
      const anew = numbers.filter((n) => (lastSeenMs.get(n) ?? Number.NEGATIVE_INFINITY) < sentMs - AGAIN_MS);
      const back = anew.filter((n) => n <= highest && lastSeenMs.has(n));
      if (back.length > 0) wentBack.push({ camera, atMs: sentMs, tracks: highest + 1 - Math.min(...back) });
      for (const n of numbers) lastSeenMs.set(n, sentMs);
      highest = back.length > 0 ? Math.max(...numbers) : Math.max(highest, ...numbers);
    }
    if (lastSeenMs.size > 0) cameras++;
    tracks += lastSeenMs.size;
    holes += Math.max(0, Math.max(0, ...lastSeenMs.keys()) - lastSeenMs.size);
  }
  const far = wentBack.map((w) => w.tracks);
  return { cameras, tracks, wentBack, backP50: percentileOf(far, 0.5), backMax: percentileOf(far, 1), holes };
}

function told({ at, latencyMs, detections = [] }: AnswerRecord) {
  const numbers = (detections as readonly TrackedDetection[]).flatMap(({ track }) => track ?? []);
  return { sentMs: at - latencyMs, numbers };
}
