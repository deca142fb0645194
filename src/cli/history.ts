import type { Command } from 'commander';

/** Adds `camshard history`. */
export function registerHistory(program: Command): void {
  program.command('history');
}
