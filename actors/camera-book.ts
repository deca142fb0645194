import type { Clock } from '../core/clock.ts';
import type { ImageHeader } from '../core/frame.ts';
import type { CameraId, NodeId, ShardId } from '../core/ids.ts';
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
  /** The account of what came in at this node, whoever served it. */
  readonly ledger = new Ledger();
  /** The same of what other nodes relayed here: it is in their accounts, and only kept for what is in flight. */
  readonly relayed = new Ledger();
  /** Another node serves this camera: nothing here works for it. */
  remote = false;
  /** Highest number of a stream's frames so far; undefined where the camera gives none. */
  lastSeq: number | undefined;
  /** First number of the stream that is served here; undefined before it came. */
  firstSeq: number | undefined;
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

  /** Frames of this camera on their way, whoever's account they are in. */
  get inFlight(): number {
    return this.ledger.inFlight + this.relayed.inFlight;
  }

  get priority(): Priority {
    return this.flow.priority;
  }

  get targetFps(): number {
    return this.flow.targetFps;
  }
}

interface Orphan {
  readonly account: NodeId;
  readonly lastSeq: number;
  readonly sinceMs: number;
}

interface Adopted {
  readonly account: NodeId;
  readonly camera: CameraId | undefined;
  readonly shard: ShardId;
  readonly ledger: LedgerSnapshot;
}

export interface DepartedCamera {
  readonly camera: CameraId;
  readonly shard: ShardId;
  readonly ledger: Ledger;
}

/** A camera whose node died is back within this time, or has something else to tell. */
const ORPHAN_MS_MAX = 60_000;
/** A camera at 30 fps for an hour. */
const GAP_FRAMES_MAX = 108_000;
const NOTHING: LedgerSnapshot = { received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 };

/**
 * The node's account: a record per camera, and the sums of those it no longer holds. Whoever takes a frame in or drops
 * one says so here, at the line that does it.
 */
