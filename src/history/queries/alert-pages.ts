import { type Selectable, sql } from 'kysely';
import type { AlertTable, HistoryDb } from '../tables.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { orderBy, pageOf } from './event-pages.ts';
import { type AlertQuery, type PageRequest, queryShape } from './query.ts';
import type { AlertRow, Page } from './rows.ts';
import { all, bytewise, type Condition, isCamera, isOneOf } from './sql-parts.ts';

const KEY = [sql`at`, bytewise(sql`id`)];

/** One page of alerts by when they were opened. @throws BadQueryError for a cursor of another query */
export async function alertPage(db: HistoryDb, query: AlertQuery, page: PageRequest): Promise<Page<AlertRow>> {
  const shape = queryShape(query);
  const where: Condition[] = [...isCamera(query.cameras)];
  if (query.severities.length > 0) where.push(isOneOf(sql`severity`, query.severities));
  if (query.rules.length > 0) where.push(isOneOf(sql`rule`, query.rules));
  if (query.states.length === 1) where.push(isOneOf(sql`state`, query.states));
  const after = page.after === undefined ? undefined : decodeCursor(shape, page.after);
  const { rows } = await sql<Selectable<AlertTable>>`
    select * from alerts where ${all([...where, ...pageOf(query, KEY, after)])}
    order by ${orderBy(KEY, query.order)} limit ${page.limit + 1}`.execute(db);
  const given = rows.slice(0, page.limit);
  const last = given.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { rows: given.map(alertRow), next: more ? encodeCursor(shape, query, [last.at.getTime(), last.id]) : null };
}

const alertRow = (row: Selectable<AlertTable>): AlertRow => ({
  id: row.id,
  camera: row.camera,
  rule: row.rule,
  severity: row.severity,
  state: row.state,
  openedAt: row.opened_at.getTime(),
  closedAt: row.closed_at?.getTime() ?? null,
  title: row.title,
  message: row.message,
  value: row.value,
  threshold: row.threshold,
  data: row.data,
  snapshotPath: row.snapshot_path,
  acknowledgedAt: row.acknowledged_at?.getTime() ?? null,
  acknowledgedBy: row.acknowledged_by,
});
