import type { Command } from 'commander';

/** Adds `camshard replay`. */
export function registerReplay(program: Command): void {
  program.command('replay');
}
