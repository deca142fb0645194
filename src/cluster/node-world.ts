import type { RegionMessage } from '../../actors/region-actor.ts';
import type { ActorRef } from '../../actors/runtime/types.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { StartWith } from '../../shards/cluster/brain-io.ts';
import type { AlertCarry } from '../alerts/carry.ts';
import type { OpenAlerts } from '../alerts/open-alerts.ts';
import type { LedgerKeeper } from '../checkpoints/ledger-keeper.ts';
import type { CameraCheckpoint, CheckpointStore } from '../checkpoints/port.ts';
import type { SharedCameraStates } from '../checkpoints/shared-camera-states.ts';
import type { History } from '../history/port.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ShardSnapshot, ShardWorld } from './shard-world.ts';

export interface NodeWorldOptions {
  readonly region: ActorRef<RegionMessage>;
  readonly states: SharedCameraStates;
  readonly ledgers: LedgerKeeper;
  readonly checkpoints: CheckpointStore;
  readonly alerts: OpenAlerts;
  readonly history: History | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shardOf: (camera: CameraId) => ShardId;
  /** Accounts of the lives of a node whose shard was taken over. */
  readonly deadAccounts: (of: NodeId) => Iterable<NodeId>;
  /** Whether a shard that was owned under `epoch` still is. */
  readonly isMine: (shard: ShardId, epoch: Epoch) => boolean;
  /** Cameras with settings get their actor: they are missed where they do not come. */
  readonly expectCameras: (shards: ReadonlySet<ShardId>) => void;
}

/** Fences that are to be raised within this time are raised together. */
const FENCES_TOGETHER_MS = 5;
/** The database is asked for so long: where it is away its fence rises with the new owner's first record (ADR 5). */
const HISTORY_FENCE_MS_MAX = 500;
/** In a hand-off Redis is waited for so long. */
const FENCE_MS_MAX = 200;

/** A shard's life on this node: sealed, started, handed over, with all that hangs on it. */
export class NodeWorld implements ShardWorld {
  readonly #o: NodeWorldOptions;
  /** Cameras whose alerts went along in a shard's snapshot. */
  readonly #carried = new Map<ShardId, readonly CameraId[]>();
  readonly #fences: ShardBatch<Epoch>;
  readonly #historyFences: ShardBatch<Epoch>;
  #toExpect: Set<ShardId> | undefined;
  #dropping: Timer | undefined;

  constructor(options: NodeWorldOptions) {
    this.#o = options;
    const { alerts, history, clock } = options;
    const asFences = (shards: ReadonlyMap<ShardId, Epoch>) => [...shards].map(([shard, epoch]) => ({ shard, epoch }));
    this.#fences = new ShardBatch(clock, (shards) => alerts.raiseFences(asFences(shards)));
    this.#historyFences = new ShardBatch(clock, async (shards) => history?.raiseFences(asFences(shards)));
  }

