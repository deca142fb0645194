import type { ClusterAnswer, OrderDone } from '../cluster/answers.ts';
import { type CommandIo, confirm } from '../cluster/command-io.ts';
import { OpsApi, segment } from '../cluster/ops-api.ts';
import type { WaitOptions } from '../cluster/ops-options.ts';
import { CodedExit, EXIT } from '../exit.ts';
import { countOf } from '../text/units.ts';
import { memberOf } from './member.ts';

/** Runs `camshard nodes remove`. @throws CodedExit refused where it lives */
export async function removeNode(node: string, options: WaitOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const member = memberOf(await api.get<ClusterAnswer>('/v1/cluster'), node);
  if (member.alive) {
    const hint = `drain and stop it instead: camshard nodes drain ${node}`;
    throw new CodedExit(EXIT.refused, 'node_alive', `refused: ${node} lives; ${hint}`);
  }
  const shards = member.shards === 0 ? '' : ` Its ${countOf(member.shards, 'shard')} are given to others at once.`;
  await confirm(
    io,
    `${node} is forgotten.${shards} Do this only if it is certain that it does not run any more: a node that is only cut ` +
      'off from the others counts on being asked before they go on without it.',
    options.yes,
  );
  await api.send<OrderDone>('DELETE', `/v1/nodes/${segment(node)}`);
  if (options.json === true) io.print(JSON.stringify({ node, removed: true }));
  else io.print(`${node} is no member any more`);
  return EXIT.ok;
}
