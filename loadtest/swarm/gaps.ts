import { DurationHistogram, type DurationSummary, percentileOf, round } from '../lib/statistics.ts';

/**
 * How long cameras went unserved when their shard moved or their node died.
 *
 * A frame counts as served where it got a result, or an ack without one (gated, or results not asked for); a frame that
 * was shed, refused, lost or never answered does not. The **gap** between two served frames of a camera, neighbours in
 * the order of sending, is the time between their sendings less the camera's own frame interval at that time: what was
 * missing. The gap of an **interruption** (a redirect was followed: `moved`; the connection was lost: `lost`) is the
 * largest between neighbours that lie across it or within {@link WATCH_MS} after it.
 */

export type InterruptionKind = 'moved' | 'lost';

export interface GapSummary {
  /** Of each redirect followed, and of each connection lost, ms. */
  readonly moved: DurationSummary;
  readonly lost: DurationSummary;
  /** Over the cameras: the largest gap each had in the whole run, whatever it came from. */
  readonly largest: {
    readonly cameras: number;
    readonly p50: number | null;
    readonly p99: number | null;
    readonly max: number | null;
  };
  /** Cameras with an interruption of that kind. */
  readonly camerasMoved: number;
  readonly camerasLost: number;
  /** Interruptions after which the camera was never served again; their gap ends with the run. */
  readonly neverServedAgain: number;
  /** The cameras with the largest gaps: who to look at. */
  readonly worst: readonly { readonly camera: string; readonly gapMs: number }[];
}

/** So long after an interruption gaps are put down to it. */
const WATCH_MS = 5_000;
/** Answers come out of order across connections by so many frames at most. */
const REORDER_MAX = 16;
/** Interruptions of one camera; a camera with more has other troubles. */
const INTERRUPTIONS_MAX = 256;
const WORST_SHOWN = 5;

interface Interruption {
  readonly kind: InterruptionKind;
  readonly atMs: number;
  gapMs: number;
  /** A frame sent after it was served. */
  served: boolean;
}

interface Served {
  readonly sentMs: number;
  readonly intervalMs: number;
}

/** The served frames of one camera, as far as gaps are concerned. Fixed memory. */
export class CameraGaps {
  /** Largest gap so far, ms. */
  largestMs = 0;
  readonly interruptions: Interruption[] = [];
  /** Served, by time of sending, whose place among the others may still change. */
  readonly #recent: Served[] = [];
  #last: Served | undefined;

  /** @param intervalMs of the camera's frames at that time */
  served(sentMs: number, intervalMs: number): void {
    let at = this.#recent.length;
    while (at > 0 && (this.#recent[at - 1]?.sentMs ?? 0) > sentMs) at--;
    this.#recent.splice(at, 0, { sentMs, intervalMs });
    if (this.#recent.length > REORDER_MAX) this.#settle(this.#recent.shift());
  }

  interrupted(kind: InterruptionKind, atMs: number): void {
    if (this.interruptions.length < INTERRUPTIONS_MAX) {
      this.interruptions.push({ kind, atMs, gapMs: 0, served: false });
    }
  }

  /** The camera sent until `endMs`: what is still open ends there. */
  end(endMs: number): void {
    for (const frame of this.#recent.splice(0)) this.#settle(frame);
    const last = this.#last;
    if (last === undefined) return;
    this.#note(last, { sentMs: endMs, intervalMs: last.intervalMs });
  }

  #settle(frame: Served | undefined): void {
    if (frame === undefined) return;
    if (this.#last !== undefined) this.#note(this.#last, frame);
    this.#last = frame;
    for (const interruption of this.interruptions) if (frame.sentMs >= interruption.atMs) interruption.served = true;
  }

  #note(before: Served, after: Served): void {
    const interval = Math.max(before.intervalMs, after.intervalMs);
    const gapMs = Math.max(0, after.sentMs - before.sentMs - interval);
    if (gapMs > this.largestMs) this.largestMs = gapMs;
    for (const interruption of this.interruptions) {
      if (after.sentMs < interruption.atMs || before.sentMs > interruption.atMs + WATCH_MS) continue;
      interruption.gapMs = Math.max(interruption.gapMs, gapMs);
    }
  }
}

export function summariseGaps(cameras: readonly { readonly camera: string; readonly gaps: CameraGaps }[]): GapSummary {
  const histograms = { moved: new DurationHistogram(), lost: new DurationHistogram() };
  const touched = { moved: 0, lost: 0 };
  let neverServedAgain = 0;
  for (const { gaps } of cameras) {
    for (const { kind, gapMs, served } of gaps.interruptions) {
      histograms[kind].record(gapMs);
      if (!served) neverServedAgain++;
    }
    for (const kind of ['moved', 'lost'] as const) {
      if (gaps.interruptions.some((i) => i.kind === kind)) touched[kind]++;
    }
  }
  const largest = cameras.map(({ gaps }) => gaps.largestMs);
  const at = (share: number): number | null => {
    const value = percentileOf(largest, share);
    return value === null ? null : round(value, 1);
  };
  const worst = [...cameras].sort((a, b) => b.gaps.largestMs - a.gaps.largestMs).slice(0, WORST_SHOWN);
  return {
    moved: histograms.moved.summary(),
    lost: histograms.lost.summary(),
    largest: { cameras: cameras.length, p50: at(0.5), p99: at(0.99), max: at(1) },
    camerasMoved: touched.moved,
    camerasLost: touched.lost,
    neverServedAgain,
    worst: worst.map(({ camera, gaps }) => ({ camera, gapMs: round(gaps.largestMs, 1) })),
  };
}
