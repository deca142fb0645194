import { sql } from 'kysely';
import { SPEED_BINS } from '../../core/measure.ts';
import { makePartitions, PARTITIONED_TABLES, type PartitionSpan, partitionAt } from '../../src/history/partitions.ts';
import type { HistoryDb } from '../../src/history/tables.ts';

/** A history as a hundred cameras at a road leave it, made in the database itself: half a minute for a million rows. */
export interface FillOptions {
  readonly cameras: number;
  readonly days: number;
  /** Rows of measures (by minute) and events together. */
  readonly rows: number;
  readonly nowMs: number;
}

export interface Filled {
  readonly measuresMinute: number;
  readonly measuresHour: number;
  readonly measuresDay: number;
  readonly coverageMinute: number;
  readonly events: number;
  readonly alerts: number;
}

const DAY_MS = 86_400_000;
/** Of the rows asked for; the others are events. */
const MEASURES_SHARE = 0.86;
/** Coverage by minute is made for this long only: 4.3 million more rows would say nothing more. */
const COVERAGE_MINUTE_DAYS = 2;

export async function fill(db: HistoryDb, { cameras, days, rows, nowMs }: FillOptions): Promise<Filled> {
  const end = new Date(Math.floor(nowMs / 60_000) * 60_000);
  const start = new Date(end.getTime() - days * DAY_MS);
  const spans = new Map<string, PartitionSpan>();
  for (let ms = start.getTime() - DAY_MS; ms <= nowMs + DAY_MS; ms += DAY_MS) {
    for (const table of PARTITIONED_TABLES) {
      const span = partitionAt(table, ms);
      spans.set(span.name, span);
    }
  }
  await makePartitions(db, [...spans.values()]);
  const measures = Math.floor(rows * MEASURES_SHARE);
  const everyS = (days * 86_400 * cameras * 4) / measures;
  await sql`select setseed(0.42)`.execute(db);
  // Four rows each time a camera measures something: cars in, cars out, trucks in, and speeds of cars.
  const bins = sql.join(Array.from({ length: SPEED_BINS }, (_, i) => sql.lit(i >= 6 && i <= 12 ? 1 : 0)));
  await sql`insert into measures_minute
      (at, camera, shard, epoch, seconds, metric, subject, direction, label, n, sum, min, max, bins)
    select date_trunc('minute', t), 'cam-' || lpad(c::text, 3, '0'), c % 256, 1, 60, k.metric, 'main', k.direction,
      k.label, 1 + floor(random() * 9), k.mean * (1 + floor(random() * 9)), 1, 90,
      case when k.metric = 'speed' then array[${bins}]::double precision[] end
    from generate_series(0, ${sql.lit(cameras - 1)}) as c,
      generate_series(${start}::timestamptz, ${end}::timestamptz - interval '1 minute', ${sql.lit(`${everyS} seconds`)}::interval) as t,
      (values ('crossings', 'in', 'car', 1), ('crossings', 'out', 'car', 1), ('crossings', 'in', 'truck', 1),
        ('speed', '', 'car', 42)) as k(metric, direction, label, mean)
    on conflict do nothing`.execute(db);
  await rollUp(db, 'minute', 'hour');
  await rollUp(db, 'hour', 'day');
  const coverage = async (level: string, from: Date, seconds: number): Promise<void> => {
    await sql`insert into ${sql.table(`coverage_${level}`)}
        (at, camera, seconds, observed_share, analysed, gated, shed, rejected, lost, valid_share, valid)
      select t, 'cam-' || lpad(c::text, 3, '0'), ${sql.lit(seconds)}, 0.9 + random() / 10, 600, 20, 3, 0, 0, 1, true
      from generate_series(0, ${sql.lit(cameras - 1)}) as c,
        generate_series(date_trunc(${sql.lit(level)}, ${from}::timestamptz), ${end}::timestamptz - interval '1 minute',
          ${sql.lit(`${seconds} seconds`)}::interval) as t`.execute(db);
  };
  await coverage('minute', new Date(end.getTime() - COVERAGE_MINUTE_DAYS * DAY_MS), 60);
  await coverage('hour', start, 3_600);
  await coverage('day', start, 86_400);
  // As on a node that runs: the hour and the day in progress are behind, of every camera.
  for (const unit of ['hour', 'day']) {
    await sql`insert into ${sql.table(`dirty_${unit}s`)} (camera, at, version, since)
      select 'cam-' || lpad(c::text, 3, '0'), date_trunc(${sql.lit(unit)}, ${end}::timestamptz), 1, now()
      from generate_series(0, ${sql.lit(cameras - 1)}) as c`.execute(db);
  }
  const events = rows - measures;
  await sql`insert into events (at, camera, shard, epoch, kind, subject, direction, label, track, value, data)
    select at, 'cam-' || lpad(c::text, 3, '0'), 0, 1, kind, 'main', 'in', 'car', i, 41.5,
      jsonb_build_object('kind', kind, 'atMs', extract(epoch from at) * 1000, 'track', i, 'label', 'car', 'line', 'main')
    from (
      select i, floor(random() * ${sql.lit(cameras)})::int as c,
        date_trunc('milliseconds', ${start}::timestamptz + random() * (${end}::timestamptz - ${start}::timestamptz)) as at,
        case when i % 50 = 0 then 'incident' when i % 10 = 0 then 'zone_left' else 'line_crossed' end as kind
      from generate_series(1, ${sql.lit(events)}) as i
    ) as made`.execute(db);
  const alerts = Math.floor(events / 50);
  await sql`insert into alerts (id, at, camera, shard, epoch, rule, opening, severity, state, opened_at, closed_at, title,
      message, value, threshold, dedupe_key, data)
    select camera || ':queue:' || i, at, camera, 0, 1, 'queue', i,
      (array['info', 'warning', 'critical'])[1 + i % 3], case when i % 100 = 0 then 'opened' else 'closed' end, at,
      case when i % 100 = 0 then null else at + interval '5 minutes' end, 'Queue', '7 vehicles wait', 7, 5, 'queue', '{}'
    from (
      select i, 'cam-' || lpad(floor(random() * ${sql.lit(cameras)})::int::text, 3, '0') as camera,
        date_trunc('milliseconds', ${start}::timestamptz + random() * (${end}::timestamptz - ${start}::timestamptz)) as at
      from generate_series(1, ${sql.lit(alerts)}) as i
    ) as made`.execute(db);
  await sql`analyze`.execute(db);
  return await countRows(db);
}

async function rollUp(db: HistoryDb, from: string, to: string): Promise<void> {
  const bins = sql.join(Array.from({ length: SPEED_BINS }, (_, i) => sql`sum(bins[${sql.lit(i + 1)}])`));
  await sql`insert into ${sql.table(`measures_${to}`)}
      (at, camera, shard, epoch, seconds, metric, subject, direction, label, n, sum, min, max, bins)
    select date_trunc(${sql.lit(to)}, at), camera, 0, 1, sum(seconds), metric, subject, direction, label, sum(n), sum(sum),
      min(min), max(max), case when metric = 'speed' then array[${bins}] end
    from ${sql.table(`measures_${from}`)} group by 1, camera, metric, subject, direction, label`.execute(db);
}

async function countRows(db: HistoryDb): Promise<Filled> {
  const count = async (table: string): Promise<number> =>
    (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db)).rows[0]?.n ?? 0;
  return {
    measuresMinute: await count('measures_minute'),
    measuresHour: await count('measures_hour'),
    measuresDay: await count('measures_day'),
    coverageMinute: await count('coverage_minute'),
    events: await count('events'),
    alerts: await count('alerts'),
  };
}
