import type { CameraStates } from '../../actors/camera-analysis.ts';
import { type CameraAnalyticsState, readCameraState } from '../../analytics/camera-analytics.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, Epoch, ShardId } from '../../core/ids.ts';
import type { CameraAlerts } from '../alerts/carry.ts';
import type { Logger } from '../telemetry/log.ts';
import type { CameraCheckpoint, CheckpointStore } from './port.ts';

export interface SharedCameraStatesOptions {
  readonly store: CheckpointStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between saves of what changed. */
  readonly everyMs: number;
  /** Resolves once all that was raised by now is in the outbox; `false` where that takes nothing. */
  readonly ahead: () => Promise<boolean>;
  /** What is known of a camera's alerts. */
  readonly alertsOf: (camera: CameraId) => CameraAlerts;
}

interface Kept {
  savedAt: number;
  /** JSON: parsed when the camera comes; null where nothing is remembered but alerts. */
  text: string | null;
}

interface OwnShard {
  readonly epoch: Epoch;
  readonly cameras: Map<CameraId, Kept>;
  readonly dirty: Set<CameraId>;
  urgent: boolean;
}

/** Shards saved at once: a slow store must not hold up an alert's checkpoint behind 256 others for long. */
const SAVES_MAX = 4;
const LOOK_MS = 250;

/**
 * What this node's cameras remember, in memory while it owns their shard, and with the other nodes' in the checkpoint
 * store, where the next owner finds it if this one dies. In a hand-off it goes straight to the next owner.
 */
export class SharedCameraStates implements CameraStates {
  readonly #o: SharedCameraStatesOptions;
  readonly #shards = new Map<ShardId, OwnShard>();
  readonly #shardOf = new Map<CameraId, ShardId>();
  readonly #timer: Timer;
  readonly counts = { saved: 0, failures: 0, fenced: 0, bytes: 0 };
  /** Shards of the round at hand that are not saved yet. */
  readonly #round = new Set<ShardId>();
  readonly #saving = new Map<ShardId, Promise<void>>();
  /** Last opening numbers, by rule, that the store has: a node that takes over gives none of them out again. */
  readonly #openings = new Map<CameraId, Readonly<Record<string, number>>>();
  #roundAtMs: number;
  /** The store took nothing the last time. */
  #failing = false;

  constructor(options: SharedCameraStatesOptions) {
    this.#o = options;
    this.#roundAtMs = options.clock.nowMs();
    this.#timer = options.clock.every(LOOK_MS, () => this.#look());
  }

  /** Cameras remembered. */
  get size(): number {
    return this.#shardOf.size;
  }

  get failures(): number {
    return this.counts.failures;
  }

  /**
   * Whether an alert may be told of: a node that died now would have its number known, and not give it to another one.
   * While the store takes nothing no shard can be taken over either, and alerts go out all the same.
   */
  isSafe(camera: CameraId, rule: string, opening: number): boolean {
    return this.#failing || (this.#openings.get(camera)?.[rule] ?? 0) >= opening;
  }

  /**
   * The shard is this node's under `epoch`, and its cameras remember this.
   * @param alerts of cameras of the shard, as they were taken over
   */
  begin(
    shard: ShardId,
    epoch: Epoch,
    cameras: readonly CameraCheckpoint[],
    alerts: readonly Pick<CameraAlerts, 'camera' | 'openings'>[],
  ): void {
    this.forget(shard);
    for (const { camera, openings } of alerts) {
      this.#openings.set(camera, openings);
      this.#shardOf.set(camera, shard);
    }
    const own: OwnShard = { epoch, cameras: new Map(), dirty: new Set(), urgent: false };
    for (const { camera, savedAt, state } of cameras) {
      own.cameras.set(camera, { savedAt, text: state });
      this.#shardOf.set(camera, shard);
      // The store has it of the owner before, if at all.
      own.dirty.add(camera);
    }
    this.#shards.set(shard, own);
  }

  /** The shard is somebody else's. */
  forget(shard: ShardId): void {
    for (const camera of this.#shards.get(shard)?.cameras.keys() ?? []) {
      this.#shardOf.delete(camera);
      this.#openings.delete(camera);
    }
    this.#shards.delete(shard);
    this.#round.delete(shard);
  }

