import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { RingBuffer } from '../../../core/ring-buffer.ts';
import type { ClusterEventLog, ClusterEventPage, LoggedClusterEvent } from '../../cluster/port.ts';
import type { OpenRedis } from './open-redis.ts';
import { StoreUnavailableError } from './store-scripts.ts';

export interface RedisEventLogOptions {
  /** Not closed with the log: it may serve others. */
  readonly redis: OpenRedis;
  readonly cluster: string;
  readonly clock: Clock;
  /** Events kept on the stream, about. */
  readonly eventsMax?: number;
}

interface Waiting {
  /** An event may be written twice where an answer got lost; readers know it by this. */
  readonly uid: string;
  readonly json: string;
}

const EVENTS_MAX = 10_000;
/** Waiting for a Redis that is away; the oldest makes room. */
const WAITING_MAX = 1_000;
const BATCH_MAX = 64;
const RETRY_MS = 500;
/** What is still waiting when the node stops gets so long. */
const CLOSE_MS = 500;

/** The cluster's events on one capped stream, `camshard:{<cluster>}:events`. Each is a field `event`, JSON. */
export class RedisEventLog implements ClusterEventLog {
  readonly #o: RedisEventLogOptions;
  readonly #key: string;
  readonly #max: number;
  readonly #waiting = new RingBuffer<Waiting>(WAITING_MAX);
  #writing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #lost = 0;
  #closed = false;

  constructor(options: RedisEventLogOptions) {
    this.#o = options;
    this.#key = `camshard:{${options.cluster}}:events`;
    this.#max = options.eventsMax ?? EVENTS_MAX;
  }

  /** Events given up: Redis was away for longer than could be waited for. */
  get lost(): number {
    return this.#lost;
  }

  append(event: Omit<LoggedClusterEvent, 'id'>): void {
    if (this.#closed) {
      this.#lost++;
      return;
    }
    if (this.#waiting.isFull) {
      this.#waiting.shift();
      this.#lost++;
    }
    this.#waiting.push({ uid: randomUUID(), json: JSON.stringify(event) });
    this.#write();
  }

  /** @throws CamshardError `bad_cursor`; StoreUnavailableError */
  async page({ limit, before }: { readonly limit: number; readonly before?: string }): Promise<ClusterEventPage> {
    if (before !== undefined && !/^\d{1,15}-\d{1,15}$/.test(before)) {
      throw new CamshardError('bad_cursor', 'no place in the log');
    }
    const newest = before === undefined ? '+' : `(${before}`;
    const found = await this.#call(({ client }) => client.xrevrange(this.#key, newest, '-', 'COUNT', limit + 1));
    const seen = new Set<string>();
    const items: LoggedClusterEvent[] = [];
    for (const [id, [, json = '', , uid = '']] of found.slice(0, limit)) {
      if (seen.has(uid)) continue;
      seen.add(uid);
      items.push({ ...(JSON.parse(json) as Omit<LoggedClusterEvent, 'id'>), id });
    }
    return { items, next: found.length > limit ? (found[limit - 1]?.[0] ?? null) : null };
  }

  /** Writes what is waiting, where that goes fast. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#write();
    await new Promise<void>((resolve) => {
      const timer = this.#o.clock.after(CLOSE_MS, resolve);
      void (this.#writing ?? Promise.resolve()).then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#lost += this.#waiting.size;
  }

  #write(): void {
    if (this.#writing !== undefined || this.#retry !== undefined || this.#waiting.isEmpty) return;
    this.#writing = this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (!this.#waiting.isEmpty) {
      const batch: Waiting[] = [];
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        batch.push(next);
        if (batch.length === BATCH_MAX) break;
      }
      const written = await this.#append(batch);
      if (written === batch.length) continue;
      this.#putBack(batch.slice(written));
      if (this.#closed) return;
      this.#retry = this.#o.clock.after(RETRY_MS, () => {
        this.#retry = undefined;
        this.#write();
      });
      return;
    }
  }

  /** @returns how many of them, from the first on, are on the stream */
  async #append(batch: readonly Waiting[]): Promise<number> {
    let written = 0;
    try {
      await this.#call(async ({ client }) => {
        const pipeline = client.pipeline();
        for (const { uid, json } of batch) {
          pipeline.xadd(this.#key, 'MAXLEN', '~', this.#max, '*', 'event', json, 'uid', uid);
        }
        for (const [error] of (await pipeline.exec()) ?? []) {
          if (error !== null) throw error;
          written++;
        }
      });
    } catch {
      // Counted and logged as a fault of the connection; what is not written is tried again.
    }
    return written;
  }

  /** Before what has come since; of more than there is room for, the oldest are given up. */
  #putBack(batch: readonly Waiting[]): void {
    const all = [...batch];
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) all.push(next);
    this.#lost += Math.max(0, all.length - WAITING_MAX);
    for (const each of all.slice(-WAITING_MAX)) this.#waiting.push(each);
  }

  async #call<T>(call: (redis: OpenRedis) => Promise<T>): Promise<T> {
    const { redis } = this.#o;
    const { status } = redis.client;
    if (status !== 'ready') throw new StoreUnavailableError(`redis is ${status}`);
    try {
      return await redis.calls.run(() => call(redis));
    } catch (cause) {
      throw new StoreUnavailableError(`redis: ${errorMessage(cause)}`, { cause });
    }
  }
}
