import type { Histogram, Registry } from 'prom-client';
import type { Labels } from './pulled-metric.ts';

/** Durations or sizes that somebody has counted by bucket, for one set of labels. */
export interface HistogramCounts {
  readonly labels: Labels;
  /** Upper ends of the buckets in the metric's unit, and how many were no larger: cumulative. */
  readonly buckets: readonly (readonly [le: number, count: number])[];
  /** Of all, those beyond the last bucket included. */
  readonly count: number;
  readonly sum: number;
}

/**
 * Registers a histogram whose counts are asked for at each scrape. prom-client's own takes none from outside, but its
 * registry asks a metric for no more than this.
 */
export function pulledHistogram(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: () => Iterable<HistogramCounts>,
): void {
  const values = function* () {
    for (const { labels, buckets, count, sum } of read()) {
      const bucket = (le: number | string, n: number) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le },
        value: n,
      });
      for (const [le, n] of buckets) yield bucket(le, n);
      yield bucket('+Inf', count);
      yield { metricName: `${name}_sum`, labels, value: sum };
      yield { metricName: `${name}_count`, labels, value: count };
    }
  };
  const metric = {
    ...{ name, help, labelNames, type: 'histogram', aggregator: 'sum' },
    reset() {},
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: [...values()] }),
  };
  registry.registerMetric(metric as unknown as Histogram);
}
