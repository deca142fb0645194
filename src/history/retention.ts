import { sql } from 'kysely';
import {
  DAY_MS,
  dropPartition,
  listPartitions,
  PARTITIONED,
  PARTITIONED_TABLES,
  type Partitioned,
  type PartitionedTable,
  type PartitionSpan,
  type RetentionKind,
} from './partitions.ts';
import type { HistoryDb } from './tables.ts';

/** A camera whose rows go earlier than the node's settings say. Days of those kinds only. */
export interface CameraRetention {
  readonly camera: string;
  readonly predictionsDays: number | null;
  readonly eventsDays: number | null;
}

/** How long rows are kept, by kind. */
export class RetentionDays {
  readonly #days: Readonly<Record<RetentionKind, number>>;

  constructor(days: Readonly<Record<RetentionKind, number>>) {
    this.#days = days;
  }

  /** Rows dated from here on are kept; always the start of a day (UTC), ms since the Unix epoch. */
  keptFromMs(table: PartitionedTable, nowMs: number): number {
    return startOfDay(nowMs) - this.#days[PARTITIONED[table].retention] * DAY_MS;
  }
}

/** Partitions nothing of which is kept any more. */
export function outlived(spans: readonly PartitionSpan[], retention: RetentionDays, nowMs: number): PartitionSpan[] {
  return spans.filter(({ table, toMs }) => toMs <= retention.keptFromMs(table, nowMs));
}

/** Drops what is outlived. @returns the partitions that are gone */
export async function dropOutlived(db: HistoryDb, retention: RetentionDays, nowMs: number): Promise<PartitionSpan[]> {
  const spans = outlived(await listPartitions(db), retention, nowMs);
  for (const span of spans) await dropPartition(db, span, nowMs);
  return spans;
}

/** Rows deleted by one statement: it must end well within its time-out. */
const DELETE_ROWS = 5_000;

/**
 * Deletes rows of cameras that keep theirs for a shorter time than the node.
 * @returns rows deleted
 */
export async function deleteByCamera(
  db: HistoryDb,
  cameras: readonly CameraRetention[],
  nowMs: number,
): Promise<number> {
  let deleted = 0;
  for (const { camera, predictionsDays, eventsDays } of cameras) {
    for (const table of PARTITIONED_TABLES) {
      const { retention, byCamera }: Partitioned = PARTITIONED[table];
      const days = { predictions: predictionsDays, events: eventsDays, metrics: null, audit: null }[retention];
      if (!byCamera || days === null) continue;
      deleted += await deleteBefore(db, table, camera, new Date(startOfDay(nowMs) - days * DAY_MS));
    }
  }
  return deleted;
}

async function deleteBefore(db: HistoryDb, table: PartitionedTable, camera: string, before: Date): Promise<number> {
  let deleted = 0;
  for (;;) {
    // All of them are of days that are over: whoever keeps answers about these is told in the same statement.
    const { rows } = await sql<{ n: number }>`with gone as (
        delete from ${sql.table(table)} t using (
          select tableoid, ctid from ${sql.table(table)} where camera = ${camera} and at < ${before} limit ${sql.lit(DELETE_ROWS)}
        ) old where t.tableoid = old.tableoid and t.ctid = old.ctid and t.camera = ${camera} and t.at < ${before}
        returning t.at
      ), raised as (
        insert into history_versions as v (day, version) select distinct at::date, 1 from gone order by 1
        on conflict (day) do update set version = v.version + 1
      )
      select count(*) as n from gone`.execute(db);
    const n = rows[0]?.n ?? 0;
    deleted += n;
    if (n < DELETE_ROWS) return deleted;
  }
}

const startOfDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
