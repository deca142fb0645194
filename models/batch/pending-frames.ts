import { CAMERAS_MAX } from '../../config/limits.ts';
import type { Frame } from '../../core/frame.ts';
import type { CameraId } from '../../core/ids.ts';
import { TurnHeap } from './turn-heap.ts';

/** Share of the device a camera gets against others when there is not enough for all. */
export const PRIORITY_WEIGHTS = { critical: 4, normal: 2, low: 1 } as const;
export type Priority = keyof typeof PRIORITY_WEIGHTS;

/** Frames that have waited this many times as long as a fresh one may are left to be replaced. */
const PASSED_OVER_AFTER = 3;

/** A frame waiting for a device, with whatever its owner wants back when it is settled. */
export interface Pending<T> {
  readonly frame: Frame;
  /** Monotonic ms by which its answer must be out. */
  readonly deadlineAtMs: number;
  readonly tag: T;
}

/** A camera's place in line. It belongs to the camera, whichever of its frames is waiting, and outlives them. */
interface Turn<T> {
  readonly camera: CameraId;
  /** The newest frame, or undefined where none waits. */
  entry: Pending<T> | undefined;
  weight: number;
  /** Virtual time at which it is this camera's turn. */
  tag: number;
  /** Grows with each camera served or met; breaks ties, so that equal cameras keep their order from round to round. */
  order: number;
  /** In the heap; a turn whose frame expired stays there without one. */
  queued: boolean;
}

/**
 * The frames waiting for one device: one slot per camera, the newest frame wins.
 *
 * Who runs next is weighted fair queueing over cameras by start tags (SFQ: Goyal, Vin and Cheng, SIGCOMM 1996), a frame
 * being the unit: serving a camera of weight w moves its tag on by 1 / w, and the smallest tag among the waiting is next.
 *
 * A turn is counted from when its camera was last served, not from when its frame arrived. Where cameras queue by
 * arrival (deficit round-robin does), those whose frames expire before their turn start at the end of the line each
 * time and starve: docs/adr/0003-fair-queueing.md has the figures. Here one whose frame expired is served with its next.
 *
 * The bound: between two frames served of a camera of weight w that always has one waiting, another of weight v is
 * served at most v / w + 1 times.
 */
export class PendingFrames<T> {
  /** By when last served, the longest ago first. */
  readonly #turns = new Map<CameraId, Turn<T>>();
  readonly #waiting = new Set<Turn<T>>();
  readonly #line = new TurnHeap<Turn<T>>();
  #virtualTime = 0;
  #sequence = 0;

  /** Cameras with a frame waiting. */
  get size(): number {
    return this.#waiting.size;
  }

