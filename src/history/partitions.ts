import { type RawBuilder, sql } from 'kysely';
import { DAY_MS, raiseVersions } from './past-days.ts';
import type { HistoryDb } from './tables.ts';

/**
 * Partitions by time. There is no default partition: it would swallow rows, and nobody could make the partition they
 * belong into any more. One that is missing is made when the first row for it comes.
 */
export type Period = 'day' | 'month';
export type RetentionKind = 'predictions' | 'events' | 'metrics' | 'audit';

export interface Partitioned {
  readonly period: Period;
  /** Which of the settings says how long rows stay. */
  readonly retention: RetentionKind;
  /** Whether rows are a camera's, and so subject to its own retention. */
  readonly byCamera: boolean;
}

export const PARTITIONED = {
  predictions: { period: 'day', retention: 'predictions', byCamera: true },
  events: { period: 'day', retention: 'events', byCamera: true },
  alerts: { period: 'day', retention: 'events', byCamera: true },
  measures_minute: { period: 'day', retention: 'metrics', byCamera: true },
  measures_hour: { period: 'month', retention: 'metrics', byCamera: true },
  measures_day: { period: 'month', retention: 'metrics', byCamera: true },
  coverage_minute: { period: 'day', retention: 'metrics', byCamera: true },
  coverage_hour: { period: 'month', retention: 'metrics', byCamera: true },
  coverage_day: { period: 'month', retention: 'metrics', byCamera: true },
  audit: { period: 'month', retention: 'audit', byCamera: false },
} as const satisfies Record<string, Partitioned>;
export type PartitionedTable = keyof typeof PARTITIONED;
export const PARTITIONED_TABLES = Object.keys(PARTITIONED) as PartitionedTable[];

export { DAY_MS };

export interface PartitionSpan {
  readonly table: PartitionedTable;
  readonly name: string;
  /** ms since the Unix epoch, the end not included. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The partition of `table` that holds `atMs`: `events_p20260131`, `audit_p202601`. */
export function partitionAt(table: PartitionedTable, atMs: number): PartitionSpan {
  const at = new Date(atMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  const digits = at.toISOString().slice(0, 10).replaceAll('-', '');
  if (PARTITIONED[table].period === 'day') {
    const fromMs = Date.UTC(year, month, at.getUTCDate());
    return { table, name: `${table}_p${digits}`, fromMs, toMs: fromMs + DAY_MS };
  }
  const name = `${table}_p${digits.slice(0, 6)}`;
  return { table, name, fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
}

/** What a partition's name says; undefined for a table that is not one of ours. */
export function parsePartition(name: string): PartitionSpan | undefined {
  const match = /^(.+)_p(\d{4})(\d{2})(\d{2})?$/.exec(name);
  const [, parent, year, month, day] = match ?? [];
  const table = PARTITIONED_TABLES.find((known) => known === parent);
  if (table === undefined) return undefined;
  const span = partitionAt(table, Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  return span.name === name ? span : undefined;
}

/** Names of the partitions there are. */
export async function listPartitions(db: HistoryDb): Promise<PartitionSpan[]> {
  const { rows } = await sql<{ name: string }>`
    select child.relname as name
    from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent
    where parent.relkind = 'p' and parent.relnamespace = current_schema()::regnamespace`.execute(db);
  return rows.map(({ name }) => parsePartition(name)).filter((span) => span !== undefined);
}

/** Number of the advisory lock under which tables and partitions are made and dropped, one node at a time. */
export const SCHEMA_LOCK = 0x63_61_6d_73;

/** Waits for others' locks no longer than this: whoever comes later would wait behind us. */
const LOCK_WAIT_MS = 2_000;

/**
 * Makes partitions that are not there. Attached rather than made in place: that lets readers and writers of the table go
 * on meanwhile (SHARE UPDATE EXCLUSIVE in place of ACCESS EXCLUSIVE).
 */
export async function makePartitions(db: HistoryDb, spans: readonly PartitionSpan[]): Promise<void> {
  if (spans.length === 0) return;
  await db.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = ${sql.lit(LOCK_WAIT_MS)}`.execute(tx);
    await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK}::bigint)`.execute(tx);
    const there = new Set((await listPartitions(tx)).map(({ name }) => name));
    for (const span of spans) {
      if (there.has(span.name)) continue;
      const [from, to] = [instant(span.fromMs), instant(span.toMs)];
      await sql`create table ${sql.table(span.name)} (like ${sql.table(span.table)} including defaults including storage including constraints)`.execute(
        tx,
      );
      await sql`alter table ${sql.table(span.table)} attach partition ${sql.table(span.name)} for values from (${from}) to (${to})`.execute(
        tx,
      );
      there.add(span.name);
    }
  });
}

/** Drops a partition. Rejects where somebody holds it for too long: it is left for the next time. */
export async function dropPartition(db: HistoryDb, span: PartitionSpan, nowMs: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = ${sql.lit(LOCK_WAIT_MS)}`.execute(tx);
    await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK}::bigint)`.execute(tx);
    await sql`drop table if exists ${sql.table(span.name)}`.execute(tx);
    const days = Math.round((span.toMs - span.fromMs) / DAY_MS);
    await raiseVersions(
      tx,
      Array.from({ length: days }, (_, day) => span.fromMs + day * DAY_MS),
      nowMs,
    );
  });
}

const instant = (ms: number): RawBuilder<unknown> => sql.lit(new Date(ms).toISOString());

/** Partitions that should be there from now on: this period's and the next ones'. */
export function partitionsAhead(nowMs: number, days: number): PartitionSpan[] {
  const spans = new Map<string, PartitionSpan>();
  for (const table of PARTITIONED_TABLES) {
    for (let day = 0; day <= days; day++) {
      const span = partitionAt(table, nowMs + day * DAY_MS);
      spans.set(span.name, span);
    }
  }
  return [...spans.values()];
}
