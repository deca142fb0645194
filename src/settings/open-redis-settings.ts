import type { NodeConfig } from '../../config/schema.ts';
import { openRedis } from '../adapters/redis/open-redis.ts';
import { type RedisSettingsOptions, RedisSettingsStore } from '../adapters/redis/settings/redis-settings-store.ts';

/** How long a node of a cluster waits for Redis at its start: it can serve nothing without. */
const LOAD_TIMEOUT_MS = 30_000;
/** Longest wait for a change in one command; a connection that ended silently is noticed by then. */
const BLOCK_MS_MAX = 1_000;

export type OpenRedisSettingsOptions = { readonly config: NodeConfig } & Pick<
  RedisSettingsOptions,
  'clock' | 'log' | 'emit' | 'audit' | 'onAudit' | 'check'
>;

/**
 * Opens the settings that a cluster's nodes share, on connections of their own.
 * @throws CamshardError `settings_unavailable` where Redis does not give them in 30 s
 */
export function openRedisSettings({ config, ...rest }: OpenRedisSettingsOptions): Promise<RedisSettingsStore> {
  const { clock, log } = rest;
  const { url } = config.redis;
  if (url === null) throw new Error('cluster.adapter: redis without redis.url');
  const redis = { ...config.redis, url };
  return RedisSettingsStore.open({
    ...rest,
    redis: openRedis({ config: redis, name: 'camshard-settings', clock, log }),
    waiting: openRedis({ config: redis, name: 'camshard-settings-changes', clock, log }),
    blockMs: Math.min(BLOCK_MS_MAX, Math.floor(redis.commandTimeoutMs / 2)),
    cluster: config.cluster.name,
    node: config.node.id,
    camerasMax: config.settings.camerasMax,
    loadTimeoutMs: LOAD_TIMEOUT_MS,
  });
}
