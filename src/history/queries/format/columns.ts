import type { HistoryQuery, MeasureQuery } from '../query.ts';

/** One column of a table: its name, and where its value is in a row. */
export interface Column {
  readonly name: string;
  readonly kind: 'moment' | 'value' | 'json';
}

const value = (name: string): Column => ({ name, kind: 'value' });
const moment = (name: string): Column => ({ name, kind: 'moment' });

const FIGURES: Readonly<Record<MeasureQuery['resource'], readonly string[]>> = {
  counts: ['count'],
  speeds: ['n', 'mean', 'p50', 'v85', 'min', 'max'],
  occupancy: ['mean', 'max', 'n'],
  composition: [
    'items',
    'weight',
    'share',
    'shareLow',
    'shareHigh',
    'contaminants',
    'contaminationShare',
    'totalContaminationShare',
    'totalContaminationLow',
    'totalContaminationHigh',
    'review',
  ],
};

const EVENTS: readonly Column[] = [
  moment('at'),
  ...['camera', 'kind', 'subject', 'direction', 'label', 'track', 'value'].map(value),
  { name: 'event', kind: 'json' },
];

const ALERTS: readonly Column[] = [
  ...['id', 'camera', 'rule', 'severity', 'state'].map(value),
  moment('openedAt'),
  moment('closedAt'),
  ...['title', 'message', 'value', 'threshold'].map(value),
  { name: 'data', kind: 'json' },
  value('snapshotPath'),
  moment('acknowledgedAt'),
  value('acknowledgedBy'),
];

/** Columns of the answer as a table, in order. */
export function columnsOf(query: HistoryQuery): readonly Column[] {
  if (query.resource === 'events') return EVENTS;
  if (query.resource === 'alerts') return ALERTS;
  return [
    moment('start'),
    moment('end'),
    ...query.by.map(value),
    ...FIGURES[query.resource].map(value),
    value('observedShare'),
    value('valid'),
    ...(query.by.includes('camera') ? [] : [value('cameras')]),
  ];
}
