import type { Alert, Severity } from '../../core/alert.ts';
import { MovedRecords, type PlaceRange } from './moved-records.ts';
import type { MovedCamera, OutboxRecord } from './outbox-record.ts';

export interface Acknowledgement {
  readonly who: string;
  /** ms since the Unix epoch. */
  readonly atMs: number;
}

/** One alert from its beginning to its end, as the API lists it. */
export interface AlertEntry {
  /** Place in the outbox of its last change. */
  readonly position: number;
  /** Its last change. */
  readonly alert: Alert;
  readonly acknowledged: Acknowledgement | null;
}

export interface AlertFilter {
  readonly state?: Alert['state'] | undefined;
  readonly severity?: Severity | undefined;
  readonly camera?: string | undefined;
  readonly rule?: string | undefined;
  /** Whether somebody has said to have seen it. */
  readonly acknowledged?: boolean | undefined;
  /** By when they opened, ms since the Unix epoch: `openedFromMs` is within, `openedBeforeMs` is not. */
  readonly openedFromMs?: number | undefined;
  readonly openedBeforeMs?: number | undefined;
  /** In its name, title or message, whatever the case; lower case here. */
  readonly text?: string | undefined;
}

/** How many alerts are open. */
export interface OpenCounts {
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Of them, those nobody has acknowledged. */
  readonly unseen: number;
}

/** What a restart goes on from; see book-file.ts. */
export interface BookState {
  /** Records of the outbox before this place are in it. */
  readonly next: number;
  readonly openings: Iterable<readonly [camera: string, openings: Readonly<Record<string, number>>]>;
  readonly entries: Iterable<AlertEntry>;
  readonly moved?: Iterable<readonly [camera: string, ranges: readonly PlaceRange[]]>;
}

/** Alerts open at once that are remembered; past it the one that changed longest ago is forgotten. */
const OPEN_MAX = 10_000;
/** Closed alerts that are remembered. */
const CLOSED_MAX = 1_000;
const NO_OPENINGS: ReadonlyMap<string, number> = new Map();

/**
 * What is known of alerts without asking a database: the open ones, the last closed ones, and the number of the last
 * opening of each camera and rule. In memory; made again from the book's file and the outbox behind it.
 */
export class AlertBook {
  /** In order of their last change, the oldest first. */
  readonly #open = new Map<string, AlertEntry>();
  readonly #closed = new Map<string, AlertEntry>();
  /** Names of those that are remembered. */
  readonly #byCamera = new Map<string, Set<string>>();
  readonly #openings = new Map<string, Map<string, number>>();
  /** Records that went to other nodes with their cameras. */
  readonly moved = new MovedRecords();
  #next = 1;
  #forgotten = 0;

  restore({ next, openings, entries, moved = [] }: BookState): void {
    this.#next = next;
    for (const [camera, rules] of openings) {
      for (const [rule, opening] of Object.entries(rules)) this.noteOpening(camera, rule, opening);
    }
    for (const entry of entries) this.#put(entry);
    for (const [camera, ranges] of moved) for (const range of ranges) this.moved.add(camera, range);
  }

  /** Place in the outbox behind the last record that is in the book. */
  get next(): number {
    return this.#next;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Open alerts that were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Takes a record of the outbox in; one that is in already changes nothing. */
  apply(position: number, record: OutboxRecord): void {
    this.#next = Math.max(this.#next, position + 1);
    switch (record.kind) {
      case 'alert':
        return this.#changed(position, record.alert, null);
      case 'adopted':
        return this.#changed(position, record.alert, record.acknowledged);
      case 'acknowledged': {
        const before = this.#entry(record.id);
        if (before === undefined || before.position >= position) return;
        return this.#put({ ...before, position, acknowledged: { who: record.who, atMs: record.atMs } });
      }
      case 'openings':
        for (const [rule, opening] of Object.entries(record.openings)) this.noteOpening(record.camera, rule, opening);
        return;
      case 'moved':
        this.handOver(position, record.cameras);
    }
  }

  /** These cameras are somebody else's: what changed before `position` goes, opening numbers stay. */
  handOver(position: number, cameras: readonly MovedCamera[]): void {
    for (const { camera, from } of cameras) {
      for (const entry of this.ofCamera(camera)) {
        if (entry.position >= position) continue;
        this.#forget(entry.alert.state === 'opened' ? this.#open : this.#closed, entry.alert);
      }
      if (from !== null) this.moved.add(camera, { from, before: position });
    }
  }

  #changed(position: number, alert: Alert, acknowledged: Acknowledgement | null): void {
    const before = this.#entry(alert.id);
    this.noteOpening(alert.camera, alert.rule, alert.opening);
    if (before !== undefined && before.position >= position) return;
    // Its end is the last that is heard of an alert, unless another owner says it again, or that somebody has seen it.
    const newer = before === undefined || alert.epoch > before.alert.epoch || acknowledged !== null;
    if (before?.alert.state === 'closed' && (alert.state === 'opened' || !newer)) return;
    this.#put({ position, alert, acknowledged: acknowledged ?? before?.acknowledged ?? null });
  }

