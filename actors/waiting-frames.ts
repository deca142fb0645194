import type { FrameOutcome } from '../core/outcome.ts';
import { PendingFrames } from '../models/batch/pending-frames.ts';
import type { Entry, Owner } from './device-messages.ts';
import type { DeviceView } from './device-view.ts';
import { Saturation } from './saturation.ts';

/**
 * The frames waiting for one device, and how each of them leaves: picked for a batch, replaced by a newer one, or too
 * late. Says in the device's view how long they had waited.
 */
export class WaitingFrames {
  readonly #pending = new PendingFrames<Owner>();
  readonly #saturation = new Saturation();
  readonly #view: DeviceView;
  readonly #queueDelayMsMax: number;
  readonly #settle: (entry: Entry, outcome: FrameOutcome) => void;

  /** @param settle tells a frame's camera what became of it. */
  constructor(view: DeviceView, queueDelayMsMax: number, settle: (entry: Entry, outcome: FrameOutcome) => void) {
    this.#view = view;
    this.#queueDelayMsMax = queueDelayMsMax;
    this.#settle = settle;
  }

  /** Cameras with a frame waiting. */
  get size(): number {
    return this.#pending.size;
  }

  /** For how long the device has not kept up, ms. */
  saturatedMs(nowMs: number): number {
    return this.#saturation.saturatedMs(nowMs);
  }

  offer(entry: Entry, nowMs: number): void {
    const replaced = this.#pending.offer(entry, entry.tag.flow.priority);
    if (replaced !== undefined) this.#shed(replaced, 'superseded', nowMs);
  }

  /** A frame that was picked and could not run. */
  putBack(entry: Entry, nowMs: number): void {
    const older = this.#pending.putBack(entry, entry.tag.flow.priority);
    if (older !== undefined) this.#shed(older, 'superseded', nowMs);
  }

  /**
   * Frames for a batch: in turn, and where the device cannot keep up such as have just come in.
   * @param freshMs how long a frame of this batch waits at the least, ms.
   */
  pick(count: number, nowMs: number, freshMs: number): Entry[] {
    const picked = this.#saturation.isSaturated
      ? this.#pending.pickFresh(count, nowMs, freshMs, ({ tag }) => tag.flow.withinShare)
      : this.#pending.pick(count);
    this.#saturation.observe(this.#pending.oldestReceivedAtMs, 2 * freshMs, nowMs);
    for (const entry of picked) this.#departed(entry, nowMs);
    return picked;
  }

  /** Sheds what cannot be answered in time if it finishes at `finishAtMs`. */
  expire(finishAtMs: number, nowMs: number): void {
    for (const entry of this.#pending.expire(finishAtMs)) this.#shed(entry, 'expired', nowMs);
  }

  countMeeting(finishAtMs: number, atMost: number): number {
    return this.#pending.countMeeting(finishAtMs, atMost);
  }

  /** Takes out everything. */
  clear(): Entry[] {
    return this.#pending.clear();
  }

  #shed(entry: Entry, reason: 'superseded' | 'expired', nowMs: number): void {
    this.#departed(entry, nowMs);
    this.#settle(entry, { kind: 'shed', reason });
  }

  /** A frame has left the queue, one way or another: how long did it wait? */
  #departed({ frame, tag }: Entry, nowMs: number): void {
    frame.trace?.mark('wait', nowMs);
    if (!tag.flow.obeys) return; // what sends more than it may tells nothing of the queue
    this.#view.departures++;
    if (nowMs - frame.receivedAtMs > this.#queueDelayMsMax) this.#view.lateDepartures++;
  }
}
