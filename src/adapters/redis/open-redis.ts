import { Cluster, Redis } from 'ioredis';
import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { redactUrl } from '../../client/urls.ts';
import type { Logger } from '../../telemetry/log.ts';
import { RedisCalls } from './redis-calls.ts';
import { RedisStats } from './redis-stats.ts';

export interface OpenRedisOptions {
  readonly config: NodeConfig['redis'] & { readonly url: string };
  /** Of the connection, as `CLIENT LIST` shows it. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * For leases. What fails is not sent a second time, neither to the same server nor to another one, and no breaker keeps
   * a call from being made: see {@link StoreScripts}.
   */
  readonly once?: boolean;
}

export interface OpenRedis {
  readonly client: Redis | Cluster;
  readonly stats: RedisStats;
  /** Bounded, counted, timed and with a breaker: the way for all calls but those of effects that have all that. */
  readonly calls: RedisCalls;
  close(): Promise<void>;
}

/** One failover makes hundreds of errors: one line of the log in this time says how many. */
const ERROR_LOG_MS = 10_000;
/** A server that says nothing for so many times a command's time-out while it is asked is connected to anew. */
const SILENCE_TIMEOUTS = 3;
/** How often a cluster is asked who serves what. */
const SLOTS_REFRESH_MS = 2_000;
/** Short: a shard that starts after a failover asks for its checkpoint through this. */
const BREAKER = { failuresMax: 5, openMsFirst: 250, openMsMax: 1_000 };
/** Calls at once; with a ms each, what a server answers in a time-out and more. */
const IN_FLIGHT_MAX = 4_096;

/**
 * A client for effects that have a retry of their own: nothing waits in it. A command fails at once while there is no
 * connection, when the connection ends under it, and after `commandTimeoutMs`. It connects by itself, again and again.
 *
 * The URL of a cluster may be several with commas between: a client that has lost all servers begins again with these, and
 * the only one it was told may be the one that is gone.
 */
export function openRedis({ config, name, clock, log, once = false }: OpenRedisOptions): OpenRedis {
  const { url, connectTimeoutMs, commandTimeoutMs } = config;
  const urls = url.split(',');
  const common = {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: SILENCE_TIMEOUTS * commandTimeoutMs,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    autoResendUnfulfilledCommands: false,
    connectionName: name,
    noDelay: true,
    keepAlive: 10_000,
  };
  const client = config.cluster
    ? new Cluster(urls, {
        // Without it a call is refused while the connection to its server is being made, which the first call alone
        // begins. Commands wait in that connection then: only where they can do no harm late.
        enableOfflineQueue: once,
        // The figures were measured with a master killed twelve times: DESIGN.md, section 9.
        redisOptions: { ...common, ...credentials(urls[0] ?? url), maxRetriesPerRequest: null },
        maxRedirections: once ? 0 : 200,
        retryDelayOnFailover: 200,
        retryDelayOnClusterDown: 200,
        retryDelayOnTryAgain: 100,
        retryDelayOnMoved: 50,
        slotsRefreshTimeout: 2_000,
        clusterRetryStrategy: reconnectMs,
      })
    : new Redis(urls[0] ?? url, { ...common, maxRetriesPerRequest: 0, retryStrategy: reconnectMs });

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
  // Not ioredis' `slotsRefreshInterval`: closed while it is asking, that begins its timer anew, and the process never ends.
  const refreshing =
    client instanceof Cluster
      ? clock.every(SLOTS_REFRESH_MS, () => client.status === 'ready' && client.refreshSlotsCache())
      : undefined;
  return {
    client,
    stats,
    calls: new RedisCalls({ stats, clock, breaker: once ? undefined : BREAKER, inFlightMax: IN_FLIGHT_MAX }),
    async close() {
      refreshing?.cancel();
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
