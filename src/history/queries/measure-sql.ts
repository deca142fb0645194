import { type RawBuilder, sql } from 'kysely';
import { SPEED_BINS } from '../../../core/measure.ts';
import type { Behind } from './behind.ts';
import type { CursorKey } from './cursor.ts';
import type { MeasureQuery } from './query.ts';
import { COMPOSITION_METRICS, type GroupColumn } from './resources.ts';
import { type LevelRange, rollUpPlan } from './roll-up-plan.ts';
import { all, bytewise, type Condition, fromLevels, intervalIndex, isCamera, isOneOf } from './sql-parts.ts';

/** One row as the database gives it. */
export interface MeasureSqlRow {
  /** Number of the interval within the slice. */
  readonly b: number;
  readonly camera?: string;
  readonly subject?: string;
  readonly direction?: string;
  readonly label?: string;
  /** Cameras that have coverage in the interval; null where none. */
  readonly cameras: number | null;
  readonly covered_s: number | null;
  readonly observed_s: number | null;
  readonly valid_s: number | null;
  /** Null where nothing was measured. */
  readonly n: number | null;
  readonly sum: number | null;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly bins?: number[] | null;
  /** Compositions only. */
  readonly group_n?: number | null;
  readonly group_sum?: number | null;
  readonly bad_n?: number | null;
  readonly bad_sum?: number | null;
  readonly group_bad_sum?: number | null;
  readonly review_n?: number | null;
}

export interface MeasureSlice {
  readonly query: MeasureQuery;
  /** Those of the query's edges that this statement answers for. */
  readonly edges: readonly number[];
  /** Cameras that get rows whether they were seen or not; undefined where rows are not by camera. */
  readonly cameras: readonly string[] | undefined;
  /** Which roll-ups lack something. */
  readonly behind: Behind;
  /** Intervals from this one on have rows only where something is known of them. */
  readonly settled: number;
  /** Key of the last row given: number of the interval within the slice, then the columns of `by`. */
  readonly after: CursorKey | undefined;
  readonly limit: number;
}

/** The columns rows are told apart by, in the order they are sorted. */
export const groupColumns = ({ spec, by }: MeasureQuery): readonly GroupColumn[] =>
  by.flatMap((name) => spec.columns.get(name) ?? []);

/**
 * The rows of some intervals, sorted by interval and group. The intervals themselves (and the cameras) are what is
 * joined to, so that one without measures has a row that says how much of it was observed: nothing counted is told from
 * nobody looking.
 */
export function measureSql(slice: MeasureSlice): RawBuilder<MeasureSqlRow> {
  const { query, edges, cameras, behind, settled, after, limit } = slice;
  const plan = rollUpPlan(edges, behind);
  const columns = groupColumns(query);
  const byCamera = columns.includes('camera');
  const joined = (table: string): RawBuilder<unknown> =>
    byCamera
      ? sql`${sql.ref(`${table}.b`)} = g.b and ${sql.ref(`${table}.camera`)} = g.camera`
      : sql`${sql.ref(`${table}.b`)} = g.b`;
  const key = [
    sql`g.b`,
    ...columns.map((c) =>
      c === 'camera' ? bytewise(sql`g.camera`) : bytewise(sql`coalesce(${sql.ref(`m.${c}`)}, '')`),
    ),
  ];
  const where: Condition[] = [sql`(g.b < ${settled} or c.b is not null or m.b is not null)`];
  if (after !== undefined) where.push(sql`(${sql.join(key)}) > (${sql.join(after)})`);
  const cameraList = (cameras ?? []).join(',');
  const numbers = sql`generate_series(0, ${sql.lit(edges.length - 2)}) as b`;
  const grid = byCamera
    ? sql`select b, camera from ${numbers} cross join unnest(string_to_array(${cameraList}, ',')) as camera`
    : sql`select b from ${numbers}`;
  return sql<MeasureSqlRow>`
    with g as (${grid}),
    c as (${coverageOf(query, edges, plan, byCamera)}),
    m as (${query.resource === 'composition' ? compositionOf(query, edges, plan) : measuresOf(query, edges, plan)})
    select g.b, ${sql.join([
      ...columns.map((c, i) => sql`${key[i + 1]} as ${sql.ref(c)}`),
      sql`c.cameras, c.covered_s, c.observed_s, c.valid_s`,
      ...figureNames(query).map((name) => sql.ref(`m.${name}`)),
    ])}
    from g left join c on ${joined('c')} left join m on ${joined('m')}
    where ${all(where)}
    order by ${sql.join(key)} limit ${sql.lit(limit)}`;
}

