import type { CameraSummary } from '../../../core/protocol.ts';
import { type Readable, Store } from '../state/store.ts';

export interface CameraEntry {
  readonly camera: string;
  readonly connected: boolean;
}

/**
 * What the node last said of each camera. A tile listens to its own camera only, and the wall only to which cameras
 * there are, so that a second's news of a thousand cameras renders just the few that are on the screen.
 */
export class CameraBook {
  readonly entries = new Store<readonly CameraEntry[]>([]);
  /** False until the node has named its cameras once: an empty wall before that means nothing. */
  readonly known = new Store(false);
  readonly #cameras = new Map<string, Store<CameraSummary | undefined>>();

  update(cameras: readonly CameraSummary[]): void {
    const present = new Set<string>();
    for (const summary of cameras) {
      present.add(summary.camera);
      this.#store(summary.camera).set(summary);
    }
    for (const [camera, store] of this.#cameras) {
      if (present.has(camera)) continue;
      store.set(undefined);
      if (!store.isObserved) this.#cameras.delete(camera);
    }
    const entries = cameras.map(({ camera, connected }) => ({ camera, connected })).sort(byName);
    if (!sameEntries(entries, this.entries.get())) this.entries.set(entries);
    this.known.set(true);
  }

  /** The camera's summary; `undefined` while the node does not list it. */
  camera(camera: string): Readable<CameraSummary | undefined> {
    return this.#store(camera);
  }

  #store(camera: string): Store<CameraSummary | undefined> {
    const known = this.#cameras.get(camera);
    if (known !== undefined) return known;
    const store = new Store<CameraSummary | undefined>(undefined);
    this.#cameras.set(camera, store);
    return store;
  }
}

// `gate-2` before `gate-10`.
const { compare } = new Intl.Collator('en', { numeric: true });
const byName = (a: CameraEntry, b: CameraEntry): number => compare(a.camera, b.camera);

const sameEntries = (a: readonly CameraEntry[], b: readonly CameraEntry[]): boolean =>
  a.length === b.length && a.every((e, i) => e.camera === b[i]?.camera && e.connected === b[i]?.connected);