  /** Everything the shard's cameras remember, as of their last save. */
  ofShard(shard: ShardId): CameraCheckpoint[] {
    const own = this.#shards.get(shard);
    return own === undefined ? [] : [...own.cameras].map(([camera, kept]) => this.#checkpoint(camera, kept));
  }

  load(camera: CameraId): CameraAnalyticsState | undefined {
    const shard = this.#shardOf.get(camera);
    const text = shard === undefined ? undefined : this.#shards.get(shard)?.cameras.get(camera)?.text;
    return text == null ? undefined : readCameraState(JSON.parse(text));
  }

  save(camera: CameraId, shard: ShardId, state: CameraAnalyticsState, urgent: boolean): void {
    const own = this.#shards.get(shard);
    // An actor of a shard that went meanwhile: its next owner has what it was given.
    if (own === undefined) return;
    own.cameras.set(camera, { savedAt: Math.round(this.#o.clock.wallMs()), text: JSON.stringify(state) });
    own.dirty.add(camera);
    this.#shardOf.set(camera, shard);
    if (!urgent || own.urgent) return;
    own.urgent = true;
    this.#pump();
  }

  drop(camera: CameraId): void {
    const shard = this.#shardOf.get(camera);
    const own = shard === undefined ? undefined : this.#shards.get(shard);
    const kept = own?.cameras.get(camera);
    if (own === undefined || kept === undefined) return;
    kept.text = null;
    own.dirty.add(camera);
  }

  /** Saves the rest of what this node still owns. */
  async close(): Promise<void> {
    this.#timer.cancel();
    for (const shard of this.#shards.keys()) this.#round.add(shard);
    do {
      this.#pump();
      await Promise.all(this.#saving.values());
    } while (this.#round.size > 0);
  }

  #look(): void {
    const nowMs = this.#o.clock.nowMs();
    if (nowMs - this.#roundAtMs >= this.#o.everyMs) {
      this.#roundAtMs = nowMs;
      for (const [shard, own] of this.#shards) if (own.dirty.size > 0) this.#round.add(shard);
    }
    this.#pump();
  }

  /** Begins saves, shards with new alerts first, as long as there is room. */
  #pump(): void {
    while (this.#saving.size < SAVES_MAX) {
      const shard = this.#next();
      if (shard === undefined) return;
      this.#round.delete(shard);
      const saved = this.#save(shard).finally(() => {
        this.#saving.delete(shard);
        this.#pump();
      });
      this.#saving.set(shard, saved);
    }
  }

  #next(): ShardId | undefined {
    // After a failure what is urgent waits for the next look: a store that is away is not asked at once again.
    if (!this.#failing) {
      for (const [shard, own] of this.#shards) if (own.urgent && !this.#saving.has(shard)) return shard;
    }
    for (const shard of this.#round) if (!this.#saving.has(shard)) return shard;
    return undefined;
  }

  async #save(shard: ShardId): Promise<void> {
    const own = this.#shards.get(shard);
    if (own === undefined) return;
    own.urgent = false;
    if (own.dirty.size === 0) return;
    const cameras = [...own.dirty];
    own.dirty.clear();
    try {
      // A checkpoint that knew of an alert which the outbox does not would lose it.
      if (!(await this.#o.ahead())) throw new Error('the outbox takes nothing');
      const checkpoints = cameras.flatMap((camera) => {
        const kept = own.cameras.get(camera);
        return kept === undefined ? [] : [this.#checkpoint(camera, kept)];
      });
      const saved = await this.#o.store.saveCameras(shard, own.epoch, checkpoints);
      this.#failing = false;
      if (saved === 'fenced') this.counts.fenced++;
      else this.#kept(checkpoints);
    } catch (error) {
      this.#failing = true;
      // Tried again with the next round; what changes until then goes along.
      for (const camera of cameras) own.dirty.add(camera);
      if (this.counts.failures++ === 0) {
        this.#o.log.warn({ err: error, shard }, 'a checkpoint cannot be saved');
      }
    }
  }

  /** The store has them. */
  #kept(saved: readonly CameraCheckpoint[]): void {
    this.counts.saved += saved.length;
    for (const { camera, state, openings } of saved) {
      this.counts.bytes += state === null ? 0 : Buffer.byteLength(state);
      this.#openings.set(camera, openings);
    }
  }

  #checkpoint(camera: CameraId, { savedAt, text }: Kept): CameraCheckpoint {
    const { openings, records } = this.#o.alertsOf(camera);
    return { camera, savedAt, state: text, openings, undelivered: records };
  }
}
