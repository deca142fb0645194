import { INTERVAL_ALLOWED } from '../../history/queries/interval.ts';
import { MOMENT_ALLOWED } from '../../history/queries/moment.ts';
import { ROWS_DEFAULT, ROWS_MAX } from '../../history/queries/query.ts';
import { MEASURE_SPECS, type MeasureResource } from '../../history/queries/resources.ts';
import type { Operation } from './operations.ts';

/** `/v1/history/...`, for {@link OPERATIONS}. */

type Parameter = NonNullable<Operation['query']>[number];
const parameter = (name: string, description: string): Parameter => ({ name, description });

const COMMON: readonly Parameter[] = [
  parameter('camera', 'Ids, and patterns with * and ?, comma-separated; all cameras where absent.'),
  parameter('from', `Beginning of the range: ${MOMENT_ALLOWED}. A day ago where absent.`),
  parameter('to', 'End of the range, not within it; written like `from`. Now where absent.'),
  parameter('tz', 'Time zone of dates and days, e.g. Europe/Berlin; UTC where absent.'),
  parameter('limit', `Rows on the page, 1 to ${ROWS_MAX}; ${ROWS_DEFAULT} where absent. CSV and NDJSON give all then.`),
  parameter('after', 'Rows after those of the page before: its `next`.'),
  parameter('format', 'json, csv or ndjson; else by the Accept header.'),
  parameter('fresh', '1: neither from a cache nor from a replica.'),
];

const PROBLEMS = {
  400: ['bad_query'],
  404: ['history_disabled'],
  500: ['history_failed'],
  503: ['history_unavailable', 'history_busy'],
  504: ['history_timeout'],
} as const;

const LISTINGS = ['text/csv', 'application/x-ndjson'] as const;

function measures(
  resource: MeasureResource,
  id: string,
  summary: string,
  schema: 'HistoryCounts' | 'HistorySpeeds' | 'HistoryOccupancy' | 'HistoryComposition',
): Operation {
  const specs = MEASURE_SPECS[resource];
  const filters = new Set(specs.flatMap((spec) => [...spec.filters.keys()]));
  const columns = new Set(specs.flatMap((spec) => [...spec.columns.keys()]));
  return {
    method: 'get',
    path: `/v1/history/${resource}`,
    id,
    tag: 'history',
    summary,
    description:
      'Rows by interval and by what `by` names. Every interval that has begun has a row, and each row says how much of ' +
      'it was observed: an interval nobody observed has null for figures, never zero.',
    query: [
      ...COMMON,
      parameter('interval', `${INTERVAL_ALLOWED}; hour where absent.`),
      parameter('metric', `One of ${specs.map(({ metric }) => metric).join(', ')}; the first where absent.`),
      parameter('by', `Any of ${[...columns].join(', ')}, as the metric has them; empty for one sum an interval.`),
      ...[...filters].map((name) => parameter(name, `Only these, comma-separated, where the metric has a ${name}.`)),
    ],
    ok: { status: 200, description: 'One page, or the whole listing.', content: { json: [schema], media: LISTINGS } },
    problems: PROBLEMS,
  };
}

export const HISTORY_OPERATIONS: readonly Operation[] = [
  measures('counts', 'historyCounts', 'What was counted: crossings, objects, incidents, routes', 'HistoryCounts'),
  measures('speeds', 'historySpeeds', 'How fast it was', 'HistorySpeeds'),
  measures('occupancy', 'historyOccupancy', 'How full zones were, and for how long', 'HistoryOccupancy'),
  measures('composition', 'historyComposition', 'What waste was made of, and how clean it was', 'HistoryComposition'),
  {
    method: 'get',
    path: '/v1/history/events',
    id: 'historyEvents',
    tag: 'history',
    summary: 'What happened in front of cameras',
    query: [
      ...COMMON,
      parameter('kind', 'Kinds of event, comma-separated.'),
      parameter('line', 'Lines that were crossed.'),
      parameter('zone', 'Zones entered or left, or with an incident.'),
      parameter('material', 'Materials of items.'),
      parameter('label', 'Classes of the objects.'),
      parameter('direction', 'Names of directions of crossings.'),
      parameter('state', 'open(ed), closed: of incidents and health.'),
      parameter('order', 'newest (first; the default) or oldest.'),
    ],
    ok: {
      status: 200,
      description: 'One page, or the whole listing.',
      content: { json: ['HistoryEvents'], media: LISTINGS },
    },
    problems: PROBLEMS,
  },
  {
    method: 'get',
    path: '/v1/history/alerts',
    id: 'historyAlerts',
    tag: 'history',
    summary: 'Alerts, by when they were opened',
    description: 'Without `from` those of the last 7 days; of those that are open all.',
    query: [
      ...COMMON,
      parameter('severity', 'info, warning, critical.'),
      parameter('rule', 'Rules of the settings.'),
      parameter('state', 'open(ed), closed.'),
      parameter('order', 'newest (first; the default) or oldest.'),
    ],
    ok: {
      status: 200,
      description: 'One page, or the whole listing.',
      content: { json: ['HistoryAlerts'], media: LISTINGS },
    },
    problems: PROBLEMS,
  },
];
