import { Cluster, Redis } from 'ioredis';
import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { redactUrl } from '../../client/urls.ts';
import type { Logger } from '../../telemetry/log.ts';
import { RedisStats } from './redis-stats.ts';

export interface OpenRedisOptions {
  readonly config: NodeConfig['redis'] & { readonly url: string };
  /** Of the connection, as `CLIENT LIST` shows it. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OpenRedis {
  readonly client: Redis | Cluster;
  readonly stats: RedisStats;
  close(): Promise<void>;
}

/** One failover makes hundreds of errors: one line of the log in this time says how many. */
const ERROR_LOG_MS = 10_000;

/**
 * A client for effects that have a retry of their own: nothing waits in it. A command fails at once while there is no
 * connection, when the connection ends under it, and after `commandTimeoutMs`. It connects by itself, again and again.
 */
export function openRedis({ config, name, clock, log }: OpenRedisOptions): OpenRedis {
  const { url, connectTimeoutMs, commandTimeoutMs } = config;
  const common = {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    autoResendUnfulfilledCommands: false,
    connectionName: name,
    noDelay: true,
    keepAlive: 10_000,
  };
  const client = config.cluster
    ? new Cluster([url], {
        enableOfflineQueue: false,
        // The figures were measured with a master killed twelve times: DESIGN.md, section 9.
        redisOptions: { ...common, ...credentials(url), maxRetriesPerRequest: null },
        maxRedirections: 200,
        retryDelayOnFailover: 200,
        retryDelayOnClusterDown: 200,
        retryDelayOnTryAgain: 100,
        retryDelayOnMoved: 50,
        slotsRefreshTimeout: 2_000,
        slotsRefreshInterval: 2_000,
        clusterRetryStrategy: reconnectMs,
      })
    : new Redis(url, { ...common, maxRetriesPerRequest: 0, retryStrategy: reconnectMs });

  let unlogged = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  const stats = new RedisStats({ client, clock, log });
  client.on('error', (error: Error) => {
    stats.counts.errors++;
    unlogged++;
    if (clock.nowMs() - loggedAtMs < ERROR_LOG_MS) return;
    log.warn({ err: error, redis: redactUrl(url), errors: unlogged }, 'redis cannot be reached');
    loggedAtMs = clock.nowMs();
    unlogged = 0;
  });
  client.on('ready', () => {
    stats.counts.connected++;
    loggedAtMs = Number.NEGATIVE_INFINITY;
  });
  return {
    client,
    stats,
    async close() {
      stats.close();
      client.disconnect();
    },
  };
}

const reconnectMs = (times: number): number => Math.min(100 + 50 * times, 1_000);

/** A cluster's other nodes are found by address: they want the same password. */
function credentials(text: string) {
  const url = new URL(text);
  return {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
