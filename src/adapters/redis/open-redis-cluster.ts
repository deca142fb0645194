import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import type { ClusterStore } from '../../../shards/cluster/store.ts';
import type { CheckpointStore } from '../../checkpoints/port.ts';
import type { ClusterEventLog } from '../../cluster/port.ts';
import type { Logger } from '../../telemetry/log.ts';
import { type OpenRedis, openRedis } from './open-redis.ts';
import { RedisCheckpointStore } from './redis-checkpoint-store.ts';
import { RedisClusterStore } from './redis-cluster-store.ts';
import { RedisEventLog } from './redis-event-log.ts';

export interface OpenRedisClusterOptions {
  readonly config: {
    readonly redis: NodeConfig['redis'] & { readonly url: string };
    readonly cluster: Pick<NodeConfig['cluster'], 'name' | 'shardCount' | 'leaseTimeoutMs'>;
    readonly node: { readonly id: string };
  };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RedisClusterParts {
  readonly store: ClusterStore;
  readonly checkpoints: CheckpointStore;
  readonly events: ClusterEventLog;
  /** By what they are for, for the metrics. */
  readonly clients: Readonly<Record<'leases' | 'map' | 'data', OpenRedis>>;
  /** Events that wait are written first, where that goes fast. */
  close(): Promise<void>;
}

/**
 * What a node of a cluster keeps on Redis. Three clients: leases wait behind nothing, and reading a whole map or saving
 * checkpoints holds up neither them nor each other.
 */
export function openRedisCluster({ config, clock, log }: OpenRedisClusterOptions): RedisClusterParts {
  const { redis, cluster, node } = config;
  const open = (use: string, commandTimeoutMs: number, once: boolean): OpenRedis =>
    openRedis({ config: { ...redis, commandTimeoutMs }, name: `camshard-${node.id}-${use}`, clock, log, once });
  const clients = {
    leases: open('leases', cluster.leaseTimeoutMs, true),
    map: open('map', redis.commandTimeoutMs, true),
    data: open('data', redis.commandTimeoutMs, false),
  };
  const store = new RedisClusterStore({
    leases: clients.leases,
    map: clients.map,
    cluster: cluster.name,
    shardCount: cluster.shardCount,
    leaseTimeoutMs: cluster.leaseTimeoutMs,
    mapTimeoutMs: redis.commandTimeoutMs,
    clock,
  });
  const checkpoints = new RedisCheckpointStore({ redis: clients.data, cluster: cluster.name });
  const events = new RedisEventLog({ redis: clients.data, cluster: cluster.name, clock });
  return {
    store,
    checkpoints,
    events,
    clients,
    async close() {
      await events.close();
      await Promise.all([checkpoints.close(), store.close()]);
    },
  };
}
