import { type Command, InvalidArgumentError, Option } from 'commander';
import { LEVEL_NAMES, type LevelName, sinceMs } from './logs/log-filter.ts';
import { wholeNumber } from './options.ts';

export interface LogsOptions {
  readonly level?: LevelName;
  readonly camera?: string;
  readonly shard?: number;
  readonly node?: string;
  readonly event?: string;
  /** ms since the Unix epoch. */
  readonly since?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Adds `camshard logs`. */
export function registerLogs(program: Command): void {
  program
    .command('logs')
    .description(
      'show the log of a node as text: from a file, or from what is piped in (camshard up 2>&1 | camshard logs)',
    )
    .argument('[file]', 'a file of log lines; standard input where not given')
    .addOption(new Option('--level <level>', 'this level and those above it').choices(LEVEL_NAMES))
    .option('--camera <id>', 'lines about this camera')
    .option('--shard <n>', 'lines about this shard', wholeNumber(0, 65_535))
    .option('--node <id>', 'lines of this node, where several write into one')
    .option('--event <kind>', 'lines of this kind, e.g. breaker_opened')
    .option('--since <moment>', 'from then on: 10m, 2h, 3d ago, or 2026-11-22T08:00:00Z', (text) => {
      const since = sinceMs(text, Date.now());
      if (since === undefined) throw new InvalidArgumentError('allowed: 30s, 10m, 2h, 3d or a date and time');
      return since;
    })
    .option('--follow', 'go on with what is written to the file')
    .option('--json', 'print the lines as they are, one JSON object each')
    .action(async (file: string | undefined, options: LogsOptions) => {
      const { printLogs } = await import('./logs/print-logs.ts');
      process.exitCode = await printLogs(file, options);
    });
}
