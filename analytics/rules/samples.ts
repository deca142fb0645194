import type { CameraEvent } from '../../core/camera-event.ts';
import type { Gauge, Metric } from '../../core/measure.ts';
import type { RuleInput } from './rule-input.ts';

/** How a metric comes about: counted one by one, measured once an object, or a level that lasts. */
export type MetricNature = 'counted' | 'sampled' | 'level';

export const METRIC_NATURE: Readonly<Record<Metric, MetricNature>> = {
  crossings: 'counted',
  incidents: 'counted',
  composition: 'counted',
  contamination: 'counted',
  review: 'counted',
  objects: 'counted',
  speed: 'sampled',
  dwell: 'sampled',
  routes: 'sampled',
  occupancy: 'level',
  queue: 'level',
  density: 'level',
  congestion: 'level',
};

/** Which samples a rule looks at; null is all. */
export interface SampleFilter {
  readonly metric: Metric;
  readonly subject: string | null;
  readonly direction: string | null;
  readonly label: string | null;
}

/** Calls `take` with the value of each sample of this look that passes. */
export function eachSample(input: RuleInput, filter: SampleFilter, take: (value: number) => void): void {
  const { metric, label } = filter;
  if (metric === 'objects') {
    for (const object of input.appeared) if (label === null || object.label === label) take(1);
    return;
  }
  for (const event of input.events) {
    const value = sampleOf(event, filter);
    if (value !== null) take(value);
  }
}

function sampleOf(event: CameraEvent, { metric, subject, direction, label }: SampleFilter): number | null {
  const of = (name: string) => subject === null || subject === name;
  switch (event.kind) {
    case 'line_crossed':
      if (metric !== 'crossings' && metric !== 'speed') return null;
      if (!of(event.line) || (direction !== null && direction !== event.name)) return null;
      if (label !== null && label !== event.label) return null;
      return metric === 'crossings' ? 1 : event.speedKmh;
    case 'zone_left':
      return metric === 'dwell' && of(event.zone) && (label === null || label === event.label) ? event.dwellS : null;
    case 'route_taken':
      if (metric !== 'routes' || !of(`${event.from}>${event.to}`)) return null;
      return label === null || label === event.label ? event.travelS : null;
    case 'incident':
      if (metric !== 'incidents' || event.state !== 'opened' || !of(event.incident)) return null;
      return label === null || label === event.label ? 1 : null;
    case 'item': {
      const counts =
        metric === 'composition' ||
        (metric === 'contamination' && !event.allowed) ||
        (metric === 'review' && event.review);
      return counts && of(event.material) && (label === null || label === event.label) ? 1 : null;
    }
    default:
      return null;
  }
}

/**
 * The level of a metric right now; null where nothing measures it. All subjects together add up where objects are
 * counted, and are as bad as the worst where a density or a level is meant. A figure over all labels stands for itself;
 * where there are only figures by label, they are put together the same way.
 */
export function levelOf(gauges: readonly Gauge[], { metric, subject, label }: SampleFilter): number | null {
  const adds = metric === 'occupancy' || metric === 'queue';
  // Speeds by zone are levels too, but those of all zones together would be the speed of nothing.
  if (metric === 'speed' && subject === null) return null;
  let level: number | null = null;
  for (const gauge of gauges) {
    if (gauge.metric !== metric || (subject !== null && gauge.subject !== subject)) continue;
    if (label === null ? gauge.label !== '' && hasTotal(gauges, gauge) : gauge.label !== label) continue;
    level = level === null ? gauge.value : adds ? level + gauge.value : Math.max(level, gauge.value);
  }
  return level;
}

const hasTotal = (gauges: readonly Gauge[], of: Gauge): boolean =>
  gauges.some(({ metric, subject, label }) => label === '' && metric === of.metric && subject === of.subject);
