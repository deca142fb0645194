import { sql } from 'kysely';
import { HistoryError } from '../history-error.ts';
import type { HistoryDb } from '../tables.ts';
import { DAY_MS } from './time-zone.ts';

/** Versions of UTC days that are over, as one text: two that are equal say that nothing was written to those days. */
export interface DayVersions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** By the writers' clocks a day may be over this much later than by ours. */
const CLOCKS_APART_MS = 600_000;
const UNDEFINED_TABLE = '42P01';

/** Whether all days that a range touches are over on every node: from then on who writes to them raises their versions. */
export function isClosed(toMs: number, nowMs: number): boolean {
  return Math.ceil(toMs / DAY_MS) * DAY_MS + CLOCKS_APART_MS <= nowMs;
}

/** Reads the versions of the days of [fromMs, toMs); undefined where this database keeps none. */
export async function readVersions(db: HistoryDb, fromMs: number, toMs: number): Promise<DayVersions | undefined> {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  try {
    const { rows } = await sql<{ text: string | null }>`
      select string_agg(day::text || ':' || version, ',' order by day) as text from history_versions
      where day >= ${day(fromMs)}::date and day < ${day(Math.ceil(toMs / DAY_MS) * DAY_MS)}::date`.execute(db);
    return { fromMs, toMs, text: rows[0]?.text ?? '' };
  } catch (error) {
    if (error instanceof HistoryError && error.sqlState === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}
