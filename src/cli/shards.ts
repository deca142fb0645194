import { type Command, InvalidArgumentError, Option } from 'commander';
import { processIo } from './cluster/command-io.ts';
import {
  type ActionOptions,
  acting,
  confirmed,
  looking,
  type OpsOptions,
  type WaitOptions,
  waiting,
} from './cluster/ops-options.ts';
import type { ShardsLsOptions } from './shards/ls.ts';
import type { RebalanceOptions } from './shards/rebalance.ts';
import type { ShardShowOptions } from './shards/show.ts';

const SHARD_STATES = ['unowned', 'starting', 'moving', 'running', 'pinned'];

/** Adds `camshard shards ls | show | plan | move | pin | unpin | rebalance`. */
export function registerShards(program: Command, io = processIo()): void {
  const shards = program
    .command('shards')
    .description('show which node runs which shard; move, pin and rebalance them');
  looking(shards.command('ls').description('every shard, or some of them'))
    .option('--node <node>', 'those of one node, and those on their way to it')
    .addOption(new Option('--state <state>', 'only such ones').choices(SHARD_STATES))
    .action(async (options: ShardsLsOptions) => {
      const { listShards } = await import('./shards/ls.ts');
      process.exitCode = await listShards(options, io);
    });
  looking(
    shards.command('show').description('one shard and its cameras').argument('[shard]', 'its number', shardNumber),
  )
    .option('--camera <id>', 'the shard of this camera instead')
    .action(async (shard: number | undefined, options: ShardShowOptions) => {
      const { showShard } = await import('./shards/show.ts');
      process.exitCode = await showShard(shard, options, io);
    });
  looking(shards.command('plan').description('what a round would move now; nothing happens')).action(
    async (options: OpsOptions) => {
      const { showPlan } = await import('./shards/plan.ts');
      process.exitCode = await showPlan(options, io);
    },
  );
  waiting(shards.command('move').description('hand one shard over').argument('<shard>', 'its number', shardNumber))
    .requiredOption('--to <node>', 'where to')
    .action(async (shard: number, options: WaitOptions & { readonly to: string }) => {
      const { moveShard } = await import('./shards/move.ts');
      process.exitCode = await moveShard(shard, options.to, options, io);
    });
  acting(shards.command('pin').description('have a shard on one node').argument('<shard>', 'its number', shardNumber))
    .requiredOption('--to <node>', 'where')
    .action(async (shard: number, options: ActionOptions & { readonly to: string }) => {
      const { pinShard } = await import('./shards/pin.ts');
      process.exitCode = await pinShard(shard, options.to, options, io);
    });
  acting(
    shards.command('unpin').description('let the loads decide again').argument('<shard>', 'its number', shardNumber),
  ).action(async (shard: number, options: ActionOptions) => {
    const { unpinShard } = await import('./shards/pin.ts');
    process.exitCode = await unpinShard(shard, options, io);
  });
  confirmed(waiting(shards.command('rebalance').description('submit a round of moves')))
    .option('--dry-run', 'only show what would move')
    .option('--watch', 'wait until the round is over, and show how it goes')
    .action(async (options: RebalanceOptions) => {
      const { rebalance } = await import('./shards/rebalance.ts');
      process.exitCode = await rebalance(options, io);
    });
}

function shardNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('a shard is a number; camshard shards ls lists them');
  return Number(text);
}
