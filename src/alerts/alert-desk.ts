import { type Alert, type AlertChange, alertId } from '../../core/alert.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { AlertBook, AlertEntry } from './alert-book.ts';
import { alertOfRecord, type Outbox, type OutboxRecord } from './outbox-record.ts';

/** Who owns the camera an alert is about. */
export interface AlertOrigin {
  readonly camera: CameraId;
  readonly shard: ShardId;
  readonly epoch: Epoch;
}

export interface AlertDeskOptions {
  readonly cluster: string;
  readonly node: NodeId;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly book: AlertBook;
  /** A record is kept, and in the book: that is to be written. */
  readonly onKept: (position: number, record: OutboxRecord) => void;
  /** Told when the disk takes no alerts, and when it does again. */
  readonly onOutbox: (state: 'failing' | 'working') => void;
}

/** Records that wait for a disk that takes none; past it the newest is given up, and counted. */
const UNKEPT_MAX = 1_000;
const RETRY_MS = 1_000;

export interface DeskCounts {
  /** Beginnings and ends of alerts. */
  raised: number;
  /** Given up because the disk took nothing for too long. */
  lost: number;
}

/**
 * Where alerts come in: each gets its name, goes to the outbox, and into the book once it is kept there. Nobody waits
 * for the disk. While it takes nothing, alerts wait here, in order.
 */
export class AlertDesk {
  readonly counts: DeskCounts = { raised: 0, lost: 0 };
  readonly #o: AlertDeskOptions;
  readonly #unkept: OutboxRecord[] = [];
  /** On their way to the disk, those that wait for it included; in order. */
  readonly #inFlight = new Set<OutboxRecord>();
  /** The last change of alerts on their way. */
  readonly #latest = new Map<string, Alert>();
  #retry: Timer | undefined;
  #stopped = false;

  constructor(options: AlertDeskOptions) {
    this.#o = options;
  }

  /** Alerts that wait for the disk. */
  get waiting(): number {
    return this.#unkept.length;
  }

  /** The last opening of each rule of `camera`, across restarts: the next one is the number after it. */
  openings(camera: CameraId): ReadonlyMap<string, number> {
    return this.#o.book.openings(camera);
  }

  /** Takes a change of an alert; it goes out once it is kept. @returns the alert, named */
  raise({ camera, shard, epoch }: AlertOrigin, change: AlertChange): Alert {
    const { cluster, node, book } = this.#o;
    const id = alertId(camera, change.rule, change.opening);
    const snapshotPath = change.snapshot ? `/v1/alerts/${id}/snapshot` : null;
    const alert: Alert = { ...change, id, cluster, node, camera, shard, epoch, snapshotPath };
    this.counts.raised++;
    book.noteOpening(camera, change.rule, change.opening);
    this.keep({ kind: 'alert', alert });
    return alert;
  }

  /** Takes a record of another owner's: it goes the way of this node's own. */
  keep(record: OutboxRecord): void {
    this.#inFlight.add(record);
    if (record.kind === 'alert' || record.kind === 'adopted') this.#latest.set(record.alert.id, record.alert);
    this.#keep(record);
  }

  /** What is on its way to the disk, oldest first. */
  inFlight(): Iterable<OutboxRecord> {
    return this.#inFlight;
  }

  /** The last change of an alert, whether it is kept already or on its way. */
  latest(id: string): Alert | undefined {
    return this.#latest.get(id) ?? this.#o.book.get(id)?.alert;
  }

  /** What waits for the disk of these cameras is another node's to keep now. */
  giveUp(cameras: ReadonlySet<string>): void {
    for (const record of this.#unkept.splice(0)) {
      const alert = alertOfRecord(record);
      if (alert === undefined || !cameras.has(alert.camera)) this.#unkept.push(record);
      else this.#settled(record);
    }
  }

  /**
   * Somebody has seen the alert. Kept in the outbox like the alert itself.
   * @returns the entry as it was before, with what it is from now on; `undefined` where there is no such alert
   */
  acknowledge(id: string, who: string): { readonly before: AlertEntry; readonly after: AlertEntry } | undefined {
    const before = this.#o.book.get(id);
    if (before === undefined) return undefined;
    const atMs = this.#o.clock.wallMs();
    this.keep({ kind: 'acknowledged', id, who, atMs, alert: before.alert });
    return { before, after: { ...before, acknowledged: { who, atMs } } };
  }

  /** Offers what still waits once more; what is not taken now is lost with the process. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    for (const record of this.#unkept.splice(0)) this.#offer(record, () => this.#lose(record));
  }

  #keep(record: OutboxRecord): void {
    // Behind those that wait: order is kept.
    if (this.#unkept.length > 0) return this.#wait(record);
    this.#offer(record, () => this.#wait(record));
  }

  #offer(record: OutboxRecord, onRefused: () => void): void {
    const offered = this.#o.outbox.offer(record, (appended) => {
      if (typeof appended !== 'number') return onRefused();
      this.#kept(appended, record);
    });
    if (offered !== 'accepted') onRefused();
  }

  #wait(record: OutboxRecord): void {
    if (this.#unkept.length >= UNKEPT_MAX || this.#stopped) {
      this.#lose(record);
      return;
    }
    if (this.#unkept.length === 0) this.#o.onOutbox('failing');
    this.#unkept.push(record);
    this.#retry ??= this.#o.clock.after(RETRY_MS, () => this.#tryAgain());
  }

  #kept(position: number, record: OutboxRecord): void {
    this.#settled(record);
    this.#o.book.apply(position, record);
    this.#o.onKept(position, record);
  }

  #lose(record: OutboxRecord): void {
    this.#settled(record);
    this.counts.lost++;
  }

  #settled(record: OutboxRecord): void {
    this.#inFlight.delete(record);
    if (record.kind !== 'alert' && record.kind !== 'adopted') return;
    const { alert } = record;
    if (this.#latest.get(alert.id) === alert) this.#latest.delete(alert.id);
  }

  /** One record first: where the disk takes it, the others follow. */
  #tryAgain(): void {
    this.#retry = undefined;
    const [first] = this.#unkept;
    if (first === undefined) return;
    const later = (): void => {
      this.#retry ??= this.#o.clock.after(RETRY_MS, () => this.#tryAgain());
    };
    const offered = this.#o.outbox.offer(first, (appended) => {
      if (typeof appended !== 'number') return later();
      // It is not there any more where its camera went to another node meanwhile.
      if (this.#unkept[0] === first) this.#unkept.shift();
      this.#kept(appended, first);
      const rest = this.#unkept.splice(0);
      this.#o.onOutbox('working');
      for (const record of rest) this.#keep(record);
    });
    if (offered !== 'accepted') later();
  }
}
