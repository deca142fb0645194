import { meanOrNull, median, percentileOf } from '../lib/statistics.ts';
import type { AnswerRecord } from '../swarm/record.ts';
import type { NodeSample } from './node-watch.ts';

/** What was measured of one part of a scenario. */
export interface Phase {
  /** Median of the p99 of its slices, ms; null of no results. A single stall of a shared machine does not decide it. */
  readonly p99Ms: number | null;
  /** Of all its results together. */
  readonly p99AllMs: number | null;
  readonly resultsPerS: number;
  /** Median of what each second's look at the event loop said, and the most of all, ms. */
  readonly loopP99Ms: number | null;
  readonly loopMaxMs: number | null;
  readonly rssBytes: number | null;
}

/** Frames of a slice are enough for a p99 at the rates used here. */
export const SLICE_MS = 5_000;

export function phaseOf(
  answers: readonly AnswerRecord[],
  samples: readonly NodeSample[],
  fromMs: number,
  toMs: number,
): Phase {
  const results = answers.filter((a) => a.kind === 'result' && a.at >= fromMs && a.at < toMs);
  const slices = Math.max(1, Math.floor((toMs - fromMs) / SLICE_MS));
  const sliceMs = (toMs - fromMs) / slices;
  const p99s = Array.from({ length: slices }, (_, i) => {
    const startMs = fromMs + i * sliceMs;
    const within = results.filter((a) => a.at >= startMs && a.at < startMs + sliceMs);
    return percentileOf(
      within.map((a) => a.latencyMs),
      0.99,
    );
  }).filter((p99) => p99 !== null);
  const looks = samples.filter((s) => s.atMs >= fromMs && s.atMs < toMs);
  return {
    p99Ms: p99s.length === 0 ? null : median(p99s),
    p99AllMs: percentileOf(
      results.map((a) => a.latencyMs),
      0.99,
    ),
    resultsPerS: toMs > fromMs ? (results.length * 1_000) / (toMs - fromMs) : 0,
    loopP99Ms: looks.length === 0 ? null : median(looks.map((s) => s.loopP99Ms)),
    loopMaxMs: looks.length === 0 ? null : Math.max(...looks.map((s) => s.loopMaxMs)),
    rssBytes: meanOrNull(looks.map((s) => s.rssBytes)),
  };
}

/**
 * From the return until everything the history had been given by then was in the database, ms: Infinity where it never
 * was, null where the node did not say (it was killed meanwhile).
 */
export function historyDrainMs(samples: readonly NodeSample[], returnedAtMs: number): number | null {
  const accepted = samples.filter((s) => s.atMs <= returnedAtMs).at(-1)?.history.accepted;
  const after = samples.filter((s) => s.atMs > returnedAtMs);
  if (accepted === undefined || after.some((s) => s.history.accepted < accepted)) return null;
  const drained = after.find(
    ({ history: { stored, stale, aside, dropped } }) => stored + stale + aside + dropped >= accepted,
  );
  return drained === undefined ? Number.POSITIVE_INFINITY : drained.atMs - returnedAtMs;
}
