import type { Command } from 'commander';
import { type NodeOptions, TOKEN_HELP, URL_HELP } from './options.ts';

export interface OverloadOptions extends NodeOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Adds `camshard overload show`. */
export function registerOverload(program: Command): void {
  const overload = program.command('overload').description('show how far a node has stepped down under load, and why');
  overload
    .command('show')
    .description('print the rung a node stands on, why, and the load it goes by')
    .option('--watch', 'go on: a line a second, and everything again at each change of the rung')
    .option('--url <url>', URL_HELP)
    .option('--token <token>', TOKEN_HELP)
    .option('--insecure', 'take any TLS certificate')
    .option('--json', 'print JSON')
    .action(async (options: OverloadOptions) => {
      const { showOverload } = await import('./overload/show.ts');
      process.exitCode = await showOverload(options);
    });
}
