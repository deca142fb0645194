import type { Counter, Gauge, Metric, Registry } from 'prom-client';

export type Labels = Record<string, string>;

/** Registers a counter or gauge whose values are asked for at each scrape. */
export function pulled(
  registry: Registry,
  Kind: typeof Counter<string> | typeof Gauge<string>,
  name: string,
  help: string,
  labelNames: string[],
  read: () => Iterable<readonly [Labels, number]>,
): void {
  new Kind({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** What somebody has counted by bucket: counts are cumulative, `count` is of all. */
export interface CountedHistogram {
  readonly labels: Labels;
  readonly buckets: readonly (readonly [atMost: number, count: number])[];
  readonly count: number;
  readonly sum: number;
}

/** Registers a histogram that somebody else counts, asked for at each scrape. */
export function pulledHistogram(
  registry: Registry,
  name: string,
  help: string,
  read: () => Iterable<CountedHistogram>,
): void {
  const values = function* () {
    for (const { labels, buckets, count, sum } of read()) {
      for (const [atMost, value] of [...buckets, ['+Inf', count] as const]) {
        yield { metricName: `${name}_bucket`, labels: { ...labels, le: atMost }, value };
      }
      yield { metricName: `${name}_sum`, labels, value: sum };
      yield { metricName: `${name}_count`, labels, value: count };
    }
  };
  // A registry asks its metrics for no more than this; prom-client's own histogram has to be told each duration.
  const metric = { name, help, type: 'histogram', get: async () => ({ name, help, type: 'histogram', values: [...values()] }) };
  registry.registerMetric(metric as unknown as Metric);
}

/** The value of a metric without labels. */
export const single = (read: () => number) => (): [Labels, number][] => [[{}, read()]];
/** The values of a metric by `reason`. */
export const byReason = (counts: () => Iterable<readonly [string, number]>) => (): [Labels, number][] =>
  [...counts()].map(([reason, n]) => [{ reason }, n]);
