import type { Metric } from '../../core/measure.ts';
import { METRIC_NATURE } from './samples.ts';
import type { ThresholdSettings } from './threshold-rule.ts';
import { words } from './wording.ts';

const NAMES: Readonly<Record<Metric, string>> = {
  crossings: 'crossings',
  speed: 'speed',
  occupancy: 'occupancy',
  dwell: 'dwell time',
  queue: 'queue',
  density: 'density',
  congestion: 'level of congestion',
  routes: 'travel time',
  incidents: 'incidents',
  composition: 'items',
  contamination: 'items that are not allowed',
  review: 'items to be looked at',
  objects: 'objects',
};

const UNITS: Readonly<Record<Metric, string>> = {
  crossings: '',
  speed: ' km/h',
  occupancy: ' objects',
  dwell: ' s',
  queue: ' objects',
  density: ' vehicles/km',
  congestion: '',
  routes: ' s',
  incidents: '',
  composition: '',
  contamination: '',
  review: '',
  objects: '',
};

type Aggregate = NonNullable<ThresholdSettings['aggregate']>;
type Subject = Pick<ThresholdSettings, 'metric' | 'subject' | 'direction' | 'label'>;

/** e.g. `mean speed on line north (down, car)`, `crossings per hour`. */
export function figureName(rule: Subject, aggregate: Aggregate): string {
  const details = [rule.direction, rule.label].filter((detail) => detail !== null);
  return `${aggregated(rule.metric, aggregate)}${place(rule)}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}

/** With the space before it; empty where a figure has none. */
export function unitOf(metric: Metric, aggregate: Aggregate): string {
  if (aggregate === 'per_hour') return ' per hour';
  if (aggregate === 'sum' && METRIC_NATURE[metric] === 'level') return `${UNITS[metric]} x s`;
  return UNITS[metric];
}

function aggregated(metric: Metric, aggregate: Aggregate): string {
  const name = NAMES[metric];
  switch (aggregate) {
    case 'sum':
      return METRIC_NATURE[metric] === 'counted' ? name : `total ${name}`;
    case 'mean':
      return `mean ${name}`;
    case 'max':
      return `highest ${name}`;
    case 'p85':
      return `85th percentile of ${name}`;
    case 'per_hour':
      // A rate is of objects, whatever was measured on them.
      return METRIC_NATURE[metric] === 'sampled' ? `objects with a ${name}` : name;
  }
}

function place({ metric, subject }: Subject): string {
  if (subject === null) return '';
  if (metric === 'crossings') return ` of line ${subject}`;
  if (metric === 'routes') return ` from ${subject.replace('>', ' to ')}`;
  if (metric === 'speed') return ` at ${subject}`;
  if (metric === 'incidents' || metric === 'composition' || metric === 'contamination' || metric === 'review') {
    return ` of ${words(subject)}`;
  }
  return ` in zone ${subject}`;
}
