import type { Command } from 'commander';
import { type NodeOptions, reaching, wholeNumber } from './options.ts';

export interface EventsOptions extends NodeOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly limit?: number;
}

/** Adds `camshard events`. */
export function registerEvents(program: Command): void {
  reaching(
    program
      .command('events')
      .description('print what happened on a node of late: rungs taken, breakers opened, memory run out'),
  )
    .option('--follow', 'go on printing events as they happen')
    .option('--limit <n>', 'events of the past to begin with (default: all there are)', wholeNumber(1, 256))
    .option('--json', 'print JSON: one list, or with --follow an event a line')
    .action(async (options: EventsOptions) => {
      const { printEvents } = await import('./events/print-events.ts');
      process.exitCode = await printEvents(options);
    });
}
