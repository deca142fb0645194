import { WATCHER_TOPICS_MAX } from '../../../config/limits.ts';
import type { Clock, Timer } from '../../../core/clock.ts';
import type { WatchedFrame } from '../api/live-messages.ts';

export type FrameListener = (frame: WatchedFrame) => void;

/** Two topics are `cluster` and `alerts`. */
const CAMERAS_MAX = WATCHER_TOPICS_MAX - 2;
/** Of so many cameras the last picture is kept, so that one scrolled back to is there at once; some 20 KB each. */
const KEPT_MAX = 300;
/** Scrolling past a row of cameras must not have the node begin and end with each. */
const SETTLE_MS = 80;
const SETTLE_MS_MAX = 320;

/**
 * Hands frames to whoever shows that camera, and asks the node for exactly those cameras: a thousand on the wall cost
 * only what is on the screen. Nothing is asked for while `paused` (the tab is hidden).
 */
export class FrameHub {
  readonly #listeners = new Map<string, Set<FrameListener>>();
  /** Who was shown longest ago first. */
  readonly #kept = new Map<string, WatchedFrame>();
  readonly #clock: Clock;
  readonly #onWatch: (cameras: readonly string[]) => void;
  #settling: Timer | undefined;
  #unsettledSinceMs: number | undefined;
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
    const { camera } = frame.head;
    this.#kept.delete(camera);
    this.#kept.set(camera, frame);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
    for (const listener of this.#listeners.get(camera) ?? []) listener(frame);
  }

  /** The camera's last picture that came while somebody followed it. */
  last(camera: string): WatchedFrame | undefined {
    return this.#kept.get(camera);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#settle();
  }

  /** Says what is followed once nothing changed for a moment, or at the latest when it has changed for long. */
  #settle(): void {
    const nowMs = this.#clock.nowMs();
    this.#unsettledSinceMs ??= nowMs;
    const waitedMs = nowMs - this.#unsettledSinceMs;
    this.#settling?.cancel();
    this.#settling = this.#clock.after(Math.max(0, Math.min(SETTLE_MS, SETTLE_MS_MAX - waitedMs)), () => {
      this.#settling = undefined;
      this.#unsettledSinceMs = undefined;
      this.#onWatch(this.#paused ? [] : [...this.#listeners.keys()].slice(0, CAMERAS_MAX));
    });
  }
}
