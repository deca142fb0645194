import type { Command } from 'commander';

/** Adds `camshard alerts`. */
export function registerAlerts(program: Command): void {
  program.command('alerts');
}
