import type { Command } from 'commander';
import { formerly, type NodeOptions, reaching } from './options.ts';

export interface OverloadOptions extends NodeOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
  /** What `follow` was called. */
  readonly watch?: boolean;
}

/** Adds `camshard overload show`. */
export function registerOverload(program: Command): void {
  const overload = program.command('overload').description('show how far a node has stepped down under load, and why');
  reaching(overload.command('show').description('print the rung a node stands on, why, and the load it goes by'))
    .option('--follow', 'go on: a line a second, and everything again at each change of the rung')
    .addOption(formerly('--watch'))
    .option('--json', 'print JSON, with --follow an answer a line')
    .action(async (options: OverloadOptions) => {
      const { showOverload } = await import('./overload/show.ts');
      process.exitCode = await showOverload(options);
    });
}