function figureNames({ resource }: MeasureQuery): readonly string[] {
  if (resource === 'composition') {
    return ['n', 'sum', 'group_n', 'group_sum', 'bad_n', 'bad_sum', 'group_bad_sum', 'review_n'];
  }
  return resource === 'speeds' ? ['n', 'sum', 'min', 'max', 'bins'] : ['n', 'sum', 'min', 'max'];
}

function coverageOf(
  { cameras }: MeasureQuery,
  edges: readonly number[],
  plan: readonly LevelRange[],
  byCamera: boolean,
): RawBuilder<unknown> {
  const columns = sql`${intervalIndex(edges)} as b, camera, seconds, observed_share, valid_share`;
  const each = sql`select b, camera, 1 as cameras, sum(seconds) as covered_s,
    sum(seconds * observed_share) as observed_s, sum(seconds * valid_share) as valid_s
    from (${fromLevels('coverage', plan, columns, isCamera(cameras))}) as part group by b, camera`;
  if (byCamera) return each;
  // Cameras are counted in a second step: `count(distinct)` would sort all rows by their names.
  return sql`select b, count(*) as cameras, sum(covered_s) as covered_s, sum(observed_s) as observed_s,
    sum(valid_s) as valid_s from (${each}) as each_camera group by b`;
}

/** Those that are not looked at may have any value; `skip` is filtered later. */
function filtersOf({ cameras, filters }: MeasureQuery, skip?: GroupColumn): Condition[] {
  const wanted = [...filters].filter(([column]) => column !== skip);
  return [...isCamera(cameras), ...wanted.map(([column, values]) => isOneOf(sql.ref(column), values))];
}

function measuresOf(query: MeasureQuery, edges: readonly number[], plan: readonly LevelRange[]): RawBuilder<unknown> {
  const speeds = query.resource === 'speeds';
  const columns = sql`${intervalIndex(edges)} as b, ${sql.join(
    groupColumns(query)
      .map((c) => sql.ref(c))
      .concat(FIGURES),
  )}
    ${speeds ? sql`, bins` : sql``}`;
  const groups = sql.join([sql`b`, ...groupColumns(query).map((c) => sql.ref(c))]);
  const where = [sql`metric = ${query.spec.metric}`, sql`n > 0`, ...filtersOf(query)];
  return sql`select ${groups}, sum(n) as n, sum("sum") as "sum", min("min") as "min", max("max") as "max"
    ${speeds ? sql`, array[${sql.join(BIN_SUMS)}] as bins` : sql``}
    from (${fromLevels('measures', plan, columns, where)}) as part group by ${groups}`;
}

/** A sum a bin: several times as fast as an aggregate over arrays. Rows without bins count as none. */
const BIN_SUMS = Array.from({ length: SPEED_BINS }, (_, i) => sql`coalesce(sum(bins[${sql.lit(i + 1)}]), 0)`);
const FIGURES = [sql.ref('n'), sql.ref('sum'), sql.ref('min'), sql.ref('max')];

/** The share of a material needs the sum over all of them, so a filter for one acts after that sum is made. */
function compositionOf(
  query: MeasureQuery,
  edges: readonly number[],
  plan: readonly LevelRange[],
): RawBuilder<unknown> {
  const columns = groupColumns(query);
  const refs = columns.map((c) => sql.ref(c));
  const needed = [...new Set<GroupColumn>([...columns, 'subject'])].map((c) => sql.ref(c));
  const groups = sql.join([sql`b`, ...refs]);
  const whole = columns.includes('camera') ? sql`b, camera` : sql`b`;
  const source = fromLevels(
    'measures',
    plan,
    sql`${intervalIndex(edges)} as b, metric, ${sql.join(needed)}, n, "sum"`,
    [isOneOf(sql`metric`, COMPOSITION_METRICS), sql`n > 0`, ...filtersOf(query, 'subject')],
  );
  const materials = query.filters.get('subject');
  // Without materials in the rows a filter for some can only act before.
  const early = materials !== undefined && !columns.includes('subject');
  const of = (metric: string, column: string) =>
    sql`coalesce(sum(${sql.ref(column)}) filter (where metric = ${metric}), 0)`;
  return sql`select * from (
    select ${groups}, n, "sum", bad_n, bad_sum, review_n, sum(n) over w as group_n, sum("sum") over w as group_sum,
      sum(bad_sum) over w as group_bad_sum
    from (
      select ${groups}, ${of('composition', 'n')} as n, ${of('composition', 'sum')} as "sum",
        ${of('contamination', 'n')} as bad_n, ${of('contamination', 'sum')} as bad_sum, ${of('review', 'n')} as review_n
      from (${source}) as part ${early ? sql`where ${isOneOf(sql`subject`, materials)}` : sql``} group by ${groups}
    ) as summed window w as (partition by ${whole})
  ) as shared ${materials !== undefined && !early ? sql`where ${isOneOf(sql`subject`, materials)}` : sql``}`;
}
