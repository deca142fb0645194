import { describe, expect, it } from 'vitest';
import type { AnalysedPicture } from '../../../loadtest/gate-report/analyser.ts';
import { changesSeen, lastingChanges } from '../../../loadtest/gate-report/count-changes.ts';
import { offer, replayAll } from '../../../loadtest/gate-report/replay.ts';

const times = (count: number): number[] => Array.from({ length: count }, (_, i) => i * 200);
const picture = (bottles: number): AnalysedPicture => ({
  width: 640,
  height: 360,
  grid: { columns: 1, rows: 1, inputSize: 320, cells: new Uint8Array(1) },
  detections: Array.from({ length: bottles }, () => ({ label: 'bottle', classId: 1, score: 1, box: [0, 0, 1, 1] })),
});
const framesOf = (counts: readonly number[]) => offer(counts.map(picture), 5, 5, 0);

describe('changes of a count', () => {
  it('are those that last', () => {
    const counts = [3, 3, 3, 2, 3, 3, 2, 2, 2, 2, 3, 3, 3];
    expect(lastingChanges(times(13), counts, 3)).toEqual([
      { atMs: 1_200, untilMs: 2_000, count: 2 },
      { atMs: 2_000, untilMs: Number.POSITIVE_INFINITY, count: 3 },
    ]);
  });

  it('are seen late, or not at all, by a run that skips frames', () => {
    const frames = framesOf([3, 3, 3, 2, 2, 2, 3, 3, 3]);
    const ungated = replayAll(frames);
    const skipping = (kept: readonly number[]) => ({ ...ungated, analyses: frames.filter((_, i) => kept.includes(i)) });
    expect(changesSeen(ungated, skipping([0, 5, 6]), 'bottle', 3)).toEqual({
      changes: 2,
      seen: 2,
      delaysMs: [400, 0],
      missedAtMs: [],
    });
    expect(changesSeen(ungated, skipping([0, 7]), 'bottle', 3)).toMatchObject({ seen: 1, missedAtMs: [600] });
  });
});

describe('footage offered at a lower rate', () => {
  it('takes every so many-th frame, at the time it was taken', () => {
    const frames = offer(times(24), 24, 5, 2);
    expect(frames.map((f) => f.picture / 200)).toEqual([2, 6, 11, 16, 21]);
    expect(frames[1]?.atMs).toBe(250);
  });
});
