import type { OrderDone } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi } from '../cluster/ops-api.ts';
import type { ActionOptions } from '../cluster/ops-options.ts';
import { EXIT } from '../exit.ts';

/** Runs `camshard shards pin`. */
export async function pinShard(shard: number, to: string, options: ActionOptions, io: CommandIo): Promise<number> {
  const why = options.why === undefined ? {} : { why: options.why };
  await new OpsApi(options, io).send<OrderDone>('PUT', `/v1/shards/${shard}/pin`, { node: to, ...why });
  if (options.json === true) io.print(JSON.stringify({ shard, pin: to }));
  else io.print(`shard ${shard} is pinned to ${to}; the next round moves it there where it is not`);
  return EXIT.ok;
}

/** Runs `camshard shards unpin`. */
export async function unpinShard(shard: number, options: ActionOptions, io: CommandIo): Promise<number> {
  await new OpsApi(options, io).send<OrderDone>('DELETE', `/v1/shards/${shard}/pin`);
  if (options.json === true) io.print(JSON.stringify({ shard, pin: null }));
  else io.print(`shard ${shard} goes where the loads say`);
  return EXIT.ok;
}
