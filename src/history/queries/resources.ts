import type { Metric } from '../../../core/measure.ts';

/** What can be asked for under `/v1/history/`. */
export const MEASURE_RESOURCES = ['counts', 'speeds', 'occupancy', 'composition'] as const;
export type MeasureResource = (typeof MEASURE_RESOURCES)[number];
export const HISTORY_RESOURCES = [...MEASURE_RESOURCES, 'events', 'alerts'] as const;
export type HistoryResource = (typeof HISTORY_RESOURCES)[number];

/** Columns of the measures that rows are told apart by. */
export type GroupColumn = 'camera' | 'subject' | 'direction' | 'label';

/** One metric as it is asked for. */
export interface MetricSpec {
  /** The metric's own, and those that are read along with it. */
  readonly metric: Metric;
  readonly columns: ReadonlyMap<string, GroupColumn>;
  /** Filters by the names of their parameters; several may look at one column. */
  readonly filters: ReadonlyMap<string, GroupColumn>;
  readonly byDefault: readonly string[];
}

const spec = (
  metric: Metric,
  columns: Readonly<Record<string, GroupColumn>>,
  byDefault: readonly string[],
  filters: Readonly<Record<string, GroupColumn>> = columns,
): MetricSpec => ({
  metric,
  columns: new Map<string, GroupColumn>([['camera', 'camera'], ...Object.entries(columns)]),
  filters: new Map(Object.entries(filters)),
  byDefault,
});

/** What each resource may be asked, by metric; the first is the one where none is named. */
export const MEASURE_SPECS: Readonly<Record<MeasureResource, readonly [MetricSpec, ...MetricSpec[]]>> = {
  counts: [
    spec('crossings', { line: 'subject', direction: 'direction', label: 'label' }, ['camera']),
    spec('objects', { label: 'label' }, ['camera']),
    spec('incidents', { kind: 'subject', label: 'label' }, ['camera']),
    spec('routes', { route: 'subject', label: 'label' }, ['camera']),
  ],
  speeds: [
    // `place` is the line or the zone where the speed was measured.
    spec('speed', { place: 'subject', label: 'label' }, ['camera'], {
      place: 'subject',
      line: 'subject',
      zone: 'subject',
      label: 'label',
    }),
  ],
  occupancy: [
    spec('occupancy', { zone: 'subject', label: 'label' }, ['camera', 'zone']),
    spec('queue', { zone: 'subject', label: 'label' }, ['camera', 'zone']),
    spec('density', { zone: 'subject', label: 'label' }, ['camera', 'zone']),
    spec('congestion', { zone: 'subject', label: 'label' }, ['camera', 'zone']),
    spec('dwell', { zone: 'subject', label: 'label' }, ['camera', 'zone']),
  ],
  composition: [spec('composition', { material: 'subject', label: 'label' }, ['camera', 'material'])],
};

/** What a composition is made of; contamination and review are told beside it. */
export const COMPOSITION_METRICS = ['composition', 'contamination', 'review'] as const satisfies readonly Metric[];
