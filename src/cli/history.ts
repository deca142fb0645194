import { type Command, Option } from 'commander';
import { HISTORY_RESOURCES, type HistoryResource, MEASURE_SPECS } from '../history/queries/resources.ts';
import { type NodeOptions, reaching, wholeNumber } from './options.ts';

export interface HistoryOptions extends NodeOptions {
  readonly camera?: string;
  readonly from?: string;
  readonly to?: string;
  readonly interval?: string;
  readonly by?: string;
  readonly metric?: string;
  readonly tz?: string;
  readonly filter?: readonly string[];
  readonly limit?: number;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly ndjson?: boolean;
}

const SUMMARIES: Readonly<Record<HistoryResource, string>> = {
  counts: 'what was counted: crossings, objects, incidents, routes',
  speeds: 'how fast it was: mean, median, v85',
  occupancy: 'how full zones were: occupancy, queue, density, congestion, dwell',
  composition: 'what waste was made of, and how clean it was',
  events: 'what happened in front of cameras',
  alerts: 'alerts, by when they were opened',
};

/** Adds `camshard history`. */
export function registerHistory(program: Command): void {
  const history = program.command('history').description('ask what was counted, measured and raised');
  for (const resource of HISTORY_RESOURCES) {
    const command = history
      .command(resource)
      .description(SUMMARIES[resource])
      .option('--camera <cameras>', 'ids and patterns with * and ?, comma-separated (default: all)')
      .option('--from <moment>', '-24h, 2026-11-22, 2026-11-22T08:00:00Z or ms since the epoch (default: a day ago)')
      .option('--to <moment>', 'as --from (default: now)')
      .option('--tz <zone>', 'time zone of days and of what is printed, e.g. Europe/Berlin (default: UTC)')
      .option('--filter <name=values>', 'e.g. label=car,bus; may be given several times', filter);
    if (resource !== 'events' && resource !== 'alerts') {
      const metrics = MEASURE_SPECS[resource].map(({ metric }) => metric);
      const columns = new Set(MEASURE_SPECS[resource].flatMap(({ columns }) => [...columns.keys()]));
      command
        .option('--interval <interval>', 'minute, 15m, hour, 6h, day, 7d or total (default: hour)')
        .option('--by <columns>', `any of ${[...columns].join(', ')}, comma-separated; '' for one sum`);
      if (metrics.length > 1) command.addOption(new Option('--metric <metric>', 'only this one').choices(metrics));
    }
    reaching(command)
      .option('--limit <n>', 'rows at most (default: 1000 in a table, else all)', wholeNumber(1, 10_000))
      .option('--fresh', 'neither from a cache nor from a replica')
      .option('--json', 'print one page as JSON, as the API answers it')
      .option('--csv', 'print all rows as CSV')
      .option('--ndjson', 'print all rows as JSON, one a line')
      .action(async (options: HistoryOptions) => {
        const { printHistory } = await import('./history/print-history.ts');
        process.exitCode = await printHistory(resource, options);
      });
  }
}

const filter = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
