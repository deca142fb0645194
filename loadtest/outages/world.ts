import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeConfigInput } from '../../config/schema.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { PostgresProcess } from '../../test/support/postgres-server.ts';
import { RedisServer } from '../../test/support/redis-server.ts';
import { EVERY_FRAME, type Server, startNode } from '../lib/servers.ts';
import type { Part } from './scenarios.ts';
import { ApiPoller } from './subscribers/api.ts';
import { LiveWatcher } from './subscribers/live.ts';
import { MqttSubscriber } from './subscribers/mqtt.ts';
import { RedisChannel } from './subscribers/redis.ts';
import type { Subscriber } from './subscribers/subscriber.ts';
import { Webhook } from './subscribers/webhook.ts';

export const CLUSTER = 'outages';
/** So much of the outbox stays when all have read it (a sixteenth of this): the runner reads it afterwards. */
const OUTBOX_BYTES_MAX = 2 * 1024 ** 3;

export interface WorldOptions {
  /** How long an open breaker of a sink waits. */
  readonly breakerMs: number;
}

/** Real servers around one node under `camshard up`, and a subscriber at each place alerts go to. */
export class World {
  readonly postgres: PostgresProcess;
  readonly redis: RedisServer;
  readonly broker: Mosquitto;
  readonly webhook: Webhook;
  readonly channel: RedisChannel;
  readonly node: Server;
  readonly dataDir: string;
  /** All but the stream and the history, which are read at the end of a scenario. */
  readonly subscribers: readonly Subscriber[];
  readonly #close: () => Promise<void>;

  private constructor(parts: Omit<World, 'begin' | 'end' | 'close' | 'kill'>, close: () => Promise<void>) {
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.broker = parts.broker;
    this.webhook = parts.webhook;
    this.channel = parts.channel;
    this.node = parts.node;
    this.dataDir = parts.dataDir;
    this.subscribers = parts.subscribers;
    this.#close = close;
  }

  static async start({ breakerMs }: WorldOptions): Promise<World> {
    const closing: (() => Promise<unknown>)[] = [];
    const close = async (): Promise<void> => {
      for (const each of closing.splice(0).reverse()) await each();
    };
    const kept = <T>(thing: T, end: (thing: T) => Promise<unknown>): T => {
      closing.push(() => end(thing));
      return thing;
    };
    try {
      const dataDir = mkdtempSync(join(tmpdir(), 'camshard-outages-'));
      closing.push(async () => rmSync(dataDir, { recursive: true, force: true }));
      const postgres = kept(await PostgresProcess.start(), (p) => p.remove());
      const redis = kept(await RedisServer.start(), (r) => r.close());
      const broker = kept(await Mosquitto.start(), (b) => b.close());
      const webhook = kept(await Webhook.open(), (w) => w.close());
      const channel = kept(await RedisChannel.open(redis.url, CLUSTER), (c) => c.close());
      const mqtt = kept(await MqttSubscriber.open(broker.url, CLUSTER), (m) => m.close());
      const config: NodeConfigInput = {
        ...EVERY_FRAME,
        node: { dataDir },
        cluster: { name: CLUSTER },
        // 8 frames in 58 ms, 138 a second: the load is 70 % of it, and the node has processor time to spare.
        devices: [{ kind: 'simulated', baseMs: 10, perFrameMs: 6, batchMax: 8, detections: 3 }],
        // Inputs stay at the size these times are stated for.
        models: { inputSize: 320 },
        overload: { inputSizes: [] },
        history: { url: postgres.url },
        redis: { url: redis.url },
        alerts: {
          breakerOpenMs: breakerMs,
          outboxBytesMax: OUTBOX_BYTES_MAX,
          webhooks: [{ name: 'ops', url: webhook.url }],
          mqtt: { url: broker.url },
        },
        telemetry: { logLevel: 'warn' },
      };
      const node = kept(await startNode({ viaParent: true, config }), (n) => n.stop());
      const live = kept(await LiveWatcher.open(node.httpUrl), (l) => l.close());
      const api = kept(new ApiPoller(node.httpUrl), (a) => a.close());
      const subscribers = [live, api, channel, mqtt, webhook];
      return new World({ postgres, redis, broker, webhook, channel, node, dataDir, subscribers }, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async begin(part: Part): Promise<void> {
    switch (part) {
      case 'postgres':
        return this.postgres.kill();
      case 'postgres_frozen':
        return this.postgres.freeze();
      case 'redis':
        return this.redis.kill();
      case 'webhook':
        return this.webhook.hang();
    }
  }

  /** Resolves when it serves again. */
  async end(part: Part): Promise<void> {
    switch (part) {
      case 'postgres':
        return this.postgres.restart();
      case 'postgres_frozen':
        return this.postgres.thaw();
      case 'redis':
        return this.redis.start();
      case 'webhook':
        return this.webhook.answer();
    }
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** For when this process ends at once: nothing that is waited for is done any more. */
  kill(): void {
    void this.redis.kill();
    void this.broker.kill();
    void this.postgres.kill();
  }
}
