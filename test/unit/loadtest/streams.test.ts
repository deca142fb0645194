import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../core/detection.ts';
import {
  type CrossingCount,
  countCrossings,
  held,
  holds,
  type StreamsStep,
  streamsTable,
  streamsTargets,
} from '../../../loadtest/streams/outcome.ts';
import type { AnswerRecord } from '../../../loadtest/swarm/record.ts';
import { loadFigures } from './load-figures.ts';

const LOOP_MS = 10_000;
const options = {
  width: 100,
  height: 100,
  line: { from: [0, 50], to: [100, 50] },
  labels: new Set(['car']),
  scoreMin: 0.3,
} as const;

/** A car that drives down through the picture between seconds 2 and 6 of each round. */
function car(positionMs: number): readonly Detection[] {
  const t = positionMs % LOOP_MS;
  if (t < 2_000 || t >= 6_000) return [];
  const y = 0.2 + (0.6 * (t - 2_000)) / 4_000;
  return [{ label: 'car', classId: 2, score: 0.9, box: [0.4, y - 0.2, 0.6, y] }];
}

/** What a camera saw from `fromMs` to `toMs` of the recording, at 5 fps. */
const watch = (camera: string, fromMs: number, toMs: number): readonly AnswerRecord[] =>
  Array.from({ length: (toMs - fromMs) / 200 }, (_, i) => {
    const positionMs = fromMs + i * 200;
    return { camera, at: i, kind: 'result', latencyMs: 10, positionMs, detections: car(positionMs) };
  });

describe('countCrossings', () => {
  it('counts the rounds a camera saw whole, each anew', () => {
    expect(countCrossings(watch('a', 5_000, 35_000), LOOP_MS, options)).toEqual({
      crossings: 2,
      rounds: 2,
      perRound: 1,
    });
  });

  it('adds up cameras that began at other places of the recording', () => {
    const answers = [...watch('b', 0, 20_000), ...watch('a', 3_000, 23_000)];
    expect(countCrossings(answers, LOOP_MS, options)).toEqual({ crossings: 3, rounds: 3, perRound: 1 });
  });

  it('takes gated and dropped frames as seen but not as looked at', () => {
    const blind = watch('a', 0, 10_000).map((a) => ({ ...a, kind: 'acked' as const }));
    expect(countCrossings(blind, LOOP_MS, options)).toEqual({ crossings: 0, rounds: 1, perRound: 0 });
  });
});

describe('streams held', () => {
  const found = (perRound: number): CrossingCount => ({ crossings: perRound * 10, rounds: 10, perRound });
  const reference = found(8);
  const step = (streams: number, latencyMs: number, perRound: number, server: StreamsStep['server'] = 'camshard') => ({
    server,
    streams,
    figures: loadFigures({ resultsPerS: 10, latencyMs, closed: true }),
    crossings: found(perRound),
  });

  it('are those in time that find what the unsampled run finds, more or less', () => {
    expect(holds(step(10, 140, 8.3), reference)).toBe(true);
    expect(holds(step(10, 140, 7.7), reference)).toBe(true);
    expect(holds(step(10, 160, 8), reference)).toBe(false);
    expect(holds(step(10, 140, 7.5), reference)).toBe(false);
  });

  it('end at the first step that is not held', () => {
    const steps = [step(10, 50, 8), step(20, 90, 8), step(30, 200, 8), step(40, 90, 8), step(10, 300, 8, 'baseline')];
    expect(held(steps, 'camshard', reference)).toBe(20);
    expect(held(steps, 'baseline', reference)).toBe(0);
    expect(streamsTargets(steps, reference).map((t) => t.met)).toEqual([false, true]);
    expect(streamsTable(steps, reference).split('\n')).toHaveLength(2 + 5);
  });

  it('meet the target at three times the baseline', () => {
    const steps = [step(10, 50, 8), step(20, 90, 8), step(30, 120, 8)];
    expect(streamsTargets(steps, reference).every((t) => t.met)).toBe(true);
  });
});
