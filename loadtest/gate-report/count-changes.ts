import type { Replay } from './replay.ts';

/** The number of objects as a run knows it over time: what its last analysis said. */
export function countsOver(timesMs: readonly number[], replay: Replay, label: string): number[] {
  let next = 0;
  let count = 0;
  return timesMs.map((atMs) => {
    for (let analysis = replay.analyses[next]; analysis !== undefined && analysis.atMs <= atMs; ) {
      count = analysis.picture.detections.filter((d) => d.label === label).length;
      analysis = replay.analyses[++next];
    }
    return count;
  });
}

export interface CountChange {
  readonly atMs: number;
  /** From when on another count holds. */
  readonly untilMs: number;
  readonly count: number;
}

/** Changes that last: a new count held for at least `frames` frames in a row. The first count is none. */
export function lastingChanges(timesMs: readonly number[], counts: readonly number[], frames: number): CountChange[] {
  const runs: { from: number; length: number; count: number }[] = [];
  counts.forEach((count, i) => {
    const last = runs.at(-1);
    if (last?.count === count) last.length++;
    else runs.push({ from: i, length: 1, count });
  });
  const changes: CountChange[] = [];
  let current: number | undefined;
  for (const run of runs) {
    if (run.length < frames || run.count === current) continue;
    if (current !== undefined) {
      changes.push({
        atMs: timesMs[run.from] ?? 0,
        untilMs: timesMs[run.from + run.length] ?? Number.POSITIVE_INFINITY,
        count: run.count,
      });
    }
    current = run.count;
  }
  return changes;
}

export interface ChangesSeen {
  readonly changes: number;
  readonly seen: number;
  /** Of those seen, ms. */
  readonly delaysMs: readonly number[];
  /** Times of those missed, ms. */
  readonly missedAtMs: readonly number[];
}

/** Which lasting changes of the ungated run the gated one came to know while they held, and how much later. */
export function changesSeen(ungated: Replay, gated: Replay, label: string, frames: number): ChangesSeen {
  const { timesMs } = ungated;
  const changes = lastingChanges(timesMs, countsOver(timesMs, ungated, label), frames);
  const known = countsOver(timesMs, gated, label);
  const delaysMs: number[] = [];
  const missedAtMs: number[] = [];
  for (const change of changes) {
    const at = timesMs.findIndex((t, i) => t >= change.atMs && t < change.untilMs && known[i] === change.count);
    if (at === -1) missedAtMs.push(change.atMs);
    else delaysMs.push((timesMs[at] ?? 0) - change.atMs);
  }
  return { changes: changes.length, seen: delaysMs.length, delaysMs, missedAtMs };
}
