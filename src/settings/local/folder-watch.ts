import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../../../core/clock.ts';

export interface FolderWatchOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** A file may have changed. Called at most once per file and {@link SETTLE_MS}. */
  readonly onFile: (name: string) => void;
  /** Any file may have changed. */
  readonly onAny: () => void;
}

/** Editors write in several steps; only what has come to rest is read. */
export const SETTLE_MS = 150;
/** Each file is looked at this often all the same: network file systems tell nobody of changes made elsewhere. */
export const LOOK_EVERY_MS = 30_000;

/** Watches a folder for edits by hand. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #names = new Set<string>();
  readonly #rounds: Timer;
  #watcher: FSWatcher | undefined;
  #settling: Timer | undefined;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#rounds = options.clock.every(LOOK_EVERY_MS, options.onAny);
    try {
      this.#watcher = watch(options.dir, { persistent: false }, (_event, name) => this.#changed(name));
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No inotify left: the rounds find changes, later.
    }
  }

  close(): void {
    this.#rounds.cancel();
    this.#settling?.cancel();
    this.#watcher?.close();
  }

  #changed(name: string | null): void {
    if (name === null) return this.#options.onAny();
    this.#names.add(name);
    this.#settling ??= this.#options.clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      const names = [...this.#names];
      this.#names.clear();
      for (const changed of names) this.#options.onFile(changed);
    });
  }
}
