import type { CameraId, Epoch, ShardId } from '../../core/ids.ts';
import type { AlertBook, AlertEntry } from './alert-book.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { AlertCarry, CameraAlerts } from './carry.ts';
import type { AlertRecord, MovedCamera, Outbox, OutboxRecord } from './outbox-record.ts';
import type { Undelivered } from './undelivered.ts';

/** Who owns the cameras from now on. */
export interface NewOrigin {
  readonly shard: ShardId;
  readonly epoch: Epoch;
}

export interface Adopted {
  /** Records that go to this node's sinks. */
  readonly raised: number;
  /** Records this node had already, in this state or a later one. */
  readonly known: number;
  /** Whether all of it is on the disk: `false` while that takes nothing, and it waits in memory. */
  readonly kept: boolean;
}

export interface HandOverOptions {
  readonly desk: AlertDesk;
  readonly book: AlertBook;
  readonly undelivered: Undelivered;
  readonly outbox: Outbox & { readonly end: number; flushed(): Promise<void> };
  /** Least place of the sinks in the outbox. */
  readonly passed: () => number;
  /** The book is to be written. */
  readonly onBook: () => void;
}

/** Closed alerts of a camera that its checkpoint has: state that is restored may be from before their end. */
const CLOSED_IN_CHECKPOINT = 4;
/** Cameras in one record of the outbox. */
const CAMERAS_PER_RECORD = 100;

/**
 * Alerts that move with their cameras.
 *
 *     old owner   carry ──────► (sealed) ──────► forget      sinks pass over what moved
 *                   │                               ▲
 *     new owner     └─► adopt, under the new epoch ─┘        same ids: who got one twice can tell
 *
 * Where the old owner is dead, its checkpoints are adopted instead; when it comes back, what it had left behind is
 * (see left-behind.ts).
 */
export class AlertHandOver {
  readonly counts = { adopted: 0, known: 0 };
  readonly #o: HandOverOptions;
  /** Cameras that have gone, as long as that is on its way to the disk: place of the first record that went with it. */
  readonly #leaving = new Map<string, number>();

  constructor(options: HandOverOptions) {
    this.#o = options;
  }

  /** For a checkpoint: what some sink has not had yet, the open alerts and the last closed ones. */
  checkpoint(camera: CameraId): CameraAlerts {
    return this.#alertsOf(camera, this.#inFlight().get(camera) ?? [], CLOSED_IN_CHECKPOINT);
  }

