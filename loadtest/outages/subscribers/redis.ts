import { Redis } from 'ioredis';
import { systemClock } from '../../../core/clock.ts';
import { alertChannel, alertKeys } from '../../../src/adapters/redis/alert-script.ts';
import type { Heard } from '../reconcile.ts';
import { eventIdOf, type Subscriber } from './subscriber.ts';

/** After Redis is back it is connected to again within this, long before the node's breaker lets it try. */
const RECONNECT_MS = 20;
const PAGE = 1_000;

interface Span {
  readonly fromMs: number;
  toMs: number;
}

/** A plain subscriber of the channel of all alerts. What is published while it has no connection it never hears. */
export class RedisChannel implements Subscriber {
  readonly sink = 'redis channel';
  readonly heard: Heard[] = [];
  readonly #client: Redis;
  readonly #subscribed: Span[] = [];

  private constructor(url: string) {
    this.#client = new Redis(url, {
      autoResubscribe: false,
      maxRetriesPerRequest: null,
      retryStrategy: () => RECONNECT_MS,
    });
    this.#client.on('error', () => {});
    this.#client.on('message', (_channel, text: string) => {
      this.heard.push({ id: eventIdOf(text), atMs: systemClock.wallMs() });
    });
    this.#client.on('close', () => {
      const last = this.#subscribed.at(-1);
      if (last !== undefined && last.toMs === Number.POSITIVE_INFINITY) last.toMs = systemClock.wallMs();
    });
  }

  static async open(url: string, cluster: string): Promise<RedisChannel> {
    const channel = new RedisChannel(url);
    await new Promise<void>((resolve) => {
      channel.#client.on('ready', () => {
        channel.#client.subscribe(alertChannel(cluster)).then(
          () => {
            channel.#subscribed.push({ fromMs: systemClock.wallMs(), toMs: Number.POSITIVE_INFINITY });
            resolve();
          },
          () => {}, // the connection is gone again; the next one subscribes
        );
      });
    });
    return channel;
  }

  /** Whether it could hear what was published at that moment. */
  heardAt(atMs: number): boolean {
    return this.#subscribed.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }
}

/** The stream as whoever was away reads it afterwards: from its first entry to its last, with Redis' own times. */
export async function readStream(url: string, cluster: string): Promise<readonly Heard[]> {
  const [, log] = alertKeys(cluster);
  const client = new Redis(url, { maxRetriesPerRequest: 5 });
  client.on('error', () => {});
  const heard: Heard[] = [];
  try {
    for (let after = '-'; ; ) {
      const entries = await client.xrange(log, after, '+', 'COUNT', PAGE);
      for (const [entry, [, text = '{}']] of entries) {
        heard.push({ id: eventIdOf(text), atMs: Number(entry.split('-')[0]) });
        after = `(${entry}`;
      }
      if (entries.length < PAGE) return heard;
    }
  } finally {
    client.disconnect();
  }
}