  /** When the frame that waits longest came in, monotonic ms; undefined where none waits. */
  get oldestReceivedAtMs(): number | undefined {
    let oldest: number | undefined;
    for (const { entry } of this.#waiting) {
      if (entry !== undefined) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, entry.frame.receivedAtMs);
    }
    return oldest;
  }

  /** Puts a frame into its camera's slot and returns the one it replaces, which the caller sheds as `superseded`. */
  offer(entry: Pending<T>, priority: Priority = 'normal'): Pending<T> | undefined {
    const turn = this.#turns.get(entry.frame.camera) ?? this.#newcomer(entry.frame.camera, priority);
    turn.weight = PRIORITY_WEIGHTS[priority];
    return this.#wait(turn, entry);
  }

  /**
   * Gives a frame back that was picked and could not run: its camera is next.
   * @returns the older of two frames, where the camera has another waiting; the caller sheds it as `superseded`.
   */
  putBack(entry: Pending<T>, priority: Priority = 'normal'): Pending<T> | undefined {
    const turn = this.#turns.get(entry.frame.camera) ?? this.#newcomer(entry.frame.camera, priority);
    if (turn.entry !== undefined && turn.entry.frame.receivedAtMs >= entry.frame.receivedAtMs) return entry;
    if (!turn.queued) turn.tag = this.#virtualTime;
    return this.#wait(turn, entry);
  }

  /** Takes up to `count` frames, at most one per camera, in turn. Frames that are not to run must be expired before. */
  pick(count: number): Pending<T>[] {
    const picked: Pending<T>[] = [];
    while (picked.length < count && this.#waiting.size > 0) {
      const turn = this.#line.pop();
      if (turn === undefined) break;
      turn.queued = false;
      const { entry } = turn;
      if (entry === undefined) continue; // expired while in line; the turn is kept for its camera's next frame
      picked.push(entry);
      turn.entry = undefined;
      this.#waiting.delete(turn);
      this.#served(turn);
    }
    return picked;
  }

  /**
   * Takes up to `count` frames for a device that cannot keep up: whom it serves is still a matter of turns, but a
   * camera's turn is taken, if at all possible, by a frame that has just come in (adaptive LIFO: Maurer, Fail at Scale,
   * ACM Queue 13(8), 2015). A frame that waits longer than `freshMs` counts as one turn later for each `freshMs` more,
   * and past `PASSED_OVER_AFTER` of them waits for its camera's next one to replace it; its camera's place in line does
   * not suffer. What that does to fairness and to latency: docs/adr/0004-fresh-frames-under-overload.md.
   *
   * @param inTurn frames that are never passed over, however long they wait: of cameras that ask for no more than their
   *   share. Overload is none of their doing, and their next frame may be long in coming.
   */
  pickFresh(
    count: number,
    nowMs: number,
    freshMs: number,
    inTurn: (entry: Pending<T>) => boolean = () => false,
  ): Pending<T>[] {
    const candidates: { readonly turn: Turn<T>; readonly rank: number }[] = [];
    let firstTag = Number.POSITIVE_INFINITY;
    for (const turn of this.#waiting) {
      if (turn.entry === undefined) continue;
      firstTag = Math.min(firstTag, turn.tag);
      const late = inTurn(turn.entry) ? 0 : (nowMs - turn.entry.frame.receivedAtMs) / freshMs - 1;
      if (late <= PASSED_OVER_AFTER - 1) candidates.push({ turn, rank: turn.tag + Math.max(0, late) / turn.weight });
    }
    candidates.sort((a, b) => a.rank - b.rank || a.turn.order - b.turn.order);
    const picked: Pending<T>[] = [];
    for (const { turn } of candidates.slice(0, count)) {
      if (turn.entry === undefined) continue;
      picked.push(turn.entry);
      turn.entry = undefined;
      this.#waiting.delete(turn);
      // Ranks must not change in the heap: this turn stays there without a frame, and its camera goes on with a new one.
      // Virtual time stops at the first in line: whoever is passed over keeps what it is owed.
      this.#served({ ...turn, queued: false }, firstTag);
    }
    return picked.length < count ? [...picked, ...this.pick(count - picked.length)] : picked;
  }

  /**
   * Takes out every frame that cannot be answered in time if it finishes at `finishAtMs`; the caller sheds them. Their
   * cameras keep their turns.
   */
  expire(finishAtMs: number): Pending<T>[] {
    const expired: Pending<T>[] = [];
    for (const turn of this.#waiting) {
      if (turn.entry === undefined || turn.entry.deadlineAtMs >= finishAtMs) continue;
      expired.push(turn.entry);
      turn.entry = undefined;
      this.#waiting.delete(turn);
    }
    return expired;
  }

  /** How many of the waiting frames can still be answered when they finish at `finishAtMs`, counting up to `atMost`. */
  countMeeting(finishAtMs: number, atMost: number): number {
    let n = 0;
    for (const { entry } of this.#waiting) {
      if (entry !== undefined && entry.deadlineAtMs >= finishAtMs && ++n >= atMost) break;
    }
    return n;
  }

  /** Takes out everything: the device stops. */
  clear(): Pending<T>[] {
    const all = [...this.#waiting].flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
    this.#turns.clear();
    this.#waiting.clear();
    this.#line.clear();
    return all;
  }

  /** Moves a camera's turn, which is not in line now, behind those of its round. */
  #served(turn: Turn<T>, firstTag = turn.tag): void {
    this.#virtualTime = Math.max(this.#virtualTime, Math.min(firstTag, turn.tag));
    turn.tag += 1 / turn.weight;
    turn.order = ++this.#sequence;
    this.#turns.delete(turn.camera);
    this.#turns.set(turn.camera, turn);
  }

  /** A camera never seen, or not for long, queues as one just served: whoever makes up names overtakes nobody. */
  #newcomer(camera: CameraId, priority: Priority): Turn<T> {
    const weight = PRIORITY_WEIGHTS[priority];
    const tag = this.#virtualTime + 1 / weight;
    const order = ++this.#sequence;
    const turn: Turn<T> = { camera, entry: undefined, weight, tag, order, queued: false };
    this.#turns.set(camera, turn);
    if (this.#turns.size > CAMERAS_MAX) this.#forgetOldest();
    return turn;
  }

  #forgetOldest(): void {
    for (const [camera, turn] of this.#turns) {
      if (turn.entry !== undefined) continue;
      this.#turns.delete(camera);
      return;
    }
  }

  /** Drops turns without a frame from the line: while nothing is picked, names that come and go would fill it. */
  #shortenLine(): void {
    this.#line.clear();
    for (const turn of this.#turns.values()) turn.queued = turn.entry !== undefined;
    for (const turn of this.#waiting) this.#line.push(turn);
  }

  #wait(turn: Turn<T>, entry: Pending<T>): Pending<T> | undefined {
    if (this.#line.size >= 2 * CAMERAS_MAX) this.#shortenLine();
    const replaced = turn.entry;
    turn.entry = entry;
    this.#waiting.add(turn);
    if (!turn.queued) {
      turn.tag = Math.max(turn.tag, this.#virtualTime);
      turn.queued = true;
      this.#line.push(turn);
    }
    return replaced;
  }
}
