import { sql } from 'kysely';
import type { HistoryDb } from '../tables.ts';
import type { CameraFilter } from './query.ts';
import { all, isCamera, time } from './sql-parts.ts';
import { DAY_MS } from './time-zone.ts';

/** Hours and days whose roll-up lacks something that is in the minutes. Starts, ms since the Unix epoch, ascending. */
export interface Behind {
  readonly hours: readonly number[];
  /** Those with such an hour among them. */
  readonly days: readonly number[];
}

export const NOTHING_BEHIND: Behind = { hours: [], days: [] };

/**
 * What is behind between two moments. Whoever writes a minute notes its hour in the same transaction, and the note goes
 * in the one that makes the hour anew. So what is read *after* this, by it, has all that was written *before* it, however
 * late or long after an outage that was.
 */
export async function readBehind(db: HistoryDb, cameras: CameraFilter, fromMs: number, toMs: number): Promise<Behind> {
  const from = time(Math.floor(fromMs / DAY_MS) * DAY_MS);
  const where = all([sql`at >= ${from} and at < ${time(toMs)}`, ...isCamera(cameras)]);
  const { rows } = await sql<{ at: Date; hour: boolean }>`
    select distinct at, true as hour from dirty_hours where ${where}
    union all select distinct at, false as hour from dirty_days where ${where}`.execute(db);
  const hours = rows.filter(({ hour }) => hour).map(({ at }) => at.getTime());
  const days = rows.filter(({ hour }) => !hour).map(({ at }) => at.getTime());
  return {
    hours: hours.sort((a, b) => a - b),
    days: [...new Set([...days, ...hours.map((ms) => Math.floor(ms / DAY_MS) * DAY_MS)])].sort((a, b) => a - b),
  };
}
