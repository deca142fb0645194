import type { Query } from '../api/node-api.ts';
import { momentMs } from '../format/moment-text.ts';
import {
  type FigureSpec,
  isMeasure,
  LISTING_FILTERS,
  METRICS,
  type MetricSpec,
  RESOURCES,
  type ResourceName,
} from './resources.ts';

/** What the history explorer shows; all of it stands in the address, so that it can be shared. */
export interface HistoryView {
  readonly resource: ResourceName;
  /** Of a resource of measures. */
  readonly metric: MetricSpec | undefined;
  readonly figure: FigureSpec | undefined;
  readonly by: readonly string[];
  /** `camera` and those of the metric or listing, as the API takes them: comma-separated. */
  readonly filters: Readonly<Record<string, string>>;
  /** As the API reads moments. Relative to now where `to` is undefined. */
  readonly from: string;
  readonly to: string | undefined;
  /** As the address has it: `auto` or one of {@link INTERVALS}. */
  readonly interval: string;
  readonly compare: boolean;
  readonly timeZone: string;
}

export const RANGES = [
  ['-1h', '1 h'],
  ['-6h', '6 h'],
  ['-24h', '24 h'],
  ['-7d', '7 days'],
  ['-30d', '30 days'],
] as const;
const RANGE_DEFAULT = '-24h';

const MINUTE_MS = 60_000;
/** Intervals offered, and their length, ms. */
export const INTERVALS: readonly (readonly [interval: string, name: string, ms: number])[] = [
  ['minute', 'Minutes', MINUTE_MS],
  ['5m', '5 minutes', 5 * MINUTE_MS],
  ['15m', '15 minutes', 15 * MINUTE_MS],
  ['hour', 'Hours', 60 * MINUTE_MS],
  ['6h', '6 hours', 360 * MINUTE_MS],
  ['day', 'Days', 1_440 * MINUTE_MS],
  ['7d', '7 days', 10_080 * MINUTE_MS],
];
/** As many as can be told apart in a chart. */
const INTERVALS_AIMED = 150;

/** The shortest interval that cuts so long a range into a number that can still be read. */
export function intervalFor(spanMs: number): string {
  const fits = INTERVALS.find(([, , ms]) => spanMs / ms <= INTERVALS_AIMED);
  return (fits ?? INTERVALS.at(-1) ?? ['7d'])[0];
}

/** Reads the address; what it does not know is as if absent. */
export function readView(params: URLSearchParams, timeZone: string): HistoryView {
  const value = (key: string): string | undefined => params.get(key)?.trim() || undefined;
  const resource = RESOURCES.find((name) => name === value('resource')) ?? 'counts';
  const metrics = isMeasure(resource) ? METRICS[resource] : undefined;
  const metric = metrics?.find((spec) => spec.metric === value('metric')) ?? metrics?.[0];
  const compare = value('compare') === '1' && metric !== undefined;
  const groups = ['camera', ...(metric?.groups ?? [])];
  const asked = params.get('by')?.split(',') ?? metric?.byDefault ?? [];
  const names = metric?.filters ?? (isMeasure(resource) ? [] : LISTING_FILTERS[resource]);
  const given = ['camera', ...names].flatMap((name) => {
    const filter = value(name);
    return filter === undefined ? [] : [[name, filter] as const];
  });
  const from = value('from');
  return {
    resource,
    metric,
    figure: metric?.figures.find(({ key }) => key === value('figure')) ?? metric?.figures[0],
    // Two periods are compared as one sum each.
    by: compare ? [] : groups.filter((group) => asked.includes(group)),
    filters: Object.fromEntries(given),
    from: from ?? value('range') ?? RANGE_DEFAULT,
    to: from === undefined ? undefined : value('to'),
    interval: INTERVALS.find(([name]) => name === value('interval'))?.[0] ?? 'auto',
    compare,
    timeZone: value('tz') ?? timeZone,
  };
}

/** The interval that is asked for. */
export function viewInterval(view: HistoryView, nowMs: number): string {
  if (view.interval !== 'auto') return view.interval;
  const fromMs = momentMs(view.from, nowMs) ?? nowMs;
  return intervalFor((view.to === undefined ? nowMs : (momentMs(view.to, nowMs) ?? nowMs)) - fromMs);
}

/** The range of an answer, both ms since the Unix epoch. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The view as the API asks it.
 * @param range instead of the view's own: of an answer, so that what is asked besides it is of the very same intervals
 */
export function viewQuery(view: HistoryView, nowMs: number, range?: Range): Query {
  const { metric, by, filters, timeZone } = view;
  return {
    ...filters,
    from: range === undefined ? view.from : String(range.from),
    to: range === undefined ? view.to : String(range.to),
    tz: timeZone,
    ...(metric === undefined
      ? {}
      : {
          metric: metric.metric,
          // A comma is an empty list: `by` without a value would not be sent.
          by: by.length === 0 ? ',' : by.join(','),
          interval: viewInterval(view, nowMs),
        }),
  };
}
