import { type Alert, type AlertChange, alertId } from '../../core/alert.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { AlertBook, AlertEntry } from './alert-book.ts';
import type { Outbox, OutboxRecord } from './outbox-record.ts';

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
  /** The book has changed: it is to be written. */
  readonly onChanged: () => void;
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
    this.#keep({ kind: 'alert', alert });
    return alert;
  }

  /**
   * Somebody has seen the alert. Kept in the outbox like the alert itself.
   * @returns the entry as it was before, with what it is from now on; `undefined` where there is no such alert
   */
  acknowledge(id: string, who: string): { readonly before: AlertEntry; readonly after: AlertEntry } | undefined {
    const before = this.#o.book.get(id);
    if (before === undefined) return undefined;
    const atMs = this.#o.clock.wallMs();
    this.#keep({ kind: 'acknowledged', id, who, atMs, alert: before.alert });
    return { before, after: { ...before, acknowledged: { who, atMs } } };
  }

  /** Offers what still waits once more; what is not taken now is lost with the process. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    for (const record of this.#unkept.splice(0)) this.#offer(record, () => this.counts.lost++);
  }

  #keep(record: OutboxRecord): void {
    // Behind those that wait: order is kept.
    if (this.#unkept.length > 0) return this.#wait(record);
    this.#offer(record, () => this.#wait(record));
  }

  #offer(record: OutboxRecord, onRefused: () => void): void {
    const offered = this.#o.outbox.offer(record, (appended) => {
      if (typeof appended !== 'number') return onRefused();
      this.#o.book.apply(appended, record);
      this.#o.onChanged();
    });
    if (offered !== 'accepted') onRefused();
  }

  #wait(record: OutboxRecord): void {
    if (this.#unkept.length >= UNKEPT_MAX || this.#stopped) {
      this.counts.lost++;
      return;
    }
    if (this.#unkept.length === 0) this.#o.onOutbox('failing');
    this.#unkept.push(record);
    this.#retry ??= this.#o.clock.after(RETRY_MS, () => this.#tryAgain());
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
      this.#unkept.shift();
      this.#o.book.apply(appended, first);
      this.#o.onChanged();
      const rest = this.#unkept.splice(0);
      this.#o.onOutbox('working');
      for (const record of rest) this.#keep(record);
    });
    if (offered !== 'accepted') later();
  }
}
