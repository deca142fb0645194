import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { EventTable, HistoryDb } from '../tables.ts';
import { BadQueryError } from './bad-query.ts';
import { type CursorKey, decodeCursor, encodeCursor } from './cursor.ts';
import { type EventQuery, type PageRequest, queryShape, type TimeRange } from './query.ts';
import type { EventRow, Page } from './rows.ts';
import { all, bytewise, type Condition, isCamera, isOneOf, time } from './sql-parts.ts';

/**
 * What tells events of one moment apart. There is no number that counts them: rows that agree in all of this are the same
 * event, and are next to each other.
 */
const KEY: readonly RawBuilder<unknown>[] = [
  sql`at`,
  bytewise(sql`camera`),
  bytewise(sql`kind`),
  bytewise(sql`subject`),
  bytewise(sql`direction`),
  bytewise(sql`label`),
  sql`coalesce(track, -1)`,
  sql`coalesce(value, -1)`,
];

/** Kinds whose subject is a line, a zone or a material; an incident's zone is in its data. */
const LINE_KINDS = ['line_crossed'];
const ZONE_KINDS = ['zone_entered', 'zone_left'];
const STATE_KINDS = ['incident', 'health'];

/** One page of events, newest first unless asked otherwise. @throws BadQueryError for a cursor of another query */
export async function eventPage(db: HistoryDb, query: EventQuery, page: PageRequest): Promise<Page<EventRow>> {
  const shape = queryShape(query);
  const where: Condition[] = [...isCamera(query.cameras), ...filters(query)];
  const { rows } = await sql<Selectable<EventTable>>`
    select at, camera, kind, subject, direction, label, track, value, data from events
    where ${all([...where, ...pageOf(query, KEY, page.after === undefined ? undefined : decodeCursor(shape, page.after))])}
    order by ${orderBy(KEY, query.order)} limit ${page.limit + 1}`.execute(db);
  const given = rows.slice(0, page.limit);
  const last = given.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { rows: given.map(eventRow), next: more ? encodeCursor(shape, query, keyOf(last)) : null };
}

function filters(query: EventQuery): Condition[] {
  const conditions: Condition[] = [];
  const kinds = [...query.kinds];
  if (kinds.length > 0) conditions.push(isOneOf(sql`kind`, kinds));
  if (query.lines.length > 0) conditions.push(ofKind(LINE_KINDS, isOneOf(sql`subject`, query.lines)));
  if (query.materials.length > 0) conditions.push(ofKind(['item'], isOneOf(sql`subject`, query.materials)));
  if (query.zones.length > 0) {
    const within = ofKind(ZONE_KINDS, isOneOf(sql`subject`, query.zones));
    const incident = ofKind(['incident'], isOneOf(sql`data->>'zone'`, query.zones));
    conditions.push(sql`(${within} or ${incident})`);
  }
  if (query.labels.length > 0) conditions.push(isOneOf(sql`label`, query.labels));
  if (query.directions.length > 0) conditions.push(ofKind(LINE_KINDS, isOneOf(sql`direction`, query.directions)));
  if (query.states.length > 0) conditions.push(ofKind(STATE_KINDS, isOneOf(sql`direction`, query.states)));
  return conditions;
}

const ofKind = (kinds: readonly string[], condition: Condition): Condition =>
  sql`(${isOneOf(sql`kind`, kinds)} and ${condition})`;

/** The range, narrowed to what comes after the last row given. */
export function pageOf(
  { fromMs, toMs, order }: TimeRange & { readonly order: 'newest' | 'oldest' },
  key: readonly RawBuilder<unknown>[],
  after: CursorKey | undefined,
): Condition[] {
  const conditions: Condition[] = [];
  if (fromMs !== null) conditions.push(sql`at >= ${time(fromMs)}`);
  if (toMs !== null) conditions.push(sql`at < ${time(toMs)}`);
  if (after === undefined) return conditions;
  const [atMs, ...rest] = after;
  if (typeof atMs !== 'number' || Math.abs(atMs) > 8.64e15 || after.length !== key.length) {
    throw new BadQueryError('after', 'the `next` of the page before');
  }
  const values = sql.join([
    time(atMs),
    ...rest.map((part) => (typeof part === 'number' ? sql.lit(part) : sql`${part}`)),
  ]);
  // Said of `at` alone too: partitions and indexes are chosen by it.
  conditions.push(order === 'newest' ? sql`at <= ${time(atMs)}` : sql`at >= ${time(atMs)}`);
  conditions.push(order === 'newest' ? sql`(${sql.join(key)}) < (${values})` : sql`(${sql.join(key)}) > (${values})`);
  return conditions;
}

export const orderBy = (key: readonly RawBuilder<unknown>[], order: 'newest' | 'oldest'): RawBuilder<unknown> =>
  sql.join(key.map((column) => (order === 'newest' ? sql`${column} desc` : column)));

const keyOf = (row: Selectable<EventTable>): CursorKey => [
  row.at.getTime(),
  row.camera,
  row.kind,
  row.subject,
  row.direction,
  row.label,
  row.track ?? -1,
  row.value ?? -1,
];

const eventRow = (row: Selectable<EventTable>): EventRow => ({
  at: row.at.getTime(),
  camera: row.camera,
  kind: row.kind,
  subject: row.subject,
  direction: row.direction === '' ? null : row.direction,
  label: row.label === '' ? null : row.label,
  track: row.track,
  value: row.value,
  // The columns are not stored twice.
  event: { kind: row.kind, atMs: row.at.getTime(), ...row.data },
});
