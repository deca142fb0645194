import { sql } from 'kysely';
import type { Acknowledged, BatchRows, WrittenTable } from './rows.ts';
import { type HistoryDb, VALID_SHARE_MIN } from './tables.ts';

/**
 * Puts rows into their tables, one statement a table whatever the number of rows: they go as one JSON parameter, so
 * there is no limit of 65,535 parameters and one text to plan.
 */
const COLUMNS = {
  predictions: {
    ...{ at: 'timestamptz', camera: 'text', shard: 'integer', epoch: 'bigint', track: 'bigint', label: 'text' },
    ...{ mean_score: 'real', hits: 'integer', first_seen: 'timestamptz', last_seen: 'timestamptz' },
    ...{ first_box: 'real[]', last_box: 'real[]', model: 'text' },
  },
  events: {
    ...{ at: 'timestamptz', camera: 'text', shard: 'integer', epoch: 'bigint', kind: 'text', subject: 'text' },
    ...{ direction: 'text', label: 'text', track: 'bigint', value: 'double precision', data: 'jsonb' },
  },
  measures_minute: {
    ...{ at: 'timestamptz', camera: 'text', shard: 'integer', epoch: 'bigint', seconds: 'double precision' },
    ...{ metric: 'text', subject: 'text', direction: 'text', label: 'text', n: 'double precision' },
    ...{ sum: 'double precision', min: 'double precision', max: 'double precision', bins: 'double precision[]' },
  },
  coverage_minute: {
    ...{ at: 'timestamptz', camera: 'text', seconds: 'double precision', observed_share: 'double precision' },
    ...{ analysed: 'bigint', gated: 'bigint', shed: 'bigint', rejected: 'bigint', lost: 'bigint' },
    ...{ valid_share: 'double precision', valid: 'boolean' },
  },
  alerts: {
    ...{ id: 'text', at: 'timestamptz', camera: 'text', shard: 'integer', epoch: 'bigint', rule: 'text' },
    ...{ opening: 'bigint', severity: 'text', state: 'text', opened_at: 'timestamptz', closed_at: 'timestamptz' },
    ...{ title: 'text', message: 'text', value: 'double precision', threshold: 'double precision' },
    ...{ dedupe_key: 'text', data: 'jsonb', snapshot_path: 'text' },
  },
  audit: {
    ...{ id: 'text', at: 'timestamptz', who: 'text', via: 'text', action: 'text', subject: 'text' },
    ...{ before: 'jsonb', after: 'jsonb' },
  },
} as const satisfies Record<WrittenTable, Record<string, string>>;

/** Weighted mean of a share over two rows' seconds. */
const weighted = (share: string): string =>
  `case when t.seconds + excluded.seconds > 0
    then (t.${share} * t.seconds + excluded.${share} * excluded.seconds) / (t.seconds + excluded.seconds)
    else least(t.${share}, excluded.${share}) end`;

/** What happens to a row whose key is there already. See combine.ts. */
const CONFLICT: Record<WrittenTable, string> = {
  predictions: '',
  events: '',
  measures_minute: `on conflict (camera, at, metric, subject, direction, label) do update set
    shard = excluded.shard, epoch = excluded.epoch, seconds = t.seconds + excluded.seconds, n = t.n + excluded.n,
    sum = t.sum + excluded.sum, min = least(t.min, excluded.min), max = greatest(t.max, excluded.max),
    bins = camshard_bins_add(t.bins, excluded.bins)`,
  coverage_minute: `on conflict (camera, at) do update set
    seconds = t.seconds + excluded.seconds, observed_share = ${weighted('observed_share')},
    analysed = t.analysed + excluded.analysed, gated = t.gated + excluded.gated, shed = t.shed + excluded.shed,
    rejected = t.rejected + excluded.rejected, lost = t.lost + excluded.lost,
    valid_share = ${weighted('valid_share')}, valid = ${weighted('valid_share')} >= ${VALID_SHARE_MIN}`,
  // The same alert comes more than once, and its opening may come after its end: the end stays.
  alerts: `on conflict (at, id) do update set
    shard = excluded.shard, epoch = excluded.epoch, severity = excluded.severity, state = excluded.state,
    closed_at = excluded.closed_at, title = excluded.title, message = excluded.message, value = excluded.value,
    threshold = excluded.threshold, data = excluded.data,
    snapshot_path = coalesce(excluded.snapshot_path, t.snapshot_path)
    where t.state = 'opened'`,
  audit: 'on conflict (at, id) do nothing',
};

const STATEMENTS = new Map(
  (Object.keys(COLUMNS) as WrittenTable[]).map((table) => {
    const columns = Object.keys(COLUMNS[table]).map((name) => `"${name}"`);
    const typed = Object.entries(COLUMNS[table]).map(([name, type]) => `"${name}" ${type}`);
    const insert = `insert into ${table} as t (${columns.join(', ')}) select ${columns.join(', ')} from json_to_recordset(`;
    return [table, { insert, rest: `::json) as r(${typed.join(', ')}) ${CONFLICT[table]}` }] as const;
  }),
);

/** @returns rows given */
export async function writeRows<T extends WrittenTable>(db: HistoryDb, table: T, rows: BatchRows[T]): Promise<number> {
  const statement = STATEMENTS.get(table);
  if (rows.length === 0 || statement === undefined) return 0;
  await sql`${sql.raw(statement.insert)}${JSON.stringify(rows)}${sql.raw(statement.rest)}`.execute(db);
  return rows.length;
}

/** Notes who has seen which alerts. Of one that is not there (it was refused, or is too old) nothing is kept. */
export async function writeAcknowledgements(db: HistoryDb, rows: readonly Acknowledged[]): Promise<void> {
  if (rows.length === 0) return;
  const at = rows.map((row) => row.at).sort();
  // Known bounds let the planner leave out all other partitions.
  await sql`update alerts t set acknowledged_at = r.acknowledged_at, acknowledged_by = r.acknowledged_by
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as r(id text, at timestamptz, acknowledged_at timestamptz, acknowledged_by text)
    where t.at = r.at and t.id = r.id and t.at >= ${at[0]}::timestamptz and t.at <= ${at.at(-1)}::timestamptz`.execute(
    db,
  );
}
