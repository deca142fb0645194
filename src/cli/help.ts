import type { Command } from 'commander';
import { UsageError } from './exit.ts';

/** Adds `camshard help [command...]`: of a command below another, too, which commander's own does not know. */
export function registerHelp(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .summary('show the help of a command')
    .description('show the help of a command, or of one below it')
    .argument('[command...]', 'e.g. shards move')
    .action((path: readonly string[]) => {
      let command = program;
      for (const name of path) {
        const next = command.commands.find((c) => c.name() === name);
        if (next === undefined) throw new UsageError(`no command ${path.join(' ')}; camshard help lists them`);
        command = next;
      }
      command.outputHelp();
    });
}
