import { Cluster, Redis } from 'ioredis';
import type { NodeConfig } from '../../../config/schema.ts';

export interface JobConnectionOptions {
  readonly config: NodeConfig['redis'] & { readonly url: string };
  /** Of the connection, as `CLIENT LIST` shows it. */
  readonly name: string;
}

/**
 * A server that says nothing for so long while it is asked is connected to anew. BullMQ's longest question waits 10 s for
 * a job.
 */
const SILENCE_MS = 15_000;

/**
 * A client as BullMQ needs it: what is sent waits until it can be answered (`maxRetriesPerRequest: null`), over lost
 * connections and failovers; callers bound their own patience. The owner listens to `error` and ends it with
 * `disconnect()`. Settings measured with a master killed twelve times: DESIGN.md, section 9. Never
 * `clusterNodeRetryStrategy`, with it commands hang for good.
 */
export function jobConnection({ config, name }: JobConnectionOptions): Redis | Cluster {
  const urls = config.url.split(',');
  const [url = config.url] = urls;
  const common = {
    maxRetriesPerRequest: null,
    connectTimeout: config.connectTimeoutMs,
    socketTimeout: SILENCE_MS,
    enableReadyCheck: true,
    connectionName: name,
    noDelay: true,
    keepAlive: 10_000,
  };
  if (!config.cluster) return new Redis(url, { ...common, retryStrategy: reconnectMs });
  return new Cluster(urls, {
    redisOptions: { ...common, ...credentials(url) },
    maxRedirections: 200,
    retryDelayOnFailover: 200,
    retryDelayOnClusterDown: 200,
    retryDelayOnTryAgain: 100,
    retryDelayOnMoved: 50,
    slotsRefreshTimeout: 2_000,
    slotsRefreshInterval: 2_000,
    clusterRetryStrategy: reconnectMs,
  });
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
