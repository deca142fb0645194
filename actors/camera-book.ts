import type { Clock } from '../core/clock.ts';
import type { ImageHeader } from '../core/frame.ts';
import type { CameraId, ShardId } from '../core/ids.ts';
import { Ledger, type LedgerSnapshot } from '../core/ledger.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import { RateMeter } from '../core/rate-meter.ts';
import type { Priority } from '../models/batch/pending-frames.ts';
import type { CameraFlow } from './camera-flow.ts';

/** What the node knows of one camera. Written by the ingress and its camera actor, read by whoever lists cameras. */
export class CameraRecord {
  readonly camera: CameraId;
  readonly shard: ShardId;
  /** What is asked of it. */
  readonly flow: CameraFlow;
  /** The device it is served by; undefined before its first frame. */
  device: string | undefined;
  readonly ledger = new Ledger();
  readonly framesIn = new RateMeter();
  readonly framesOut = new RateMeter();
  /** Sockets and requests open for this camera right now, counted by the ingress at the moment they open and close. */
  connections = 0;
  /** Smoothed over the last results, ms. */
  latencyMs: number | undefined;
  lastFrameWallMs: number | undefined;
  /** The same on the monotonic clock. */
  lastFrameMs: number | undefined;
  lastHeader: ImageHeader | undefined;
  /**
   * A camera actor holds this record, or soon will: only its passivation may close it. Otherwise the camera's next
   * connection would get a fresh record beside an actor that counts on the old one.
   */
  hasActor = false;
  constructor(camera: CameraId, shard: ShardId, flow: CameraFlow) {
    this.camera = camera;
    this.shard = shard;
    this.flow = flow;
  }

  get priority(): Priority {
    return this.flow.priority;
  }

  get targetFps(): number {
    return this.flow.targetFps;
  }
}

/**
 * The node's account: a record per camera, and the sums of those it no longer holds. Whoever takes a frame in or drops
 * one says so here, at the line that does it.
 */
export class CameraBook {
  readonly #records = new Map<CameraId, CameraRecord>();
  readonly #foldedByShard = new Map<ShardId, Ledger>();
  readonly #total = new Ledger();
  readonly #clock: Clock;
  readonly #camerasMax: number;
  readonly #newFlow: (camera: CameraId) => CameraFlow;
  #lastProgressMs = 0;

  /** @param newFlow what is asked of a camera at first. */
  constructor(options: {
    readonly clock: Clock;
    readonly camerasMax: number;
    readonly newFlow: (camera: CameraId) => CameraFlow;
  }) {
    this.#clock = options.clock;
    this.#newFlow = options.newFlow;
    this.#camerasMax = options.camerasMax;
  }

  get size(): number {
    return this.#records.size;
  }

  get(camera: CameraId): CameraRecord | undefined {
    return this.#records.get(camera);
  }

  /** The camera's record, made where there is none; `undefined` where the node holds as many cameras as it may. */
  open(camera: CameraId, shard: ShardId): CameraRecord | undefined {
    const known = this.#records.get(camera);
    if (known !== undefined) return known;
    if (this.#records.size >= this.#camerasMax) return undefined;
    const record = new CameraRecord(camera, shard, this.#newFlow(camera));
    this.#records.set(camera, record);
    return record;
  }

  /** A frame of `record`'s camera came in. */
  receive(record: CameraRecord): void {
    const nowMs = this.#clock.nowMs();
    // What was idle until now cannot have been stuck: the wait for the next progress begins here.
    if (this.#total.inFlight === 0) this.#lastProgressMs = nowMs;
    record.ledger.receive();
    record.framesIn.mark(nowMs);
    record.lastFrameWallMs = this.#clock.wallMs();
    record.lastFrameMs = nowMs;
    this.#total.receive();
  }

  /** A frame of `record`'s camera has found its end. `latencyMs`: from reception, where its camera actor settles it. */
  settle(
    record: CameraRecord,
    outcome: Pick<FrameOutcome, 'kind'> & { readonly reason?: string },
    latencyMs?: number,
  ): void {
    record.ledger.settle(outcome);
    this.#total.settle(outcome);
    const nowMs = this.#clock.nowMs();
    // Only what came through a device is progress: a stuck node goes on shedding and refusing.
    if (latencyMs !== undefined && outcome.kind !== 'shed' && outcome.kind !== 'lost') this.#lastProgressMs = nowMs;
    if (outcome.kind === 'inferred' || outcome.kind === 'gated') record.flow.served.mark(nowMs);
    if (outcome.kind === 'inferred') {
      record.framesOut.mark(nowMs);
      if (latencyMs !== undefined) {
        record.latencyMs = record.latencyMs === undefined ? latencyMs : record.latencyMs * 0.8 + latencyMs * 0.2;
      }
    }
  }

  /**
   * Passivation: closes the camera's record and keeps its sums with its shard. A record somebody holds or that has
   * frames in flight stays.
   */
  fold(record: CameraRecord): void {
    if (this.#records.get(record.camera) !== record) return;
    if (record.connections > 0 || record.ledger.inFlight > 0) return;
    this.#records.delete(record.camera);
    let shard = this.#foldedByShard.get(record.shard);
    if (shard === undefined) {
      shard = new Ledger();
      this.#foldedByShard.set(record.shard, shard);
    }
    shard.add(record.ledger.snapshot());
  }

  /** Every camera there is a record of, in the order they came. */
  records(): IterableIterator<CameraRecord> {
    return this.#records.values();
  }

  /** Sums of cameras whose records were folded away. */
  folded(): LedgerSnapshot {
    const sum = new Ledger();
    for (const ledger of this.#foldedByShard.values()) sum.add(ledger.snapshot());
    return sum.snapshot();
  }

  total(): LedgerSnapshot {
    return this.#total.snapshot();
  }

  /**
   * When a frame last came through a device (inferred, gated, or refused by its decoder) or, if later, when the node
   * was last idle; monotonic ms. With frames in flight, a time long ago means the node is wedged.
   */
  get lastProgressMs(): number {
    return this.#lastProgressMs;
  }

  get inFlight(): number {
    return this.#total.inFlight;
  }
}
