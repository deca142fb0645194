import type { Counter, Gauge, Registry } from 'prom-client';

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
      // Without labels there is a 0 again after that: nothing to tell is no series, not nought.
      if (labelNames.length === 0) this.remove();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** The value of a metric without labels. */
export const single = (read: () => number) => (): [Labels, number][] => [[{}, read()]];
/** The values of a metric by `reason`. */
export const byReason = (counts: () => Iterable<readonly [string, number]>) => (): [Labels, number][] =>
  [...counts()].map(([reason, n]) => [{ reason }, n]);
