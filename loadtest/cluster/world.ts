import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfigInput } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { PostgresProcess } from '../../test/support/postgres-server.ts';
import { RedisCluster } from '../../test/support/redis-cluster.ts';
import { EVERY_FRAME, freePort, MODELS_DIR } from '../lib/servers.ts';
import { metricSum } from '../outages/metrics-text.ts';
import { AlertLog } from './alert-log.ts';
import { readCluster, readMetrics, readPlan } from './cluster-api.ts';
import { ClusterNode } from './node-process.ts';
import { ClusterWatch } from './watch.ts';

/** So much of each outbox stays when all have read it (a sixteenth of this): it is read afterwards. */
const OUTBOX_BYTES_MAX = 2 * 1024 ** 3;
export const CLUSTER = 'lt';

export interface WorldOptions {
  readonly nodes: number;
  readonly postgres: boolean;
  /** How long an open breaker of the alerts' sink waits. */
  readonly breakerMs: number;
  /** Keep logs and data of nodes. */
  readonly keep: boolean;
  /** More of the nodes' configuration. */
  readonly config: NodeConfigInput;
}

/** A Redis Cluster of six, nodes, and whoever looks at them. */
export class World {
  readonly redis: RedisCluster;
  readonly postgres: PostgresProcess | undefined;
  readonly watch = new ClusterWatch();
  readonly alerts: AlertLog;
  /** Logs and data of the nodes. */
  readonly dir: string;
  readonly nodes: ClusterNode[] = [];
  readonly #options: WorldOptions;
  readonly #closing: (() => Promise<unknown>)[];

  private constructor(
    options: WorldOptions,
    parts: Pick<World, 'redis' | 'postgres' | 'alerts' | 'dir'>,
    closing: (() => Promise<unknown>)[],
  ) {
    this.#options = options;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.alerts = parts.alerts;
    this.dir = parts.dir;
    this.#closing = closing;
  }

  /** Resolves when all nodes are ready and shards are given out. */
  static async start(options: WorldOptions): Promise<World> {
    const closing: (() => Promise<unknown>)[] = [];
    const dir = mkdtempSync(join(tmpdir(), 'camshard-cluster-load-'));
    if (!options.keep) {
      const remove = (): void => rmSync(dir, { recursive: true, force: true });
      process.once('exit', remove);
      closing.push(async () => {
        process.removeListener('exit', remove);
        remove();
      });
    }
    try {
      const redis = await RedisCluster.start();
      closing.push(() => redis.close());
      const postgres = options.postgres ? await PostgresProcess.start() : undefined;
      if (postgres !== undefined) {
        const end = (): void => void postgres.kill();
        process.once('exit', end);
        closing.push(async () => {
          process.removeListener('exit', end);
          await postgres.remove();
        });
      }
      const alerts = await AlertLog.open(redis.urls, CLUSTER);
      closing.push(() => alerts.close());
      const world = new World(options, { redis, postgres, alerts, dir }, closing);
      closing.push(() => world.#endNodes());
      for (let i = 0; i < options.nodes; i++) await world.#addNode();
      for (const node of world.nodes) node.spawn();
      await Promise.all(world.nodes.map((node) => node.ready()));
      if (!(await world.settled(options.nodes))) throw new Error(`the cluster does not form: see ${dir}`);
      return world;
    } catch (error) {
      for (const end of closing.reverse()) await end();
      throw error;
    }
  }

  async #addNode(): Promise<ClusterNode> {
    const { postgres, breakerMs, config } = this.#options;
    const whole: NodeConfigInput = {
      ...EVERY_FRAME,
      // 8 frames in 20 ms: 400 a second each.
      devices: [{ kind: 'simulated', baseMs: 2, perFrameMs: 0.5, batchMax: 8, detections: 3 }],
      models: { dir: MODELS_DIR, inputSize: 320 },
      overload: { inputSizes: [] },
      history: postgres && this.postgres !== undefined ? { url: this.postgres.url } : { enabled: false },
      redis: { url: this.redis.allUrls, cluster: true },
      alerts: { breakerOpenMs: breakerMs, outboxBytesMax: OUTBOX_BYTES_MAX },
      ...config,
      cluster: { adapter: 'redis', name: CLUSTER, secret: 'of-the-load-tests-only', ...config.cluster },
    };
    const node = new ClusterNode({
      id: `n${this.nodes.length + 1}`,
      port: await freePort(),
      dir: this.dir,
      config: whole,
    });
    this.nodes.push(node);
    this.watch.add(node);
    return node;
  }

  /** One node more, ready. */
  async join(): Promise<ClusterNode> {
    const node = await this.#addNode();
    await node.start();
    return node;
  }

  get running(): readonly ClusterNode[] {
    return this.nodes.filter((node) => node.running);
  }

  /** A node that runs, not `besides`, to ask. */
  asked(besides?: ClusterNode): ClusterNode {
    const found = this.running.find((node) => node !== besides);
    if (found === undefined) throw new Error('no node runs');
    return found;
  }

  /**
   * Waits until every running node sees so many members alive, every shard running, nothing moving and nothing that
   * ought to move.
   */
  async settled(alive: number, waitMsMax = 90_000): Promise<boolean> {
    const untilMs = systemClock.nowMs() + waitMsMax;
    for (let calm = 0; calm < CALM_LOOKS; ) {
      calm = (await this.#isCalm(alive)) ? calm + 1 : 0;
      if (systemClock.nowMs() > untilMs) return false;
      await sleep(250);
    }
    return true;
  }

  async #isCalm(alive: number): Promise<boolean> {
    for (const { httpUrl } of this.running) {
      const seen = await readCluster(httpUrl);
      if (seen === undefined || seen.coordinator === null || !seen.lease.held) return false;
      if (seen.members.filter((member) => member.alive).length !== alive) return false;
      if (seen.shards.running !== seen.shardCount || seen.moves.length > 0) return false;
    }
    const plan = await readPlan(this.asked().httpUrl);
    return plan !== undefined && plan.length === 0;
  }

  /** Waits until no node has an alert that waits for Redis. @returns how many still do */
  async alertsDelivered(waitMsMax: number): Promise<number> {
    const untilMs = systemClock.nowMs() + waitMsMax;
    for (;;) {
      let waiting = 0;
      for (const { httpUrl } of this.running) {
        const text = await readMetrics(httpUrl);
        waiting += text === undefined ? 1 : metricSum(text, 'camshard_alert_sink_behind_records');
      }
      if (waiting === 0 || systemClock.nowMs() > untilMs) return waiting;
      await sleep(250);
    }
  }

  async #endNodes(): Promise<void> {
    await this.watch.stop();
    // At once: nobody is left to hand shards to, and nothing of them is needed any more.
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  async close(): Promise<void> {
    for (const end of this.#closing.splice(0).reverse()) await end();
  }
}

/** Looks in a row that must find it calm: longer than a renewal. */
const CALM_LOOKS = 6;
