import type { Command } from 'commander';
import { JSON_HELP, type NodeOptions, reaching } from './options.ts';

export interface QuarantineOptions extends NodeOptions {
  readonly json?: boolean;
}

/** Adds `camshard quarantine ls | clear`. */
export function registerQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('list or clear pictures that were being worked on when the node crashed');
  const asking = (command: Command) => reaching(command).option('--json', JSON_HELP);

  asking(quarantine.command('ls').description('list them, and the cameras they came from')).action(
    async (options: QuarantineOptions) => {
      const { listQuarantine } = await import('./quarantine/ls.ts');
      await listQuarantine(options);
    },
  );
  asking(
    quarantine
      .command('clear')
      .description('forget them and their pictures, so that they are tried again')
      .argument('[hash]', 'one of them; all where not given'),
  ).action(async (hash: string | undefined, options: QuarantineOptions) => {
    const { clearQuarantine } = await import('./quarantine/clear.ts');
    await clearQuarantine(hash, options);
  });
}
