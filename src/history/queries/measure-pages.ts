import { sql } from 'kysely';
import type { HistoryDb } from '../tables.ts';
import { BadQueryError } from './bad-query.ts';
import { type Behind, readBehind } from './behind.ts';
import { type CursorKey, decodeCursor, encodeCursor } from './cursor.ts';
import { measureRow } from './measure-row.ts';
import { groupColumns, type MeasureSqlRow, measureSql } from './measure-sql.ts';
import { type MeasureQuery, type PageRequest, queryShape } from './query.ts';
import { rollUpPlan } from './roll-up-plan.ts';
import type { MeasureRow, Page } from './rows.ts';
import { fromLevels, isCamera } from './sql-parts.ts';
import { MINUTE_MS } from './time-zone.ts';

/** Cameras whose rows one answer tells apart. */
const CAMERAS_LISTED_MAX = 12_000;
/** A minute is in the database this long after it ended, or it is late. */
const WRITE_DELAY_MS = 15_000;

/**
 * One page of measures. Work is bound by the page, not by the range: every interval (and camera) has a row, so a few
 * intervals fill a page, and only they are read.
 * @throws BadQueryError for a cursor of another query
 */
export async function measurePage(
  db: HistoryDb,
  query: MeasureQuery,
  page: PageRequest,
  nowMs: number,
): Promise<Page<MeasureRow>> {
  const shape = queryShape(query);
  const columns = groupColumns(query);
  let after = page.after === undefined ? undefined : decodeCursor(shape, page.after);
  const settledMs = Math.floor((nowMs - WRITE_DELAY_MS) / MINUTE_MS) * MINUTE_MS;
  const last = query.edges.length - 1;
  // First: whatever is written from here on is for the next who asks.
  const behind = await readBehind(db, query.cameras, query.edges[0] ?? 0, query.edges[last] ?? 0);
  const rollUps = [...new Set(rollUpPlan(query.edges, behind).map(({ level }) => level))];
  const cameras = columns.includes('camera') ? await camerasOf(db, query, behind) : undefined;
  if (cameras?.length === 0) return { rows: [], next: null, rollUps };

  let index = after === undefined ? 0 : startOf(query, after, columns.length);
  const rows: MeasureSqlRow[] = [];
  const startOfRow: number[] = [];
  while (index < last && rows.length <= page.limit) {
    const missing = page.limit + 1 - rows.length;
    const intervals = Math.ceil(missing / (cameras?.length ?? 1)) + (after === undefined ? 0 : 1);
    const edges = query.edges.slice(index, Math.min(last, index + intervals) + 1);
    const settled = edges.findIndex((edge) => edge >= settledMs);
    const { rows: found } = await measureSql({
      query,
      edges,
      cameras,
      behind,
      settled: settled === -1 ? edges.length : settled,
      after: after === undefined ? undefined : [0, ...after.slice(1)],
      limit: missing,
    }).execute(db);
    for (const row of found) {
      rows.push(row);
      startOfRow.push(index + row.b);
    }
    index += edges.length - 1;
    after = undefined;
  }
  const given = rows.slice(0, page.limit).map((row, i) => {
    const at = startOfRow[i] ?? 0;
    return measureRow(query, row, { startMs: query.edges[at] ?? 0, endMs: query.edges[at + 1] ?? 0, settledMs });
  });
  const lastRow = rows[page.limit - 1];
  const next =
    rows.length > page.limit && lastRow !== undefined
      ? encodeCursor(shape, { fromMs: query.edges[0] ?? 0, toMs: query.edges[last] ?? 0 }, [
          query.edges[startOfRow[page.limit - 1] ?? 0] ?? 0,
          ...columns.map((column) => lastRow[column] ?? ''),
        ])
      : null;
  return { rows: given, next, rollUps };
}

/** Number of the interval that a cursor's key begins with. */
function startOf({ edges }: MeasureQuery, key: CursorKey, columns: number): number {
  const index = edges.indexOf(Number(key[0]));
  if (index < 0 || key.length !== columns + 1 || key.slice(1).some((part) => typeof part !== 'string')) {
    throw new BadQueryError('after', 'the `next` of the page before');
  }
  return index;
}

/** The cameras that get a row in every interval: those named, and of those meant by a pattern all that were seen. */
async function camerasOf(db: HistoryDb, { cameras, edges }: MeasureQuery, behind: Behind): Promise<readonly string[]> {
  if (cameras.globs.length === 0 && cameras.ids.length > 0) return cameras.ids;
  const plan = rollUpPlan([edges[0] ?? 0, edges.at(-1) ?? 0], behind);
  const seen = fromLevels('coverage', plan, sql`camera`, isCamera({ ids: [], globs: cameras.globs }));
  const { rows } = await sql<{ camera: string }>`
    select distinct camera from (${seen}) as seen order by camera limit ${CAMERAS_LISTED_MAX + 1}`.execute(db);
  if (rows.length > CAMERAS_LISTED_MAX) {
    throw new BadQueryError('camera', `a narrower pattern: it means more than ${CAMERAS_LISTED_MAX}`);
  }
  return [...new Set([...cameras.ids, ...rows.map((row) => row.camera)])];
}
