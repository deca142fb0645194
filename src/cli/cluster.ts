import type { Command } from 'commander';
import { processIo } from './cluster/command-io.ts';
import type { ClusterEventsOptions } from './cluster/events.ts';
import { type ActionOptions, acting, looking, type OpsOptions } from './cluster/ops-options.ts';
import { wholeNumber } from './options.ts';

/** Adds `camshard cluster status | events | rounds | cancel`. */
export function registerCluster(program: Command, io = processIo()): void {
  const cluster = program
    .command('cluster')
    .description('show a cluster: who is there, who coordinates, what happened');
  looking(cluster.command('status').description('who is there, who coordinates, what moves')).action(
    async (options: OpsOptions) => {
      const { showCluster } = await import('./cluster/status.ts');
      process.exitCode = await showCluster(options, io);
    },
  );
  looking(cluster.command('events').description('what happened, and what operators did, with who and why'))
    .option('--limit <n>', 'the newest n (default: 50)', wholeNumber(1, 1_000))
    .option('--follow', 'go on printing events as they happen')
    .action(async (options: ClusterEventsOptions) => {
      const { clusterEvents } = await import('./cluster/events.ts');
      process.exitCode = await clusterEvents(options, io);
    });
  looking(cluster.command('rounds').description('rounds of moves, newest first')).action(
    async (options: OpsOptions) => {
      const { listRounds } = await import('./cluster/rounds.ts');
      process.exitCode = await listRounds(options, io);
    },
  );
  acting(cluster.command('cancel').description('take back what of a round has not begun').argument('<round>')).action(
    async (round: string, options: ActionOptions) => {
      const { cancelRound } = await import('./cluster/rounds.ts');
      process.exitCode = await cancelRound(round, options, io);
    },
  );
}
