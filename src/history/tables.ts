import type { ColumnType, Insertable, Kysely, Selectable } from 'kysely';
import type { AuditEntry } from '../../core/history-record.ts';
import type { Metric } from '../../core/measure.ts';

/**
 * The history's tables as Kysely sees them; src/history/migrations makes them. What holds on both databases:
 *
 * - Times are `timestamptz`: a `Date` when read, a `Date` or ISO text when written. The session's time zone is UTC, so
 *   `date_trunc('hour', at)` cuts UTC hours.
 * - Every number is a JavaScript number, `count(*)`, `sum(bigint)` and `numeric` included (the adapters parse int8 and
 *   numeric to number: nothing here comes near 2^53).
 * - `jsonb` is a parsed value when read, JSON **text** when written.
 * - Names that a thing has not (subject, direction, label) are the empty text, never null, so that they can be keys.
 * - Tables with an `at` are partitioned by day of `at` (UTC); the hour and day roll-ups and audit by month. Say a range of
 *   `at` and only its partitions are read.
 * - `camera = ... and at >= ... and at < ...` is what the primary keys and indexes serve.
 * - A camera's records come from different shards and epochs over time; the columns tell which wrote a row last.
 */
export interface HistoryTables {
  readonly predictions: PredictionTable;
  readonly events: EventTable;
  readonly measures_minute: MeasureTable;
  readonly measures_hour: MeasureTable;
  readonly measures_day: MeasureTable;
  readonly coverage_minute: CoverageTable;
  readonly coverage_hour: CoverageTable;
  readonly coverage_day: CoverageTable;
  readonly alerts: AlertTable;
  readonly audit: AuditTable;
  readonly spool_cursors: SpoolCursorTable;
  readonly shard_fences: ShardFenceTable;
  readonly dirty_hours: DirtyTable;
  readonly dirty_days: DirtyTable;
  readonly history_versions: VersionTable;
  readonly migrations: MigrationTable;
}
export type HistoryDb = Kysely<HistoryTables>;

/** A point in time: read as a Date, written as a Date or ISO text. */
type Time = ColumnType<Date, Date | string, Date | string>;
type TimeOrNull = ColumnType<Date | null, Date | string | null, Date | string | null>;
/** JSON: read parsed, written as text. */
type Json<T> = ColumnType<T, string, string>;
/** x1, y1, x2, y2 in shares of the picture. */
type Box = ColumnType<number[], readonly number[], never>;

interface Sourced {
  readonly camera: string;
  readonly shard: number;
  readonly epoch: number;
}

/** One object the model found and the tracker followed; written when its track ends. Index (camera, at). */
export interface PredictionTable extends Sourced {
  /** = last_seen. */
  readonly at: Time;
  readonly track: number;
  readonly label: string;
  readonly mean_score: number;
  readonly hits: number;
  readonly first_seen: Time;
  readonly last_seen: Time;
  readonly first_box: Box;
  readonly last_box: Box;
  readonly model: string;
}

/**
 * A {@link CameraEvent} with its most asked for fields as columns; the whole of it is `data`. Index (camera, at), and
 * (kind, at) for questions over all cameras.
 *
 * | kind | subject | direction | value |
 * |---|---|---|---|
 * | line_crossed | line | the direction's name (`name`); `data.direction` has forward/backward | speedKmh |
 * | zone_entered | zone | | |
 * | zone_left | zone | | dwellS |
 * | route_taken | `from>to` | | travelS |
 * | incident | its kind (`stopped_vehicle`, ...); `data.zone` has the zone | opened/closed | number |
 * | health | condition | opened/closed | |
 * | daylight | day/night | | |
 * | item | material | allowed/not_allowed | score |
 */
export interface EventTable extends Sourced {
  readonly at: Time;
  readonly kind: string;
  readonly subject: string;
  readonly direction: string;
  readonly label: string;
  readonly track: number | null;
  readonly value: number | null;
  readonly data: Json<Record<string, unknown>>;
}

