import { percentileOf, round } from '../lib/statistics.ts';
import type { AnswerRecord } from '../swarm/record.ts';

/** Percentiles of times, ms. */
export interface Times {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export function timesOf(values: readonly number[]): Times {
  const at = (share: number): number | null => {
    const value = percentileOf(values, share);
    return value === null ? null : round(value, 1);
  };
  return { count: values.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

export const isServed = ({ kind }: AnswerRecord): boolean => kind !== 'dropped';

export interface ServedAgain {
  /** From that moment until the first answer to a frame sent after it, the frame interval included. */
  readonly times: Times;
  readonly never: readonly string[];
}

/** When these cameras were served again after something happened. */
export function servedAgain(
  answers: readonly AnswerRecord[],
  cameras: Iterable<string>,
  happenedMs: number,
): ServedAgain {
  const first = new Map<string, number>();
  for (const answer of answers) {
    if (!isServed(answer) || answer.at - answer.latencyMs < happenedMs) continue;
    const known = first.get(answer.camera);
    if (known === undefined || answer.at < known) first.set(answer.camera, answer.at);
  }
  const asked = [...cameras];
  return {
    times: timesOf(asked.flatMap((camera) => first.get(camera) ?? []).map((at) => at - happenedMs)),
    never: asked.filter((camera) => !first.has(camera)),
  };
}

/** Frames served per second from `fromMs` to `toMs`, by when their answers came; and the least of any whole second. */
export function servedPerS(
  answers: readonly AnswerRecord[],
  fromMs: number,
  toMs: number,
): { readonly mean: number; readonly least: number } {
  const seconds = Math.max(1, Math.floor((toMs - fromMs) / 1_000));
  const counts = new Array<number>(seconds).fill(0);
  for (const answer of answers) {
    if (!isServed(answer)) continue;
    const second = Math.floor((answer.at - fromMs) / 1_000);
    if (second >= 0 && second < seconds) counts[second] = (counts[second] ?? 0) + 1;
  }
  return { mean: round(counts.reduce((a, n) => a + n, 0) / seconds, 1), least: Math.min(...counts) };
}