export class CameraBook {
  readonly #records = new Map<CameraId, CameraRecord>();
  readonly #departed = new Map<CameraId, DepartedCamera>();
  readonly #foldedByShard = new Map<ShardId, Ledger>();
  readonly #total = new Ledger();
  readonly #relayed = new Ledger();
  readonly #clock: Clock;
  readonly #camerasMax: number;
  readonly #newFlow: (camera: CameraId) => CameraFlow;
  /** Cameras whose node died, and the highest number it had of each. */
  readonly #orphans = new Map<CameraId, Orphan>();
  /** What was added for dead nodes, by their accounts, for as long as one may turn out to live. */
  readonly #adopted = new Map<NodeId, Adopted[]>();
  /** The sum of all that was taken over and not given back. */
  readonly #adoptedTotal = new Ledger();
  #lostWithNodes = 0;
  #unknownGaps = 0;
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
    const departed = this.#departed.get(camera);
    if (departed !== undefined) {
      this.#departed.delete(camera);
      record.ledger.add(departed.ledger.snapshot());
    }
    this.#records.set(camera, record);
    return record;
  }

  /**
   * A frame of `record`'s camera came in.
   * @param relayed by another node, which has it in its account.
   */
  receive(record: CameraRecord, relayed = false): void {
    const nowMs = this.#clock.nowMs();
    // What was idle until now cannot have been stuck: the wait for the next progress begins here.
    if (this.inFlight === 0) this.#lastProgressMs = nowMs;
    (relayed ? record.relayed : record.ledger).receive();
    record.framesIn.mark(nowMs);
    record.lastFrameWallMs = this.#clock.wallMs();
    record.lastFrameMs = nowMs;
    (relayed ? this.#relayed : this.#total).receive();
  }

  /**
   * A frame of `record`'s camera has found its end.
   * @param latencyMs from reception, where its camera actor settles it.
   */
  settle(
    record: CameraRecord,
    outcome: Pick<FrameOutcome, 'kind'> & { readonly reason?: string },
    latencyMs?: number,
    relayed = false,
  ): void {
    (relayed ? record.relayed : record.ledger).settle(outcome);
    (relayed ? this.#relayed : this.#total).settle(outcome);
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
    if (record.connections > 0 || record.inFlight > 0) return;
    this.#records.delete(record.camera);
    if (record.remote && record.ledger.received > 0) this.#depart(record);
    else this.#fold(record.shard).add(record.ledger.snapshot());
  }

  /** Accounts of cameras that have no connection here: of those that moved on, and of the dead. */
  departed(): Iterable<DepartedCamera> {
    return this.#departed.values();
  }

  departedOf(camera: CameraId): DepartedCamera | undefined {
    return this.#departed.get(camera);
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

  /** What came in at this process and what became of it: {@link total} without what was taken over of dead nodes. */
  own(): LedgerSnapshot {
    const own = new Ledger();
    own.add(this.total());
    own.subtract(this.#adoptedTotal.snapshot());
    return own.snapshot();
  }

  /**
   * When a frame last came through a device (inferred, gated, or refused by its decoder) or, if later, when the node
   * was last idle; monotonic ms. With frames in flight, a time long ago means the node is wedged.
   */
  get lastProgressMs(): number {
    return this.#lastProgressMs;
  }

  get inFlight(): number {
    return this.#total.inFlight + this.#relayed.inFlight;
  }

  /**
   * Takes over the account of a camera whose node is dead or has left. What was in flight there is lost with it.
   * @param account whose it was
   * @param camera undefined for the sum of those that had left the shard there
   * @param lastSeq highest number its open stream had there; what it sent after that and before its next connection is
   *   lost too. Null where it gave none, undefined where no stream was open.
   */
  adopt(
    account: NodeId,
    camera: CameraId | undefined,
    shard: ShardId,
    ledger: LedgerSnapshot,
    lastSeq?: number | null,
  ): void {
    const { inFlight, lost } = ledger;
    const closed: LedgerSnapshot =
      inFlight === 0
        ? ledger
        : { ...ledger, inFlight: 0, lost: { ...lost, node_death: (lost.node_death ?? 0) + inFlight } };
    this.#take({ account, camera, shard, ledger: closed });
    this.#lostWithNodes += inFlight;
    if (camera === undefined) return;
    if (lastSeq === null) this.#unknownGaps++;
    else if (lastSeq !== undefined) this.#orphan(camera, { account, lastSeq, sinceMs: this.#clock.nowMs() });
  }

  /**
   * The first frame of a stream whose camera another node had until it died: what lies between is counted lost.
   * @returns frames counted
   */
  closeGap(record: CameraRecord, firstSeq: number): number {
    record.firstSeq = firstSeq;
    const { camera, shard } = record;
    const orphan = this.#orphans.get(camera);
    if (orphan === undefined) return 0;
    this.#orphans.delete(camera);
    const { account, lastSeq, sinceMs } = orphan;
    // It has been elsewhere meanwhile: what it sent there is accounted for there.
    if (this.#clock.nowMs() - sinceMs > ORPHAN_MS_MAX) return 0;
    const missing = firstSeq - lastSeq - 1;
    // Below: its numbers began anew. Far above: they are no count. What it sent meanwhile nobody can tell then.
    if (missing < 0 || missing > GAP_FRAMES_MAX) this.#unknownGaps++;
    if (missing <= 0 || missing > GAP_FRAMES_MAX) return 0;
    this.#take({ account, camera, shard, ledger: { ...NOTHING, received: missing, lost: { node_death: missing } } });
    this.#lostWithNodes += missing;
    return missing;
  }

  /**
   * The node whose account was taken over lives: it was only silent. Everything that was added for it is taken out again.
   * @returns what was, in parts
   */
  giveBack(account: NodeId): number {
    const adopted = this.#adopted.get(account) ?? [];
    this.#adopted.delete(account);
    for (const { camera, shard, ledger } of adopted) {
      const known = camera === undefined ? undefined : (this.#records.get(camera) ?? this.#departed.get(camera));
      // Folded since: in the sum of its shard.
      (known?.ledger ?? this.#fold(shard)).subtract(ledger);
      this.#total.subtract(ledger);
      this.#adoptedTotal.subtract(ledger);
    }
    for (const [camera, orphan] of this.#orphans) if (orphan.account === account) this.#orphans.delete(camera);
    return adopted.length;
  }

  /** What was taken over of a dead node cannot be asked back any more. */
  keepForGood(account: NodeId): void {
    this.#adopted.delete(account);
  }

  #take(part: Adopted): void {
    const { account, camera, shard, ledger } = part;
    const parts = this.#adopted.get(account);
    if (parts === undefined) this.#adopted.set(account, [part]);
    else parts.push(part);
    this.#total.add(ledger);
    this.#adoptedTotal.add(ledger);
    if (camera === undefined) return this.#fold(shard).add(ledger);
    const known = this.#records.get(camera) ?? this.#departed.get(camera);
    if (known !== undefined) return known.ledger.add(ledger);
    const own = new Ledger();
    own.add(ledger);
    this.#depart({ camera, shard, ledger: own });
  }

  #orphan(camera: CameraId, orphan: Orphan): void {
    const before = this.#orphans.get(camera);
    if (before !== undefined && before.lastSeq > orphan.lastSeq) return;
    this.#orphans.delete(camera);
    this.#orphans.set(camera, orphan);
    const record = this.#records.get(camera);
    // It was here before its account.
    if (record?.firstSeq !== undefined) this.closeGap(record, record.firstSeq);
    if (this.#orphans.size <= this.#camerasMax) return;
    const [oldest] = this.#orphans.keys();
    if (oldest !== undefined) this.#orphans.delete(oldest);
    this.#unknownGaps++;
  }

  /** Times a camera's node died and nobody can tell what the camera had sent to it since its last checkpoint. */
  get unknownGaps(): number {
    return this.#unknownGaps;
  }

  /** Frames that dead nodes had in flight or swallowed, as far as this node has found them. Never less than before. */
  get lostWithNodes(): number {
    return this.#lostWithNodes;
  }

  #depart({ camera, shard, ledger }: DepartedCamera): void {
    this.#departed.set(camera, { camera, shard, ledger });
    if (this.#departed.size <= this.#camerasMax) return;
    const [oldest] = this.#departed.values();
    if (oldest === undefined) return;
    this.#departed.delete(oldest.camera);
    this.#fold(oldest.shard).add(oldest.ledger.snapshot());
  }

  #fold(shard: ShardId): Ledger {
    let ledger = this.#foldedByShard.get(shard);
    if (ledger === undefined) {
      ledger = new Ledger();
      this.#foldedByShard.set(shard, ledger);
    }
    return ledger;
  }

  /** The accounts of cameras that are gone, by shard. */
  foldedByShard(): ReadonlyMap<ShardId, Ledger> {
    return this.#foldedByShard;
  }
}
