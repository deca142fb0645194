import { UsageError } from '../exit.ts';
import type { HistoryOptions } from '../history.ts';

/** How rows are printed. */
export type Printed = 'table' | 'json' | 'csv' | 'ndjson';

/** @throws UsageError where more than one way is asked for */
export function printedAs(options: HistoryOptions): Printed {
  const asked = (['json', 'csv', 'ndjson'] as const).filter((way) => options[way] === true);
  if (asked.length > 1) throw new UsageError(`--${asked.join(' and --')}: only one of them`);
  return asked[0] ?? 'table';
}

/** The query string of a question as the command line puts it. @throws UsageError for a filter that is none */
export function historyQuery(options: HistoryOptions): URLSearchParams {
  const query = new URLSearchParams();
  const { camera, from, to, interval, by, metric, tz, limit } = options;
  for (const [name, value] of Object.entries({ camera, from, to, interval, by, metric, tz, limit })) {
    if (value !== undefined) query.set(name, String(value));
  }
  if (options.fresh === true) query.set('fresh', '1');
  for (const filter of options.filter ?? []) {
    const at = filter.indexOf('=');
    if (at < 1) throw new UsageError(`--filter ${filter}: name=values, e.g. label=car,bus`);
    query.append(filter.slice(0, at), filter.slice(at + 1));
  }
  return query;
}
