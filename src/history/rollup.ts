import { sql } from 'kysely';
import { type PartitionedTable, type PartitionSpan, partitionAt } from './partitions.ts';
import { type HistoryDb, VALID_SHARE_MIN } from './tables.ts';

/**
 * Hours from minutes, days from hours. Whoever writes a minute notes in the same transaction that its hour is behind;
 * the roll-up makes that hour anew, whole, and notes its day. A late row is a row like any other, and nothing is ever
 * added twice.
 */
export interface Level {
  readonly unit: 'hour' | 'day';
  readonly dirty: 'dirty_hours' | 'dirty_days';
  readonly from: 'minute' | 'hour';
}
export const HOURS: Level = { unit: 'hour', dirty: 'dirty_hours', from: 'minute' };
export const DAYS: Level = { unit: 'day', dirty: 'dirty_days', from: 'hour' };

/** An hour (day) is made anew this long after it first got behind: not with each of its sixty minutes. */
export const ROLLUP_DELAY_MS = 60_000;
/** Number of the advisory lock of whoever rolls up: of two at once the slower would put back older figures. */
const ROLLUP_LOCK = 0x63_61_6d_74;
/** Hours (days) of cameras in one transaction, at most; fewer where they take too long. */
export const ROLLUP_CHUNK = 200;

/**
 * Never one that was there before: a roll-up that began when the hour was noted an earlier time would take the note away.
 * Microseconds; below 2^53 until the year 2255.
 */
const FRESH_VERSION = sql`(date_part('epoch', now()) * 1000000)::bigint`;

/** Notes that the hours of these minutes are behind. `rows` in order of camera and time. */
export async function markHoursDirty(
  db: HistoryDb,
  rows: readonly { readonly camera: string; readonly at: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  const json = JSON.stringify(rows.map(({ camera, at }) => ({ camera, at })));
  await sql`insert into dirty_hours as t (camera, at, version, since)
    select distinct camera, date_trunc('hour', at), ${FRESH_VERSION}, now() from json_to_recordset(${json}::json) as r(camera text, at timestamptz)
    order by 1, 2
    on conflict (camera, at) do update set version = t.version + 1`.execute(db);
}

export interface DirtyRow {
  readonly camera: string;
  readonly at: Date;
  readonly version: number;
}

/** Some of what is behind since `beforeMs` or longer, the oldest first. */
export async function findDirty(
  db: HistoryDb,
  { dirty }: Level,
  beforeMs: number,
  rowsMax: number,
): Promise<readonly DirtyRow[]> {
  return await db
    .selectFrom(dirty)
    .select(['camera', 'at', 'version'])
    .where('since', '<=', new Date(beforeMs))
    .orderBy('at')
    .orderBy('camera')
    .limit(rowsMax)
    .execute();
}

/** The partitions that rolling these up writes into. */
export function partitionsFor({ unit }: Level, rows: readonly DirtyRow[]): PartitionSpan[] {
  const spans = new Map<string, PartitionSpan>();
  const tables: readonly PartitionedTable[] = [`measures_${unit}`, `coverage_${unit}`];
  for (const { at } of rows) {
    for (const table of tables) {
      const span = partitionAt(table, at.getTime());
      spans.set(span.name, span);
    }
  }
  return [...spans.values()];
}

/**
 * Makes these hours (days) anew. What has been written meanwhile, and what is being written now, has raised its
 * `version`: it stays noted, and its turn comes again. Does nothing, and says so, while another node is at it.
 */
export async function rollUp(db: HistoryDb, level: Level, rows: readonly DirtyRow[]): Promise<'done' | 'busy'> {
  if (rows.length === 0) return 'done';
  const { unit, from, dirty } = level;
  const at = sql`date_trunc(${sql.lit(unit)}, s.at)`;
  const json = JSON.stringify(rows.map(({ camera, at, version }) => ({ camera, at: at.toISOString(), version })));
  const picked = sql`json_to_recordset(${json}::json) as d(camera text, at timestamptz, version bigint)`;
  const range = sql`s.camera = d.camera and s.at >= d.at and s.at < d.at + ${sql.lit(`1 ${unit}`)}::interval`;
  // Known bounds let the planner leave out all other partitions.
  const times = rows.map(({ at }) => at.getTime());
  const lengthMs = unit === 'hour' ? 3_600_000 : 86_400_000;
  const first = new Date(Math.min(...times));
  const end = new Date(Math.max(...times) + lengthMs);
  const within = sql`s.at >= ${first} and s.at < ${end}`;
  return await db.transaction().execute(async (tx) => {
    const lock = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${ROLLUP_LOCK}::bigint) as mine`.execute(
      tx,
    );
    if (lock.rows[0]?.mine !== true) return 'busy';
    await sql`insert into ${sql.table(`measures_${unit}`)}
        (camera, at, metric, subject, direction, label, shard, epoch, seconds, n, sum, min, max, bins)
      select s.camera, ${at}, s.metric, s.subject, s.direction, s.label,
        (array_agg(s.shard order by s.epoch desc))[1], max(s.epoch), sum(s.seconds), sum(s.n), sum(s.sum), min(s.min),
        max(s.max), camshard_bins_sum(s.bins)
      from ${picked} join ${sql.table(`measures_${from}`)} s on ${range}
      where ${within}
      group by 1, 2, 3, 4, 5, 6
      on conflict (camera, at, metric, subject, direction, label) do update set
        shard = excluded.shard, epoch = excluded.epoch, seconds = excluded.seconds, n = excluded.n, sum = excluded.sum,
        min = excluded.min, max = excluded.max, bins = excluded.bins`.execute(tx);
    const share = (column: string) =>
      sql`case when sum(s.seconds) > 0 then sum(s.${sql.ref(column)} * s.seconds) / sum(s.seconds) else min(s.${sql.ref(column)}) end`;
    await sql`insert into ${sql.table(`coverage_${unit}`)}
        (camera, at, seconds, observed_share, analysed, gated, shed, rejected, lost, valid_share, valid)
      select s.camera, ${at}, sum(s.seconds), ${share('observed_share')}, sum(s.analysed), sum(s.gated), sum(s.shed),
        sum(s.rejected), sum(s.lost), ${share('valid_share')}, ${share('valid_share')} >= ${sql.lit(VALID_SHARE_MIN)}
      from ${picked} join ${sql.table(`coverage_${from}`)} s on ${range}
      where ${within}
      group by 1, 2
      on conflict (camera, at) do update set
        seconds = excluded.seconds, observed_share = excluded.observed_share, analysed = excluded.analysed,
        gated = excluded.gated, shed = excluded.shed, rejected = excluded.rejected, lost = excluded.lost,
        valid_share = excluded.valid_share, valid = excluded.valid`.execute(tx);
    if (unit === 'hour') {
      await sql`insert into dirty_days as t (camera, at, version, since)
        select distinct d.camera, date_trunc('day', d.at), ${FRESH_VERSION}, now() from ${picked} order by 1, 2
        on conflict (camera, at) do update set version = t.version + 1`.execute(tx);
    }
    await sql`delete from ${sql.table(dirty)} t using ${picked}
      where t.camera = d.camera and t.at = d.at and t.version = d.version`.execute(tx);
    return 'done';
  });
}
