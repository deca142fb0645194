import type { Interval } from './interval.ts';
import type { GroupColumn, MeasureResource, MetricSpec } from './resources.ts';

/** Questions as they are after parsing: normalised, so that two that mean the same are the same text. */

export interface CameraFilter {
  /** Sorted, without doubles. */
  readonly ids: readonly string[];
  /** With `*` (any characters) and `?` (one). Both empty: every camera. */
  readonly globs: readonly string[];
}

export interface MeasureQuery {
  readonly resource: MeasureResource;
  readonly spec: MetricSpec;
  readonly cameras: CameraFilter;
  /** Edges of the intervals asked for, ascending, ms since the Unix epoch; at least two. */
  readonly edges: readonly number[];
  readonly interval: Interval;
  readonly timeZone: string;
  /** By the names of the resource, in the order of its columns. */
  readonly by: readonly string[];
  /** Values a column may have, any of them; a column that is absent may have every value. */
  readonly filters: ReadonlyMap<GroupColumn, readonly string[]>;
}

export interface TimeRange {
  /** Both ms since the Unix epoch; null: without an end on that side. `fromMs` is within, `toMs` is not. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

export type Order = 'newest' | 'oldest';

export interface EventQuery extends TimeRange {
  readonly resource: 'events';
  readonly cameras: CameraFilter;
  readonly timeZone: string;
  readonly kinds: readonly string[];
  readonly lines: readonly string[];
  readonly zones: readonly string[];
  readonly materials: readonly string[];
  readonly labels: readonly string[];
  /** The direction's name of crossings. */
  readonly directions: readonly string[];
  /** Of incidents and health. */
  readonly states: readonly ('opened' | 'closed')[];
  readonly order: Order;
}

export interface AlertQuery extends TimeRange {
  readonly resource: 'alerts';
  readonly cameras: CameraFilter;
  readonly timeZone: string;
  readonly severities: readonly string[];
  readonly rules: readonly string[];
  readonly states: readonly ('opened' | 'closed')[];
  readonly order: Order;
}

export type HistoryQuery = MeasureQuery | EventQuery | AlertQuery;

/** Which rows of the answer. */
export interface PageRequest {
  /** Rows at most. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export const ROWS_DEFAULT = 1_000;
/** Rows of one page: what one answer may hold in memory. */
export const ROWS_MAX = 10_000;
/** Names one filter may list. */
export const NAMES_MAX = 200;
/** Cameras one query may name. */
export const CAMERAS_NAMED_MAX = 1_000;

/** What the query asks, without which page of it: one text for one meaning. */
export function queryShape(query: HistoryQuery): string {
  if ('edges' in query) {
    const { resource, spec, cameras, edges, interval, timeZone, by, filters } = query;
    return JSON.stringify([
      resource,
      spec.metric,
      cameras.ids,
      cameras.globs,
      edges[0],
      edges.at(-1),
      interval,
      timeZone,
      by,
      [...filters].sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  }
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
}
