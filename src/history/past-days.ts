import { sql } from 'kysely';
import type { HistoryDb } from './tables.ts';

export const DAY_MS = 86_400_000;

/**
 * Raises the versions of the days (UTC) of `timesMs` that are over by the writer's clock: whoever keeps answers about
 * them, on whatever node, sees that they no longer hold. To be called at the end of the transaction that changes rows of
 * those days; always in ascending order, so that two writers do not wait for each other in a circle.
 */
export async function raiseVersions(db: HistoryDb, timesMs: Iterable<number>, nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  const days = new Set<number>();
  for (const ms of timesMs) {
    const day = Math.floor(ms / DAY_MS);
    if (day < today) days.add(day);
  }
  if (days.size === 0) return;
  const json = JSON.stringify([...days].map((day) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10) })));
  await sql`insert into history_versions as t (day, version)
    select day, 1 from json_to_recordset(${json}::json) as r(day date) order by day
    on conflict (day) do update set version = t.version + 1`.execute(db);
}
