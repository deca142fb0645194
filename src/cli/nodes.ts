import type { Command } from 'commander';
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

/** Adds `camshard nodes ls | drain | uncordon | remove`. */
export function registerNodes(program: Command, io = processIo()): void {
  const nodes = program
    .command('nodes')
    .description('list the nodes of a cluster; drain one before maintenance, remove a dead one');
  looking(nodes.command('ls').description('every member, alive or dead')).action(async (options: OpsOptions) => {
    const { listNodes } = await import('./nodes/ls.ts');
    process.exitCode = await listNodes(options, io);
  });
  confirmed(
    waiting(
      nodes
        .command('drain')
        .description('move every shard off a node and keep them off, until uncordoned')
        .argument('<node>'),
    ),
  ).action(async (node: string, options: WaitOptions) => {
    const { drainNode } = await import('./nodes/drain.ts');
    process.exitCode = await drainNode(node, options, io);
  });
  acting(nodes.command('uncordon').description('let a node have shards again').argument('<node>')).action(
    async (node: string, options: ActionOptions) => {
      const { uncordonNode } = await import('./nodes/uncordon.ts');
      process.exitCode = await uncordonNode(node, options, io);
    },
  );
  confirmed(
    acting(
      nodes.command('remove').description('forget a member that is dead and will not come back').argument('<node>'),
    ),
  ).action(async (node: string, options: WaitOptions) => {
    const { removeNode } = await import('./nodes/remove.ts');
    process.exitCode = await removeNode(node, options, io);
  });
}
