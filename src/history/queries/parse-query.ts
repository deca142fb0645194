import { SEVERITIES } from '../../../core/alert.ts';
import { CAMERA_EVENT_KINDS } from '../../../core/camera-event.ts';
import { BadQueryError } from './bad-query.ts';
import { cursorRange } from './cursor.ts';
import { type Interval, intervalEdges, parseInterval } from './interval.ts';
import { MOMENT_ALLOWED, parseMoment } from './moment.ts';
import { cameraFilter, names, oneOf, onlyKnown, wholeNumber } from './parameters.ts';
import {
  type AlertQuery,
  type EventQuery,
  type HistoryQuery,
  type MeasureQuery,
  NAMES_MAX,
  type PageRequest,
  ROWS_DEFAULT,
  ROWS_MAX,
} from './query.ts';
import { type HistoryResource, MEASURE_SPECS, type MeasureResource } from './resources.ts';
import { DAY_MS, isTimeZone } from './time-zone.ts';

export const FORMATS = ['json', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

export interface ParsedRequest {
  readonly query: HistoryQuery;
  readonly page: PageRequest;
  readonly format: Format;
  /** `limit` was given: else CSV and NDJSON give every row. */
  readonly limited: boolean;
  /** Neither from a cache nor from a replica. */
  readonly fresh: boolean;
}

/** Parameters every resource has; `access_token` is access control's. */
const COMMON = ['camera', 'from', 'to', 'tz', 'limit', 'after', 'format', 'fresh', 'access_token'];
/** Relative moments are rounded outwards to this, so that questions asked within it are one question to the cache. */
const RELATIVE_STEP_MS = 10_000;
const RANGE_DEFAULT_MS = DAY_MS;
const ALERTS_RANGE_DEFAULT_MS = 7 * DAY_MS;

/**
 * What a query string asks of a resource.
 * @param accept the request's Accept header, which names the format where `format` does not
 * @throws BadQueryError naming the parameter and what it may be
 */
export function parseRequest(
  resource: HistoryResource,
  params: URLSearchParams,
  nowMs: number,
  accept = '',
): ParsedRequest {
  const timeZone = params.get('tz') ?? 'UTC';
  if (!isTimeZone(timeZone)) throw new BadQueryError('tz', 'a time zone of the IANA data, e.g. Europe/Berlin');
  const query =
    resource === 'events'
      ? eventQuery(params, nowMs, timeZone)
      : resource === 'alerts'
        ? alertQuery(params, nowMs, timeZone)
        : measureQuery(resource, params, nowMs, timeZone);
  const limit = wholeNumber(params, 'limit', 1, ROWS_MAX) ?? ROWS_DEFAULT;
  return {
    query,
    page: { limit, after: params.get('after') ?? undefined },
    format: oneOf(params, 'format', FORMATS) ?? formatOf(accept),
    limited: params.has('limit'),
    fresh: oneOf(params, 'fresh', ['0', '1']) === '1',
  };
}

function formatOf(accept: string): Format {
  if (/\btext\/csv\b/i.test(accept)) return 'csv';
  return /\bapplication\/(x-)?ndjson\b/i.test(accept) ? 'ndjson' : 'json';
}

function measureQuery(
  resource: MeasureResource,
  params: URLSearchParams,
  nowMs: number,
  timeZone: string,
): MeasureQuery {
  const specs = MEASURE_SPECS[resource];
  const metric =
    oneOf(
      params,
      'metric',
      specs.map((spec) => spec.metric),
    ) ?? specs[0].metric;
  const spec = specs.find((one) => one.metric === metric) ?? specs[0];
  onlyKnown(params, [...COMMON, 'metric', 'interval', 'by', ...spec.filters.keys()]);
  const asked = params.has('by') ? names(params, 'by', NAMES_MAX) : spec.byDefault;
  for (const name of asked) {
    if (!spec.columns.has(name)) {
      throw new BadQueryError(
        'by',
        `any of ${[...spec.columns.keys()].join(', ')} (${metric}), or nothing for one sum`,
      );
    }
  }
  const filters = new Map(
    [...spec.filters].flatMap(([name, column]) => {
      const values = names(params, name, NAMES_MAX);
      return values.length > 0 ? [[column, values] as const] : [];
    }),
  );
  const given = [...spec.filters].filter(([name, column]) => column === 'subject' && params.has(name));
  if (given.length > 1) throw new BadQueryError(given[1]?.[0] ?? 'place', `not together with ${given[0]?.[0]}`);
  const interval = parseInterval(params.get('interval') ?? 'hour');
  return {
    resource,
    spec,
    cameras: cameraFilter(params),
    edges: edges(params, interval, nowMs, timeZone),
    interval,
    timeZone,
    by: [...spec.columns.keys()].filter((name) => asked.includes(name)),
    filters,
  };
}

function edges(params: URLSearchParams, interval: Interval, nowMs: number, timeZone: string): number[] {
  const { fromMs, toMs } = range(params, nowMs, timeZone, RANGE_DEFAULT_MS);
  if (fromMs >= nowMs) throw new BadQueryError('from', 'a moment that has passed');
  // Nothing was measured in the future: a range that ends at the end of this year is no long one.
  return intervalEdges(interval, fromMs, Math.min(toMs ?? nowMs, nowMs), timeZone);
}

const EVENT_FILTERS = ['kind', 'line', 'zone', 'material', 'label', 'direction', 'state', 'order'];

function eventQuery(params: URLSearchParams, nowMs: number, timeZone: string): EventQuery {
  onlyKnown(params, [...COMMON, ...EVENT_FILTERS]);
  return {
    resource: 'events',
    timeZone,
    ...range(params, nowMs, timeZone, RANGE_DEFAULT_MS),
    cameras: cameraFilter(params),
    kinds: names(params, 'kind', NAMES_MAX, CAMERA_EVENT_KINDS),
    lines: names(params, 'line', NAMES_MAX),
    zones: names(params, 'zone', NAMES_MAX),
    materials: names(params, 'material', NAMES_MAX),
    labels: names(params, 'label', NAMES_MAX),
    directions: names(params, 'direction', NAMES_MAX),
    states: states(params),
    order: oneOf(params, 'order', ['newest', 'oldest'] as const) ?? 'newest',
  };
}

const ALERT_FILTERS = ['severity', 'rule', 'state', 'order'];

function alertQuery(params: URLSearchParams, nowMs: number, timeZone: string): AlertQuery {
  onlyKnown(params, [...COMMON, ...ALERT_FILTERS]);
  const wanted = states(params);
  // What is open still matters however long ago it began.
  const openOnly = wanted.length === 1 && wanted[0] === 'opened';
  return {
    resource: 'alerts',
    timeZone,
    ...range(params, nowMs, timeZone, openOnly ? null : ALERTS_RANGE_DEFAULT_MS),
    cameras: cameraFilter(params),
    severities: names(params, 'severity', NAMES_MAX, SEVERITIES),
    rules: names(params, 'rule', NAMES_MAX),
    states: wanted,
    order: oneOf(params, 'order', ['newest', 'oldest'] as const) ?? 'newest',
  };
}

/** `open` is the word people use for an alert that was opened and has not closed. */
function states(params: URLSearchParams): ('opened' | 'closed')[] {
  const given = names(params, 'state', NAMES_MAX, ['open', 'opened', 'closed']);
  return [...new Set(given.map((state) => (state === 'closed' ? 'closed' : 'opened')))].sort();
}

/** @param spanMs from where to when `from` is absent; null for no beginning. */
function range<Span extends number | null>(
  params: URLSearchParams,
  nowMs: number,
  timeZone: string,
  spanMs: Span,
): { readonly fromMs: Span extends number ? number : number | null; readonly toMs: number | null };
function range(params: URLSearchParams, nowMs: number, timeZone: string, spanMs: number | null) {
  // Further pages are of the range that the first was asked for, whatever `-24h` means by now.
  const first = cursorRange(params.get('after') ?? '');
  const isFixed = (name: string): boolean => !/^(now|-\d.*)?$/.test(params.get(name)?.trim() ?? '');
  const read = (name: string, round: (value: number) => number): number | null => {
    const text = params.get(name);
    if (text === null) return null;
    const moment = parseMoment(text.trim(), nowMs, timeZone);
    if (moment === undefined) throw new BadQueryError(name, MOMENT_ALLOWED);
    return moment.relative ? round(moment.ms / RELATIVE_STEP_MS) * RELATIVE_STEP_MS : moment.ms;
  };
  const toMs = first !== undefined && !isFixed('to') ? first.toMs : read('to', Math.ceil);
  const end = toMs ?? Math.ceil(nowMs / RELATIVE_STEP_MS) * RELATIVE_STEP_MS;
  if (first !== undefined && !isFixed('from')) return { fromMs: first.fromMs, toMs };
  const fromMs = read('from', Math.floor) ?? (spanMs === null ? null : end - spanMs);
  if (fromMs !== null && fromMs >= end) throw new BadQueryError('from', 'a moment before `to` (now, where absent)');
  return { fromMs, toMs };
}
