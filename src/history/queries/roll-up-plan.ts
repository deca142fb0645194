import type { Behind } from './behind.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time-zone.ts';

/** The tables of measures and coverage, by how long one row's interval is. */
export const LEVELS = ['day', 'hour', 'minute'] as const;
export type Level = (typeof LEVELS)[number];

const LEVEL_MS: Readonly<Record<Level, number>> = { day: DAY_MS, hour: HOUR_MS, minute: MINUTE_MS };

/** A half-open range of ms since the Unix epoch that one table answers for. */
export interface LevelRange {
  readonly level: Level;
  readonly fromMs: number;
  readonly toMs: number;
}

/** More ranges than this in one statement cost more to plan than a finer table costs to read. */
const RANGES_MAX = 64;

/**
 * Which table answers for which part of the intervals between `edges` (ascending, whole minutes): the coarsest whose
 * rows lie within one interval and are not behind. Thirty days that begin at 14:37 are 23 minutes, 9 hours, 29 days, 14
 * hours and 37 minutes; days of a zone an hour away from UTC are hours.
 */
export function rollUpPlan(edges: readonly number[], behind: Behind): readonly LevelRange[] {
  for (const coarsest of LEVELS) {
    const ranges = planFrom(edges, LEVELS.slice(LEVELS.indexOf(coarsest)), behind);
    if (ranges.length <= RANGES_MAX || coarsest === 'minute') return ranges;
  }
  return [];
}

function planFrom(edges: readonly number[], levels: readonly Level[], behind: Behind): LevelRange[] {
  const ranges: LevelRange[] = [];
  const add = (level: Level, fromMs: number, toMs: number): void => {
    const last = ranges.at(-1);
    if (last !== undefined && last.level === level && last.toMs === fromMs) {
      ranges[ranges.length - 1] = { level, fromMs: last.fromMs, toMs };
    } else ranges.push({ level, fromMs, toMs });
  };
  const cut = (fromMs: number, toMs: number, at: number): void => {
    const level = levels[at];
    if (level === undefined || fromMs >= toMs) return;
    const unit = LEVEL_MS[level];
    const wholeFrom = Math.ceil(fromMs / unit) * unit;
    const wholeTo = Math.floor(toMs / unit) * unit;
    if (level === 'minute') return add(level, fromMs, toMs);
    if (wholeFrom >= wholeTo) return cut(fromMs, toMs, at + 1);
    cut(fromMs, wholeFrom, at + 1);
    let doneMs = wholeFrom;
    const late = level === 'day' ? behind.days : behind.hours;
    for (let i = firstFrom(late, wholeFrom); i < late.length; i++) {
      const lateMs = late[i] ?? wholeTo;
      if (lateMs >= wholeTo) break;
      if (doneMs < lateMs) add(level, doneMs, lateMs);
      cut(lateMs, lateMs + unit, at + 1);
      doneMs = lateMs + unit;
    }
    if (doneMs < wholeTo) add(level, doneMs, wholeTo);
    cut(wholeTo, toMs, at + 1);
  };
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1];
    if (next !== undefined) cut(edge, next, 0);
  }
  return ranges;
}

/** Index of the first of `sorted` that is not below `ms`. */
function firstFrom(sorted: readonly number[], ms: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? ms) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