  /** A number was given out: it is never given out again. */
  noteOpening(camera: string, rule: string, opening: number): void {
    const rules = this.#openings.get(camera);
    if (rules === undefined) this.#openings.set(camera, new Map([[rule, opening]]));
    else rules.set(rule, Math.max(opening, rules.get(rule) ?? 0));
  }

  /** The last opening of each rule of `camera`. */
  openings(camera: string): ReadonlyMap<string, number> {
    return this.#openings.get(camera) ?? NO_OPENINGS;
  }

  allOpenings(): Iterable<readonly [string, ReadonlyMap<string, number>]> {
    return this.#openings;
  }

  get(id: string): AlertEntry | undefined {
    return this.#entry(id);
  }

  /** Those of one camera, in order of their last change, the oldest first. */
  ofCamera(camera: string): AlertEntry[] {
    const ids = [...(this.#byCamera.get(camera) ?? [])];
    return ids.flatMap((id) => this.#entry(id) ?? []).sort((a, b) => a.position - b.position);
  }

  /** All that are remembered, in order of their last change, the oldest first. */
  entries(): AlertEntry[] {
    return [...this.#open.values(), ...this.#closed.values()].sort((a, b) => a.position - b.position);
  }

  /**
   * One page.
   * @param from `after`: those that changed after that place, the oldest first. `before`: those that changed before it,
   *   the newest first.
   */
  list(
    filter: AlertFilter,
    from: { readonly after: number } | { readonly before: number },
    limit: number,
  ): { readonly entries: readonly AlertEntry[]; readonly more: boolean } {
    const matching = this.entries().filter(({ position, alert, acknowledged }) => {
      if ('after' in from ? position <= from.after : position >= from.before) return false;
      return matches(filter, alert, acknowledged);
    });
    if ('before' in from) matching.reverse();
    return { entries: matching.slice(0, limit), more: matching.length > limit };
  }

  openCounts(): OpenCounts {
    const bySeverity: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
    let unseen = 0;
    for (const { alert, acknowledged } of this.#open.values()) {
      bySeverity[alert.severity]++;
      if (acknowledged === null) unseen++;
    }
    return { bySeverity, unseen };
  }

  #entry(id: string): AlertEntry | undefined {
    return this.#open.get(id) ?? this.#closed.get(id);
  }

  #put(entry: AlertEntry): void {
    const { id, state } = entry.alert;
    this.#open.delete(id);
    this.#closed.delete(id);
    const into = state === 'opened' ? this.#open : this.#closed;
    into.set(id, entry);
    const ofCamera = this.#byCamera.get(entry.alert.camera);
    if (ofCamera === undefined) this.#byCamera.set(entry.alert.camera, new Set([id]));
    else ofCamera.add(id);
    if (into.size <= (state === 'opened' ? OPEN_MAX : CLOSED_MAX)) return;
    const [oldest] = into.values();
    if (oldest !== undefined) this.#forget(into, oldest.alert);
    if (state === 'opened') this.#forgotten++;
  }

  #forget(from: Map<string, AlertEntry>, { id, camera }: Alert): void {
    from.delete(id);
    const ofCamera = this.#byCamera.get(camera);
    ofCamera?.delete(id);
    if (ofCamera?.size === 0) this.#byCamera.delete(camera);
  }
}

function matches(filter: AlertFilter, alert: Alert, acknowledged: Acknowledgement | null): boolean {
  const { state, severity, camera, rule, openedFromMs, openedBeforeMs, text } = filter;
  if (state !== undefined && alert.state !== state) return false;
  if (severity !== undefined && alert.severity !== severity) return false;
  if (camera !== undefined && alert.camera !== camera) return false;
  if (rule !== undefined && alert.rule !== rule) return false;
  if (filter.acknowledged !== undefined && (acknowledged !== null) !== filter.acknowledged) return false;
  if (openedFromMs !== undefined && alert.openedAtMs < openedFromMs) return false;
  if (openedBeforeMs !== undefined && alert.openedAtMs >= openedBeforeMs) return false;
  return text === undefined || `${alert.id}\n${alert.title}\n${alert.message}`.toLowerCase().includes(text);
}
