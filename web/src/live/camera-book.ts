import type { Clock } from '../../../core/clock.ts';
import type { CameraPriority, CameraSummary } from '../../../core/protocol.ts';
import { type Readable, Store } from '../state/store.ts';
import { naturalKey } from './natural-key.ts';

/** `silent`: its connection is there and nothing comes over it. */
export type CameraState = 'live' | 'silent' | 'offline';

/** What lists are filtered and sorted by; a new object only where it changed. */
export interface CameraEntry {
  readonly camera: string;
  readonly connected: boolean;
  readonly state: CameraState;
  readonly priority: CameraPriority;
  readonly node: string;
}

/** A part of the list of all cameras, which is in the order of their ids. */
export interface CameraListPage {
  readonly cameras: readonly CameraSummary[];
  /** Cameras up to and with this one are not on the page; '' where it is the first. */
  readonly after: string;
  /** The page's end; null where it is the list's. */
  readonly next: string | null;
  /** Nodes did not answer: a camera that is not on the page may still be there. */
  readonly partial: boolean;
}

interface Row {
  summary: CameraSummary;
  entry: CameraEntry;
  /** When its last frame was another one than before, by the page's clock. */
  frameChangedMs: number;
}

/** Connected and without a picture for this long, a camera is silent; longer than the list of many takes to come round. */
const SILENT_MS = 15_000;

/**
 * What the nodes last said of each camera. A tile listens to its own camera only, and the wall only to what it filters
 * by, so that a second's news of a thousand cameras renders just the few that are on the screen.
 */
export class CameraBook {
  /** In the order people count in: `gate-2` before `gate-10`. */
  readonly entries = new Store<readonly CameraEntry[]>([]);
  /** False until the node has named its cameras once: an empty wall before that means nothing. */
  readonly known = new Store(false);
  /** The whole list has come once. */
  readonly complete = new Store(false);
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  readonly #watched = new Map<string, Store<CameraSummary | undefined>>();
  /** Ids in order, each with what it is ordered by. */
  #order: { readonly camera: string; readonly key: string }[] = [];
  #newestFrameAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  update({ cameras, after, next, partial }: CameraListPage): void {
    const nowMs = this.#clock.nowMs();
    const present = new Set<string>();
    let membersChanged = false;
    let entriesChanged = false;
    for (const { lastFrameAt } of cameras) this.#newestFrameAt = Math.max(this.#newestFrameAt, lastFrameAt ?? 0);
    for (const summary of cameras) {
      present.add(summary.camera);
      const row = this.#rows.get(summary.camera);
      const frameChangedMs =
        row === undefined || row.summary.lastFrameAt !== summary.lastFrameAt ? nowMs : row.frameChangedMs;
      const entry = this.#entry(summary, nowMs - frameChangedMs);
      if (row === undefined) {
        membersChanged = true;
        this.#rows.set(summary.camera, { summary, entry, frameChangedMs });
      } else {
        row.summary = summary;
        row.frameChangedMs = frameChangedMs;
        if (!sameEntry(row.entry, entry)) {
          row.entry = entry;
          entriesChanged = true;
        }
      }
      this.#watched.get(summary.camera)?.set(summary);
    }
    if (!partial) membersChanged = this.#forget(present, after, next) || membersChanged;
    if (membersChanged) {
      this.#order = [...this.#rows.keys()].map((camera) => ({ camera, key: naturalKey(camera) })).sort(byKey);
    }
    if (membersChanged || entriesChanged) {
      this.entries.set(this.#order.flatMap(({ camera }) => this.#rows.get(camera)?.entry ?? []));
    }
    this.known.set(true);
    if (next === null) this.complete.set(true);
  }

  /** The camera's summary as it comes; `undefined` while no node lists it. */
  camera(camera: string): Readable<CameraSummary | undefined> {
    const known = this.#watched.get(camera);
    if (known !== undefined) return known;
    for (const [other, store] of this.#watched) if (!store.isObserved) this.#watched.delete(other);
    const store = new Store<CameraSummary | undefined>(this.#rows.get(camera)?.summary);
    this.#watched.set(camera, store);
    return store;
  }

  /** The camera as it was last told, for who sorts by figures. */
  summary(camera: string): CameraSummary | undefined {
    return this.#rows.get(camera)?.summary;
  }

  /** Drops what the page would have named. */
  #forget(present: ReadonlySet<string>, after: string, next: string | null): boolean {
    let forgotten = false;
    for (const camera of this.#rows.keys()) {
      if (present.has(camera) || camera <= after || (next !== null && camera > next)) continue;
      this.#rows.delete(camera);
      this.#watched.get(camera)?.set(undefined);
      forgotten = true;
    }
    return forgotten;
  }

  #entry({ camera, connected, fpsIn, lastFrameAt, priority, node }: CameraSummary, unchangedMs: number): CameraEntry {
    // Against the newest picture of all cameras, since the nodes' clocks need not agree with this browser's.
    const behindMs = lastFrameAt === null ? 0 : this.#newestFrameAt - lastFrameAt;
    const silent = fpsIn === 0 && Math.max(unchangedMs, behindMs) >= SILENT_MS;
    return { camera, connected, state: !connected ? 'offline' : silent ? 'silent' : 'live', priority, node };
  }
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

const sameEntry = (a: CameraEntry, b: CameraEntry): boolean =>
  a.state === b.state && a.connected === b.connected && a.priority === b.priority && a.node === b.node;
