import type { ClusterAnswer, OrderDone } from '../cluster/answers.ts';
import { type CommandIo, confirm } from '../cluster/command-io.ts';
import { OpsApi, segment } from '../cluster/ops-api.ts';
import type { WaitOptions } from '../cluster/ops-options.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { CodedExit, EXIT } from '../exit.ts';
import { countOf, duration } from '../text/units.ts';
import { memberOf } from './member.ts';

/**
 * Runs `camshard nodes drain`: cordons the node and waits until it has no shard.
 * @throws CodedExit refused, unfinished, `uncordoned` where somebody else takes it back meanwhile
 */
export async function drainNode(node: string, options: WaitOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const look = () => api.get<ClusterAnswer>('/v1/cluster');
  const before = await look();
  const member = memberOf(before, node);
  const others = before.members.filter((m) => m.node !== node && m.alive && !m.cordoned && !m.draining);
  if (others.length === 0) {
    throw new CodedExit(EXIT.refused, 'last_node', `refused: no other node could take the shards of ${node}`);
  }
  const cameras = member.cameras === null ? '' : ` with ${countOf(member.cameras, 'camera')}`;
  await confirm(
    io,
    `${node} has ${countOf(member.shards, 'shard')}${cameras}; they go to ${others.map((m) => m.node).join(', ')}.`,
    options.yes,
  );
  const startedMs = io.clock.nowMs();
  await api.send<OrderDone>('PUT', `/v1/nodes/${segment(node)}/cordon`, {});
  const json = options.json === true;
  if (options.wait === false) {
    if (json) io.print(JSON.stringify({ node, cordoned: true, shards: member.shards }));
    else io.print(`${node} is cordoned; its shards leave it round by round`);
    return EXIT.ok;
  }
  await waitFor<true>({
    ...{ io, timeoutS: options.timeout, quiet: json, what: `the drain of ${node}` },
    look: async () => {
      const status = await look();
      // A member that is gone altogether has no shards either.
      const now = status.members.find((m) => m.node === node);
      if (now === undefined || now.shards + now.movesIn === 0) return { line: `${node} is empty`, done: true };
      if (!now.cordoned) throw new CodedExit(EXIT.fault, 'uncordoned', `somebody has uncordoned ${node}`);
      return { line: drainLine(node, member.shards, now) };
    },
  });
  const seconds = Math.round(io.clock.nowMs() - startedMs) / 1_000;
  if (json) io.print(JSON.stringify({ node, cordoned: true, shards: member.shards, seconds }));
  else {
    io.print(`${node} is empty: ${countOf(member.shards, 'shard')} moved in ${duration(seconds * 1_000)}`);
    io.print(`It gets none back until: camshard nodes uncordon ${node}`);
  }
  return EXIT.ok;
}

function drainLine(node: string, of: number, { shards, movesOut, alive }: ReturnType<typeof memberOf>): string {
  const state = alive ? '' : ', dead: others take over';
  return `${node}: ${shards} of ${countOf(of, 'shard')} left, ${movesOut} on the way${state}`;
}
