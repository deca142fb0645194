/** A node says that it is alive this often, from its main loop. */
export const HEARTBEAT_MS = 1_000;
/**
 * A ready node silent this long is stuck for good: its main thread never computes, and the longest pauses known (garbage
 * collection of a full heap, a disk that stalls under a synchronous write) are under 2 s.
 */
export const NODE_SILENCE_MS_MAX = 10_000;

/** The watch looks this often ... */
export const WATCH_MS = 1_000;
/** ... and where it comes this much later than it should, it was the watcher that stood still. */
const STALLED_MS = 1_000;

/**
 * Tells a silent child from a watcher that could not hear. A machine that stalls (suspended, out of CPU) stops both, and
 * afterwards the watcher's timer fires before the messages that wait are read; then counting starts anew.
 */
export class SilenceWatch {
  readonly #silenceMsMax: number;
  #heardAtMs: number;
  #lookedAtMs: number;

  constructor(silenceMsMax: number, nowMs: number) {
    this.#silenceMsMax = silenceMsMax;
    this.#heardAtMs = nowMs;
    this.#lookedAtMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** To be called each {@link WATCH_MS}. @returns whether the child has been silent for too long */
  look(nowMs: number): boolean {
    const stalled = nowMs - this.#lookedAtMs > WATCH_MS + STALLED_MS;
    this.#lookedAtMs = nowMs;
    if (stalled) this.#heardAtMs = nowMs;
    return nowMs - this.#heardAtMs > this.#silenceMsMax;
  }
}
