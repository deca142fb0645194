import { Argument, type Command } from 'commander';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from './completion/scripts.ts';

/** Adds `camshard completion`. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description(
      'print what makes a shell complete commands, options, their values, files, and the ids of cameras, nodes, shards, ' +
        'alerts and rounds, which are asked of the node',
    )
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(COMPLETION_SCRIPTS[shell]);
    });
}