  /** All that is known of the cameras' alerts. They must raise none until they are forgotten, or taken on again. */
  carry(cameras: readonly CameraId[]): AlertCarry {
    const inFlight = this.#inFlight();
    return {
      cameras: cameras
        .map((camera) => this.#alertsOf(camera, inFlight.get(camera) ?? [], Number.POSITIVE_INFINITY))
        .filter(({ openings, records }) => records.length > 0 || Object.keys(openings).length > 0),
    };
  }

  /**
   * Takes over what an owner before carried, checkpointed or left behind. Opening numbers count from this call on; the
   * rest is in the book, and on its way to the sinks, once this resolves. Doing it again changes nothing.
   */
  async adopt(carry: AlertCarry, origin: NewOrigin): Promise<Adopted> {
    const { desk, book, outbox } = this.#o;
    let raised = 0;
    let known = 0;
    for (const { camera, openings, records } of carry.cameras) {
      const before = book.openings(camera);
      const higher = Object.entries(openings).filter(([rule, opening]) => opening > (before.get(rule) ?? 0));
      for (const [rule, opening] of higher) book.noteOpening(camera, rule, opening);
      if (higher.length > 0) desk.keep({ kind: 'openings', camera, openings: Object.fromEntries(higher) });
      for (const record of records) {
        const adopted = this.#rehomed(record, origin);
        if (adopted === undefined) {
          if (record.kind !== 'adopted') known++;
          continue;
        }
        if (adopted.kind !== 'adopted') raised++;
        if (adopted.kind === 'alert') book.noteOpening(camera, adopted.alert.rule, adopted.alert.opening);
        desk.keep(adopted);
      }
    }
    this.counts.adopted += raised;
    this.counts.known += known;
    await outbox.flushed();
    return { raised, known, kept: desk.waiting === 0 };
  }

  /** The cameras went to another node, with all that {@link carry} gave: it delivers, this one does not. */
  forget(cameras: readonly CameraId[]): void {
    const { desk, undelivered } = this.#o;
    desk.giveUp(new Set(cameras));
    this.#moved(cameras.map((camera) => ({ camera, from: undelivered.knownFrom(camera) })));
  }

  /** Forgets cameras that another node has taken over without asking: what is undelivered is left behind. */
  keepOnly(isMine: (shard: ShardId, epoch: Epoch) => boolean): void {
    const gone = new Set<CameraId>();
    for (const { alert } of this.#o.book.entries()) if (!isMine(alert.shard, alert.epoch)) gone.add(alert.camera);
    this.#moved([...gone].map((camera) => ({ camera, from: null })));
  }

  /** Whether a record of the outbox went to another node with its camera. */
  hasMoved(camera: string, position: number): boolean {
    const from = this.#leaving.get(camera);
    return (from !== undefined && position >= from) || this.#o.book.moved.has(camera, position);
  }

  #moved(cameras: readonly MovedCamera[]): void {
    const { book, undelivered, outbox, passed, onBook } = this.#o;
    book.moved.passed(passed());
    for (const { camera, from } of cameras) {
      undelivered.drop(camera);
      if (from !== null) this.#leaving.set(camera, from);
    }
    for (let i = 0; i < cameras.length; i += CAMERAS_PER_RECORD) {
      const some = cameras.slice(i, i + CAMERAS_PER_RECORD);
      const record: OutboxRecord = { kind: 'moved', cameras: some };
      const done = (appended: number | 'full' | 'closed'): void => {
        // A disk that takes nothing: the book knows, and the gate on deliveries where the book is lost, too.
        if (typeof appended === 'number') book.apply(appended, record);
        else book.handOver(outbox.end, some);
        for (const { camera } of some) this.#leaving.delete(camera);
        onBook();
      };
      const offered = outbox.offer(record, done);
      if (offered !== 'accepted') done(offered);
    }
  }

  #inFlight(): Map<string, AlertRecord[]> {
    const cameras = new Map<string, AlertRecord[]>();
    for (const record of this.#o.desk.inFlight()) {
      if (record.kind !== 'alert' && record.kind !== 'acknowledged') continue;
      const camera = record.alert?.camera;
      if (camera === undefined) continue;
      const ofCamera = cameras.get(camera);
      if (ofCamera === undefined) cameras.set(camera, [record]);
      else ofCamera.push(record);
    }
    return cameras;
  }

  #alertsOf(camera: CameraId, inFlight: readonly AlertRecord[], closedMax: number): CameraAlerts {
    const { book, undelivered } = this.#o;
    const waiting = [...undelivered.ofCamera(camera), ...inFlight];
    const entries = book.ofCamera(camera);
    const closed = entries.filter(({ alert }) => alert.state === 'closed');
    const passedOver = new Set(closed.slice(0, Math.max(0, closed.length - closedMax)));
    const known = entries.filter((entry) => !passedOver.has(entry) && !isToldBy(waiting, entry));
    return {
      camera,
      openings: Object.fromEntries(book.openings(camera)),
      records: [
        ...waiting,
        ...known.map(({ alert, acknowledged }) => ({ kind: 'adopted', alert, acknowledged }) as const),
      ],
    };
  }

  /** The record as this node keeps it; undefined where it has nothing new. */
  #rehomed(record: OutboxRecord, { shard, epoch }: NewOrigin): OutboxRecord | undefined {
    const { desk, book } = this.#o;
    if (record.kind === 'openings' || record.kind === 'moved' || record.alert === undefined) return undefined;
    const alert = { ...record.alert, shard, epoch };
    const here = desk.latest(alert.id);
    // What this node knows of an earlier time as owner is no sign that anybody was told under this one.
    const isKnown =
      here !== undefined && here.epoch >= epoch && (here.state === 'closed' || here.state === alert.state);
    const seen = book.get(alert.id)?.acknowledged ?? null;
    switch (record.kind) {
      case 'alert':
        return isKnown ? undefined : { ...record, alert };
      case 'adopted':
        return isKnown && (record.acknowledged === null || seen !== null) ? undefined : { ...record, alert };
      case 'acknowledged':
        return isKnown && seen?.atMs === record.atMs ? undefined : { ...record, alert };
    }
  }
}

/** Whether the records say all there is to know of the alert. */
const isToldBy = (records: readonly AlertRecord[], { alert, acknowledged }: AlertEntry): boolean =>
  acknowledged === null &&
  records.some(
    (record) => record.kind === 'alert' && record.alert.id === alert.id && record.alert.state === alert.state,
  );