/**
 * Measures by minute, hour or day, see core/measure.ts for what n and sum mean by metric. Primary key (camera, at,
 * metric, subject, direction, label). `at` is the start of the minute, hour or day (UTC); an interval longer than a
 * minute is kept whole in the minute it starts in. What was not measured has no row.
 *
 * Combining rows: `sum(n)`, `sum("sum")`, `min("min")`, `max("max")`, `camshard_bins_sum(bins)` (an aggregate made by the
 * migration; null where no row has bins). Mean = sum/n where n > 0. For rates (per hour of observation) divide by the
 * coverage table's `seconds * observed_share`, not by `seconds` of these rows: those of quiet intervals are missing.
 *
 * Roll-ups lag behind the minutes by a minute or two (ROLLUP_DELAY_MS in rollup.ts; more right after an outage): for the
 * hours and days that `dirty_hours` and `dirty_days` name, ask the minutes. See queries/behind.ts.
 */
export interface MeasureTable extends Sourced {
  readonly at: Time;
  /** Length of the intervals that are in this row, s. */
  readonly seconds: number;
  readonly metric: ColumnType<Metric, string, string>;
  readonly subject: string;
  readonly direction: string;
  readonly label: string;
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Samples by bin; null where the metric has none. `double precision[]`. */
  readonly bins: ColumnType<number[] | null, readonly number[] | null, readonly number[] | null>;
}

/**
 * How much was seen, by minute, hour or day. Primary key (camera, at). Time for which the camera sent nothing at all and
 * nobody kept an interval has no row: compare `seconds` with the length asked for.
 */
export interface CoverageTable {
  readonly at: Time;
  readonly camera: string;
  /** Length of the intervals that are in this row, s. */
  readonly seconds: number;
  /** 0..1 of `seconds`; combine weighted: `sum(seconds * observed_share) / sum(seconds)`. */
  readonly observed_share: number;
  readonly analysed: number;
  readonly gated: number;
  readonly shed: number;
  readonly rejected: number;
  readonly lost: number;
  /** Share of `seconds` in intervals that were valid, 0..1; combine weighted as observed_share. */
  readonly valid_share: number;
  /** `valid_share >=` {@link VALID_SHARE_MIN}. */
  readonly valid: boolean;
}

/** Share of an hour's or day's observed intervals that must be valid for its figures to be called valid. */
export const VALID_SHARE_MIN = 0.8;

/** One row an alert; its end updates it. Primary key (at, id); at = opened_at. Indexes (camera, at), (state, at). */
export interface AlertTable extends Sourced {
  readonly id: string;
  readonly at: Time;
  readonly rule: string;
  readonly opening: number;
  readonly severity: string;
  readonly state: ColumnType<'opened' | 'closed', string, string>;
  readonly opened_at: Time;
  readonly closed_at: TimeOrNull;
  readonly title: string;
  readonly message: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly dedupe_key: string;
  readonly data: Json<Record<string, unknown>>;
  readonly snapshot_path: string | null;
  readonly acknowledged_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  readonly acknowledged_by: ColumnType<string | null, string | null | undefined, string | null>;
}

/** See {@link AuditEntry}. Primary key (at, id). */
export interface AuditTable {
  readonly id: string;
  readonly at: Time;
  readonly who: string;
  readonly via: string;
  readonly action: string;
  readonly subject: string;
  readonly before: Json<AuditEntry['before']>;
  readonly after: Json<AuditEntry['after']>;
}

/** Up to where each node's spool is in the database; moves in the transaction that writes the rows. */
export interface SpoolCursorTable {
  /** Id of the spool, made when its folder was. */
  readonly spool: string;
  readonly position: number;
  readonly updated_at: Time;
}

/** The newest epoch whose records were seen, by shard, and when its owner wrote the first of them. */
export interface ShardFenceTable {
  readonly shard: number;
  readonly epoch: number;
  readonly raised_at: Time;
}

/** Hours (days) whose roll-up is behind its minutes (hours). Primary key (camera, at). */
export interface DirtyTable {
  readonly camera: string;
  readonly at: Time;
  /** Tells a change during the roll-up from one before it. */
  readonly version: number;
  /** When it first got behind. */
  readonly since: Time;
}

/** How often rows of a day that was over were changed; no row: never. Primary key (day). */
export interface VersionTable {
  readonly day: Time;
  readonly version: number;
}

export interface MigrationTable {
  readonly version: number;
  readonly name: string;
  readonly applied_at: Time;
}

export type PredictionRow = Insertable<PredictionTable>;
export type EventRow = Insertable<EventTable>;
export type MeasureRow = Insertable<MeasureTable>;
export type CoverageRow = Insertable<CoverageTable>;
export type AlertRow = Insertable<AlertTable>;
export type AuditRow = Insertable<AuditTable>;
export type Measured = Selectable<MeasureTable>;
