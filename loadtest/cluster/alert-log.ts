import { Cluster } from 'ioredis';
import { systemClock } from '../../core/clock.ts';
import { alertChannel, alertKeys } from '../../src/adapters/redis/alert-script.ts';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';

/** A beginning or an end of an alert as the stream, or the channel, has it. */
export interface AlertSeen {
  /** Of its CloudEvent. */
  readonly id: string;
  /** `<camera>:<rule>:<opening>`. */
  readonly alert: string;
  readonly camera: string;
  readonly rule: string;
  readonly opening: number;
  readonly state: 'opened' | 'closed';
  readonly shard: number;
  readonly epoch: number;
  /** Who raised it. */
  readonly node: string;
  readonly atMs: number;
  readonly openedAtMs: number;
  /** When Redis took it (stream) or it was heard (channel), ms since the Unix epoch. */
  readonly takenMs: number;
}

const PAGE = 1_000;
const READ_MS_MAX = 60_000;

/** Hears the channel of all alerts all the time, and reads the whole stream at the end. */
export class AlertLog {
  readonly heard: AlertSeen[] = [];
  readonly #client: Cluster;
  readonly #cluster: string;
  readonly #urls: readonly string[];

  private constructor(urls: readonly string[], cluster: string) {
    this.#urls = urls;
    this.#cluster = cluster;
    this.#client = this.#connect();
    this.#client.on('message', (_channel, text: string) => this.heard.push(alertSeen(text, systemClock.wallMs())));
  }

  static async open(urls: readonly string[], cluster: string): Promise<AlertLog> {
    const log = new AlertLog(urls, cluster);
    await log.#client.subscribe(alertChannel(cluster));
    return log;
  }

  #connect(): Cluster {
    const client = new Cluster([...this.#urls], {
      redisOptions: { connectTimeout: 2_000, maxRetriesPerRequest: null },
      clusterRetryStrategy: (times) => Math.min(100 + 50 * times, 1_000),
      slotsRefreshTimeout: 2_000,
      slotsRefreshInterval: 2_000,
    });
    client.on('error', () => {});
    return client;
  }

  /** Every event the stream has, in its order. @throws Error where it cannot be read within a minute */
  async stream(): Promise<readonly AlertSeen[]> {
    const client = this.#connect();
    const [, key] = alertKeys(this.#cluster);
    const seen: AlertSeen[] = [];
    const late = setTimeout(() => client.disconnect(), READ_MS_MAX);
    try {
      for (let after = '-'; ; ) {
        const entries = await client.xrange(key, after, '+', 'COUNT', PAGE);
        for (const [entry, [, text = '{}']] of entries) {
          seen.push(alertSeen(text, Number(entry.split('-')[0])));
          after = `(${entry}`;
        }
        if (entries.length < PAGE) return seen;
      }
    } finally {
      clearTimeout(late);
      client.disconnect();
    }
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }
}

function alertSeen(text: string, takenMs: number): AlertSeen {
  const { id, data } = JSON.parse(text) as AlertCloudEvent;
  const { camera, rule, opening, state, shard, epoch, node, atMs, openedAtMs } = data;
  return { id, alert: data.id, camera, rule, opening, state, shard, epoch, node, atMs, openedAtMs, takenMs };
}