  async seal(shard: ShardId, withinMs: number): Promise<ShardSnapshot> {
    await new Promise<void>((done) => this.#o.region.tell({ kind: 'seal', shard, withinMs, done }));
    const { states, alerts } = this.#o;
    const cameras = states.ofShard(shard);
    const names = this.#camerasOf(shard, cameras);
    this.#carried.set(shard, names);
    // What alerts there are goes along once, in the carry.
    const bare = cameras.map((camera) => ({ ...camera, openings: {}, undelivered: [] }));
    return { cameras: bare, alerts: alerts.handOver.carry(names) };
  }

  unseal(shard: ShardId): void {
    this.#carried.delete(shard);
    this.#o.region.tell({ kind: 'unseal', shard });
  }

  async start(shard: ShardId, epoch: Epoch, from: StartWith<ShardSnapshot>): Promise<void> {
    const { states, ledgers, checkpoints, alerts, deadAccounts } = this.#o;
    // First: from here on nothing of an older owner is published any more.
    const fenced = this.#fences.add(shard, epoch);
    let cameras: readonly CameraCheckpoint[] = [];
    let carry: AlertCarry = { cameras: [] };
    if (from.kind === 'snapshot') {
      // Its owner has stopped by itself: a Redis that fails over right now need not keep its cameras waiting. The first
      // alert raises the fence, too.
      await this.#atMost(FENCE_MS_MAX, fenced, 'alerts could not be fenced', shard);
      cameras = from.snapshot.cameras;
      carry = from.snapshot.alerts;
    } else {
      await fenced;
    }
    if (from.kind === 'checkpoint') {
      const historyFenced = this.#historyFences.add(shard, epoch);
      await this.#atMost(HISTORY_FENCE_MS_MAX, historyFenced, 'the history could not be fenced', shard);
      cameras = await checkpoints.take(shard, epoch);
      carry = {
        cameras: cameras.map(({ camera, openings, undelivered }) => ({ camera, openings, records: undelivered })),
      };
      await ledgers.adopt(deadAccounts(from.of), [shard]);
    }
    await alerts.handOver.adopt(carry, { shard, epoch });
    states.begin(shard, epoch, cameras, carry.cameras);
  }

  serve(shard: ShardId): void {
    this.#o.region.tell({ kind: 'ownership', shards: [shard] });
    if (this.#toExpect === undefined) {
      const shards = new Set<ShardId>();
      this.#toExpect = shards;
      this.#o.clock.after(FENCES_TOGETHER_MS, () => {
        this.#toExpect = undefined;
        this.#o.expectCameras(shards);
      });
    }
    this.#toExpect.add(shard);
  }

  release(shard: ShardId): void {
    const { states, alerts } = this.#o;
    const carried = this.#carried.get(shard) ?? [];
    this.#carried.delete(shard);
    alerts.handOver.forget(carried);
    this.#close(shard, () => states.forget(shard));
  }

  drop(shard: ShardId): void {
    const { states, alerts, isMine, clock } = this.#o;
    this.#carried.delete(shard);
    this.#close(shard, () => states.forget(shard));
    // What is undelivered of them is left behind, for their owners; many shards at once, looked through once.
    this.#dropping ??= clock.after(FENCES_TOGETHER_MS, () => {
      this.#dropping = undefined;
      alerts.handOver.keepOnly(isMine);
    });
  }

  ownership(shards: Iterable<ShardId>): void {
    this.#o.region.tell({ kind: 'ownership', shards });
  }

  #close(shard: ShardId, done: () => void): void {
    if (this.#o.region.tell({ kind: 'close-shard', shard, done }) !== 'accepted') done();
  }

  /** Cameras that remember something, and those that only have alerts. */
  #camerasOf(shard: ShardId, cameras: readonly CameraCheckpoint[]): CameraId[] {
    const { alerts, shardOf } = this.#o;
    const names = new Set(cameras.map(({ camera }) => camera));
    for (const [camera] of alerts.book.allOpenings()) {
      if (shardOf(camera as CameraId) === shard) names.add(camera as CameraId);
    }
    return [...names];
  }

  /** Waits for `done`, not for long; where it fails that is told, and no more. */
  async #atMost(waitMs: number, done: Promise<void>, otherwise: string, shard: ShardId): Promise<void> {
    const { clock, log } = this.#o;
    const ended = done.catch((error: unknown) => log.warn({ err: error, shard }, otherwise));
    await Promise.race([ended, new Promise<void>((resolve) => clock.after(waitMs, resolve))]);
  }
}

/** Gathers what is to be done for several shards at about the same time, and does it once. */
class ShardBatch<T> {
  readonly #clock: Clock;
  readonly #run: (shards: ReadonlyMap<ShardId, T>) => Promise<unknown>;
  #next: { readonly shards: Map<ShardId, T>; readonly done: Promise<void> } | undefined;

  constructor(clock: Clock, run: (shards: ReadonlyMap<ShardId, T>) => Promise<unknown>) {
    this.#clock = clock;
    this.#run = run;
  }

  add(shard: ShardId, value: T): Promise<void> {
    if (this.#next === undefined) {
      const shards = new Map<ShardId, T>();
      const due = new Promise<void>((resolve) => this.#clock.after(FENCES_TOGETHER_MS, resolve));
      const done = due.then(async () => {
        this.#next = undefined;
        await this.#run(shards);
      });
      this.#next = { shards, done };
    }
    this.#next.shards.set(shard, value);
    return this.#next.done;
  }
}
