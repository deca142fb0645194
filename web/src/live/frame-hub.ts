import { WATCHER_TOPICS_MAX } from '../../../config/limits.ts';
import type { Clock, Timer } from '../../../core/clock.ts';
import type { WatchedFrame } from '../api/live-messages.ts';

export type FrameListener = (frame: WatchedFrame) => void;

/** One topic is `cluster`. */
const CAMERAS_MAX = WATCHER_TOPICS_MAX - 1;
/** Scrolling past a row of cameras must not send a message for each. */
const SETTLE_MS = 80;

/**
 * Hands frames to whoever shows that camera, and asks the node for exactly those cameras: a thousand on the wall cost
 * only what is on the screen. Nothing is asked for while `paused` (the tab is hidden).
 */
export class FrameHub {
  readonly #listeners = new Map<string, Set<FrameListener>>();
  readonly #clock: Clock;
  readonly #onWatch: (cameras: readonly string[]) => void;
  #settling: Timer | undefined;
  #paused = false;

  constructor(clock: Clock, onWatch: (cameras: readonly string[]) => void) {
    this.#clock = clock;
    this.#onWatch = onWatch;
  }

  /** Follows `camera` until the returned function is called. */
  follow(camera: string, listener: FrameListener): () => void {
    const listeners = this.#listeners.get(camera) ?? new Set();
    this.#listeners.set(camera, listeners);
    listeners.add(listener);
    this.#settle();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(camera) === listeners) this.#listeners.delete(camera);
      this.#settle();
    };
  }

  deliver(frame: WatchedFrame): void {
    for (const listener of this.#listeners.get(frame.head.camera) ?? []) listener(frame);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#settle();
  }

  #settle(): void {
    this.#settling ??= this.#clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      this.#onWatch(this.#paused ? [] : [...this.#listeners.keys()].slice(0, CAMERAS_MAX));
    });
  }
}
