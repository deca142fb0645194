import type { OrderDone } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi, segment } from '../cluster/ops-api.ts';
import type { ActionOptions } from '../cluster/ops-options.ts';
import { EXIT } from '../exit.ts';

/** Runs `camshard nodes uncordon`. */
export async function uncordonNode(node: string, options: ActionOptions, io: CommandIo): Promise<number> {
  await new OpsApi(options, io).send<OrderDone>('DELETE', `/v1/nodes/${segment(node)}/cordon`);
  if (options.json === true) io.print(JSON.stringify({ node, cordoned: false }));
  else io.print(`${node} may have shards again; rounds bring them: camshard shards rebalance --watch`);
  return EXIT.ok;
}
