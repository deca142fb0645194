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

/** Roll-ups are made within this time of their end, unless the database was away; until then finer rows answer. */
const MADE_WITHIN_MS: Readonly<Record<Level, number>> = { day: 10 * MINUTE_MS, hour: 5 * MINUTE_MS, minute: 0 };

/** More ranges than this in one statement cost more to plan than a finer table costs to read. */
const RANGES_MAX = 64;

/**
 * Which table answers for which part of the intervals between `edges` (ascending, whole minutes): the coarsest whose
 * rows lie within one interval and have been made by now. Thirty days that begin at 14:37 are 23 minutes, 9 hours, 29 days, 14 hours and 37
 * minutes; days of a zone an hour away from UTC are hours.
 */
export function rollUpPlan(edges: readonly number[], nowMs: number): readonly LevelRange[] {
  for (const coarsest of LEVELS) {
    const ranges = planFrom(edges, LEVELS.slice(LEVELS.indexOf(coarsest)), nowMs);
    if (ranges.length <= RANGES_MAX || coarsest === 'minute') return ranges;
  }
  return [];
}

function planFrom(edges: readonly number[], levels: readonly Level[], nowMs: number): LevelRange[] {
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
    const wholeTo = Math.floor(Math.min(toMs, nowMs - MADE_WITHIN_MS[level]) / unit) * unit;
    if (level === levels.at(-1)) add(level, fromMs, toMs);
    else if (wholeFrom >= wholeTo) cut(fromMs, toMs, at + 1);
    else {
      cut(fromMs, wholeFrom, at + 1);
      add(level, wholeFrom, wholeTo);
      cut(wholeTo, toMs, at + 1);
    }
  };
  for (const [index, edge] of edges.entries()) {
    const next = edges[index + 1];
    if (next !== undefined) cut(edge, next, 0);
  }
  return ranges;
}
