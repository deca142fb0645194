import { type RawBuilder, sql } from 'kysely';
import type { CameraFilter } from './query.ts';
import { LEVELS, type Level, type LevelRange } from './roll-up-plan.ts';

/** Pieces of SQL that several queries share. Values are parameters; only names from our own lists are written into it. */

export type Condition = RawBuilder<unknown>;

export const all = (conditions: readonly Condition[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);

const any = (conditions: readonly Condition[]): RawBuilder<unknown> => sql`(${sql.join(conditions, sql` or `)})`;

/** A time as the databases take it whatever their session says. */
export const time = (ms: number): RawBuilder<Date> => sql<Date>`${new Date(ms).toISOString()}::timestamptz`;

/**
 * `column` is one of `values`, which must not hold the character U+001F. One parameter whatever their number: arrays as
 * parameters are where drivers differ.
 */
export function isOneOf(column: RawBuilder<unknown>, values: readonly string[]): Condition {
  const [only] = values;
  if (values.length === 1) return sql`${column} = ${only}`;
  return sql`${column} = any(string_to_array(${values.join('\u001f')}, ${'\u001f'}))`;
}

/** Nothing where every camera is meant. */
export function isCamera({ ids, globs }: CameraFilter, column = sql`camera`): readonly Condition[] {
  if (ids.length === 0 && globs.length === 0) return [];
  const patterns = globs.map((glob) => sql`${column} like ${likePattern(glob)}`);
  return [any([...(ids.length > 0 ? [isOneOf(column, ids)] : []), ...patterns])];
}

/** `*` and `?` as LIKE knows them; ids have no other character that LIKE takes for more than itself but `_`. */
const likePattern = (glob: string): string => glob.replace(/_/g, '\\_').replace(/\*/g, '%').replace(/\?/g, '_');

/** `at` lies in one of the ranges. */
export const isWithin = (ranges: readonly LevelRange[]): Condition =>
  any(ranges.map(({ fromMs, toMs }) => sql`(at >= ${time(fromMs)} and at < ${time(toMs)})`));

/**
 * The number, from 0, of the interval between `edges` that `at` lies in. Intervals of one length are counted by
 * division; others (days on which clocks change) are searched for.
 */
export function intervalIndex(edges: readonly number[]): RawBuilder<number> {
  const [first = 0, second = 0] = edges;
  const stepMs = second - first;
  if (edges.length <= 2) return sql<number>`0`;
  if (edges.every((edge, i) => edge === first + i * stepMs)) {
    // In doubles: `extract` would count in numerics, which takes several times as long.
    return sql<number>`floor((date_part('epoch', at) - ${sql.lit(first / 1_000)}) / ${sql.lit(stepMs / 1_000)})::int`;
  }
  const literal = edges.map((edge) => new Date(edge).toISOString()).join(',');
  return sql<number>`width_bucket(at, ${sql.lit(`{${literal}}`)}::timestamptz[]) - 1`;
}

/** Sorted as bytes, whatever the database's language: pages must be cut alike everywhere. */
export const bytewise = (column: RawBuilder<unknown>): RawBuilder<string> => sql<string>`${column} collate "C"`;

/** Rows of every table the plan names. */
export function fromLevels(
  prefix: 'measures' | 'coverage',
  plan: readonly LevelRange[],
  columns: RawBuilder<unknown>,
  where: readonly Condition[],
): RawBuilder<unknown> {
  const parts = LEVELS.flatMap((level: Level) => {
    const ranges = plan.filter((range) => range.level === level);
    if (ranges.length === 0) return [];
    return [sql`select ${columns} from ${sql.table(`${prefix}_${level}`)} where ${all([isWithin(ranges), ...where])}`];
  });
  return sql.join(parts, sql` union all `);
}
