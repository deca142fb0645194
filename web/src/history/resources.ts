import { HEALTH_CONDITIONS, INCIDENT_KINDS } from '../../../core/camera-event.ts';

/** What can be asked of the history, as src/history/queries/resources.ts has it (a unit test holds them alike). */
export const MEASURES = ['counts', 'speeds', 'occupancy', 'composition'] as const;
export type MeasureName = (typeof MEASURES)[number];
export const LISTINGS = ['events', 'alerts'] as const;
export type ListingName = (typeof LISTINGS)[number];
export type ResourceName = MeasureName | ListingName;
export const RESOURCES: readonly ResourceName[] = [...MEASURES, ...LISTINGS];

export const RESOURCE_NAMES: Readonly<Record<ResourceName, string>> = {
  counts: 'Counts',
  speeds: 'Speeds',
  occupancy: 'Occupancy',
  composition: 'Composition',
  events: 'Events',
  alerts: 'Alerts',
};

/** A figure of a row, and how it is drawn and written. */
export interface FigureSpec {
  readonly key: string;
  readonly name: string;
  readonly unit: string;
  /** Says what it is, in a sentence. */
  readonly hint: string;
  /** Groups add up: bars on each other; else lines. */
  readonly adds: boolean;
}

export interface MetricSpec {
  readonly metric: string;
  readonly name: string;
  /** Names rows can be told apart by, besides `camera`. */
  readonly groups: readonly string[];
  readonly filters: readonly string[];
  readonly byDefault: readonly string[];
  /** The first is drawn unless another is chosen. */
  readonly figures: readonly [FigureSpec, ...FigureSpec[]];
}

const figure = (key: string, name: string, unit: string, hint: string, adds = false): FigureSpec => ({
  ...{ key, name, unit, hint, adds },
});

const COUNT = figure('count', 'Count', '', '0: it was observed that nothing came; –: nobody looked', true);
const SPEEDS = [
  figure('mean', 'Mean', 'km/h', 'Of the objects measured'),
  figure('v85', 'v85', 'km/h', '85 % do not exceed it; from bins 5 km/h wide'),
  figure('p50', 'p50', 'km/h', 'Half do not exceed it; from bins 5 km/h wide'),
  figure('max', 'Fastest', 'km/h', 'The fastest object'),
  figure('n', 'Measured', '', 'Objects whose speed was measured', true),
] as const;
const zoneFigures = (unit: string, what: string): [FigureSpec, ...FigureSpec[]] => [
  figure('mean', 'Mean', unit, `${what}, mean over the time observed`),
  figure('max', 'Most', unit, `${what}, most at any time`),
];
const COMPOSITION = [
  figure('share', 'Share', '%', 'Of the weight of all materials', true),
  figure('items', 'Items', '', 'Items counted', true),
  figure('weight', 'Weight', '', 'By the settings: number of items, or area', true),
  figure('contaminationShare', 'Contamination', '%', 'Share of the weight that the stream does not allow', true),
  figure('review', 'For review', '', 'Items too uncertain to be taken on trust', true),
] as const;

const metric = (
  name: string,
  label: string,
  groups: readonly string[],
  figures: readonly [FigureSpec, ...FigureSpec[]],
  more: { readonly filters?: readonly string[]; readonly byDefault?: readonly string[] } = {},
): MetricSpec => ({
  ...{ metric: name, name: label, groups, figures },
  filters: more.filters ?? groups,
  byDefault: more.byDefault ?? ['camera'],
});

const zone = (name: string, label: string, unit: string, what: string): MetricSpec =>
  metric(name, label, ['zone', 'label'], zoneFigures(unit, what), { byDefault: ['camera', 'zone'] });

export const METRICS: Readonly<Record<MeasureName, readonly [MetricSpec, ...MetricSpec[]]>> = {
  counts: [
    metric('crossings', 'Crossings of lines', ['line', 'direction', 'label'], [COUNT]),
    metric('objects', 'Objects seen', ['label'], [COUNT]),
    metric('incidents', 'Incidents', ['kind', 'label'], [COUNT]),
    metric('routes', 'Routes', ['route', 'label'], [COUNT]),
  ],
  speeds: [metric('speed', 'Speeds', ['place', 'label'], SPEEDS, { filters: ['place', 'line', 'zone', 'label'] })],
  occupancy: [
    zone('occupancy', 'Objects in zones', '', 'Objects in the zone'),
    zone('queue', 'Queues', '', 'Standing or crawling objects'),
    zone('density', 'Density', '/km', 'Vehicles per km'),
    zone('congestion', 'Congestion', '', 'Level, 0 free to 3 standing'),
    zone('dwell', 'Dwell time', 's', 'Seconds objects stayed'),
  ],
  composition: [
    metric('composition', 'Composition', ['material', 'label'], COMPOSITION, { byDefault: ['camera', 'material'] }),
  ],
};

export const LISTING_FILTERS: Readonly<Record<ListingName, readonly string[]>> = {
  events: ['kind', 'line', 'zone', 'material', 'label', 'direction', 'state'],
  alerts: ['severity', 'rule', 'state'],
};

export const FILTER_NAMES: Readonly<Record<string, string>> = {
  line: 'Line',
  direction: 'Direction',
  label: 'Class',
  kind: 'Kind',
  route: 'Route from>to',
  place: 'Line or zone',
  zone: 'Zone',
  material: 'Material',
  severity: 'Severity',
  rule: 'Rule',
  state: 'State',
};

/** Values offered for a filter, where there is a list of them. */
export const FILTER_VALUES: Readonly<Record<string, readonly string[]>> = {
  'counts.kind': INCIDENT_KINDS,
  'events.kind': [
    ...['line_crossed', 'zone_entered', 'zone_left', 'route_taken', 'incident', 'health', 'daylight', 'item'],
  ],
  'events.state': ['open', 'closed'],
  'alerts.state': ['open', 'closed'],
  'alerts.severity': ['critical', 'warning', 'info'],
  'health.condition': HEALTH_CONDITIONS,
};

export const isMeasure = (resource: ResourceName): resource is MeasureName =>
  (MEASURES as readonly string[]).includes(resource);
