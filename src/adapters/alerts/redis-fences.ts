import type { Result } from 'ioredis';
import type { Epoch, ShardId } from '../../../core/ids.ts';
import { alertKeys } from '../redis/alert-script.ts';
import type { OpenRedis } from '../redis/open-redis.ts';
import { RedisAwayError } from './redis-sink.ts';

/** From now on no owner of `shard` before `epoch` is heard. */
export interface ShardFence {
  readonly shard: ShardId;
  readonly epoch: Epoch;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    camshardRaiseAlertFences(...keysAndArguments: string[]): Result<number, Context>;
  }
}

/**
 *     KEYS  1 fences (hash: shard -> highest epoch seen), those of PUBLISH_ALERTS
 *     ARGV  per fence: shard, epoch
 *
 * Answers how many rose; none ever falls.
 */
const RAISE_FENCES = `
local raised = 0
for i = 1, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '-1') then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    raised = raised + 1
  end
end
return raised
`;

/** Makes Redis refuse older owners' alerts. @throws RedisAwayError; ioredis' errors */
export async function raiseAlertFences(
  { client, stats }: OpenRedis,
  cluster: string,
  fences: readonly ShardFence[],
): Promise<void> {
  if (fences.length === 0) return;
  if (client.status !== 'ready') throw new RedisAwayError('redis_away', `redis is ${client.status}`);
  if (!('camshardRaiseAlertFences' in client)) {
    (client as OpenRedis['client']).defineCommand('camshardRaiseAlertFences', { numberOfKeys: 1, lua: RAISE_FENCES });
  }
  stats.counts.commands++;
  const [key] = alertKeys(cluster);
  const all = fences.flatMap(({ shard, epoch }) => [String(shard), String(epoch)]);
  try {
    await client.camshardRaiseAlertFences(key, ...all);
  } catch (error) {
    stats.counts.failures++;
    throw error;
  }
}
