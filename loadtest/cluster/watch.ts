import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { metricSum } from '../outages/metrics-text.ts';
import { type ClusterSeen, readCluster, readMetrics, readOwnLedgers, readShards } from './cluster-api.ts';
import type { ClusterNode } from './node-process.ts';
import { OwnershipBook, ServingBook } from './ownership-book.ts';

/** What one node said at one moment. */
export interface Look {
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly node: string;
  readonly leaseHeld: boolean;
  readonly islanded: boolean;
  readonly coordinator: string | null;
  readonly mapVersion: number;
  readonly moving: number;
  readonly starting: number;
  readonly rssBytes: number | null;
  readonly loopP99Ms: number | null;
  readonly alertsBehind: number | null;
  readonly fenced: number | null;
}

const LOOK_MS = 500;
/** Each so many looks: these answers are large, and of the whole cluster. */
const SHARDS_EVERY = 2;
const LEDGERS_EVERY = 4;
const METRICS_EVERY = 2;

/** Looks at every node again and again, each at its own pace, so that one that stands still holds up nobody. */
export class ClusterWatch {
  readonly looks: Look[] = [];
  readonly ownership = new OwnershipBook();
  readonly serving = new ServingBook();
  readonly #over = new AbortController();
  readonly #watched = new Map<string, Promise<void>>();

  /** Begins to look at a node; it may come and go. */
  add(node: ClusterNode): void {
    if (!this.#watched.has(node.id)) this.#watched.set(node.id, this.#run(node));
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#watched.values());
  }

  async #run(node: ClusterNode): Promise<void> {
    const { signal } = this.#over;
    for (let i = 0; !signal.aborted; i++) {
      if (node.running) await this.#look(node, i);
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #look(node: ClusterNode, i: number): Promise<void> {
    const { httpUrl, id } = node;
    const before = await readCluster(httpUrl);
    if (before === undefined) return;
    const text = i % METRICS_EVERY === 0 ? await readMetrics(httpUrl) : undefined;
    this.looks.push(lookOf(id, before, text));
    if (i % SHARDS_EVERY === 0) await this.#claims(id, httpUrl, before);
    if (i % LEDGERS_EVERY === 0) await this.#ledgers(id, httpUrl);
  }

  async #claims(id: string, httpUrl: string, before: ClusterSeen): Promise<void> {
    const fromMs = systemClock.nowMs();
    const shards = await readShards(httpUrl);
    const toMs = systemClock.nowMs();
    const after = await readCluster(httpUrl);
    // Its view counts only where it may serve: a lease that was good before and after.
    if (shards === undefined || after === undefined || !before.lease.held || !after.lease.held) return;
    for (const { shard, node, epoch, state } of shards) {
      if (node === id && state === 'running') this.ownership.claim(id, shard, epoch, fromMs, toMs);
    }
  }

  async #ledgers(id: string, httpUrl: string): Promise<void> {
    const fromMs = systemClock.nowMs();
    const ledgers = await readOwnLedgers(httpUrl);
    const toMs = systemClock.nowMs();
    for (const [camera, { inferred }] of ledgers ?? []) this.serving.look(id, camera, inferred, fromMs, toMs);
  }
}

function lookOf(node: string, seen: ClusterSeen, metrics: string | undefined): Look {
  const sum = (name: string, scale = 1): number | null =>
    metrics === undefined ? null : metricSum(metrics, name) * scale;
  return {
    atMs: systemClock.wallMs(),
    node,
    leaseHeld: seen.lease.held,
    islanded: seen.lease.islanded,
    coordinator: seen.coordinator,
    mapVersion: seen.mapVersion,
    moving: seen.shards.moving,
    starting: seen.shards.starting,
    rssBytes: sum('process_resident_memory_bytes'),
    loopP99Ms: sum('nodejs_eventloop_lag_p99_seconds', 1_000),
    alertsBehind: sum('camshard_alert_sink_behind_records'),
    fenced: sum('camshard_alert_sink_fenced_total'),
  };
}
