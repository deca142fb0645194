import type { ShardAnswer, ShardsAnswer } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi, segment } from '../cluster/ops-api.ts';
import type { OpsOptions } from '../cluster/ops-options.ts';
import { EXIT, UsageError } from '../exit.ts';
import { orDash } from '../text/units.ts';
import { fromText } from './ls.ts';

export interface ShardShowOptions extends OpsOptions {
  readonly camera?: string;
}

/** Runs `camshard shards show`. @throws UsageError where neither shard nor camera is given, or both */
export async function showShard(shard: number | undefined, options: ShardShowOptions, io: CommandIo): Promise<number> {
  const { camera } = options;
  if ((shard === undefined) === (camera === undefined))
    throw new UsageError('give the number of a shard, or --camera ID');
  const api = new OpsApi(options, io);
  const number = shard ?? (await shardOfCamera(api, camera ?? ''));
  const answer = await api.get<ShardAnswer>(`/v1/shards/${number}`);
  if (options.json === true)
    io.print(JSON.stringify({ ...(camera === undefined ? {} : { camera }), ...answer }, null, 2));
  else io.print(shardText(answer, camera));
  return EXIT.ok;
}

async function shardOfCamera(api: OpsApi, camera: string): Promise<number> {
  const { shards } = await api.get<ShardsAnswer>(`/v1/shards?camera=${segment(camera)}`);
  const [only] = shards;
  if (only === undefined) throw new UsageError(`${camera} has no shard`);
  return only.shard;
}

export function shardText(answer: ShardAnswer, camera?: string): string {
  const { shard, node, epoch, state, move, pin, cameras, cameraIds, version } = answer;
  const known = camera === undefined || cameraIds.includes(camera) ? '' : ', which has not been seen there';
  return [
    ...(camera === undefined ? [] : [`camera ${camera} is in shard ${shard}${known}`]),
    `shard ${shard}: ${state}${node === null ? '' : ` on ${node}`}, epoch ${epoch}`,
    `state from   ${fromText(answer)}`,
    `moves to     ${move === null ? '-' : `${move.to} (${move.why})`}`,
    `pinned to    ${orDash(pin)}`,
    `changed with map version ${version}`,
    `cameras      ${orDash(cameras)}${cameraIds.length === 0 ? '' : `: ${cameraIds.join(' ')}`}`,
  ].join('\n');
}
