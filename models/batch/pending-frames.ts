import type { Frame } from '../../core/frame.ts';
import type { CameraId } from '../../core/ids.ts';

/** Share of the device a camera gets against others when there is not enough for all. */
export const PRIORITY_WEIGHTS = { critical: 4, normal: 2, low: 1 } as const;
export type Priority = keyof typeof PRIORITY_WEIGHTS;
const WEIGHT_MAX = PRIORITY_WEIGHTS.critical;

/** A frame waiting for a device, with whatever its owner wants back when it is settled. */
export interface Pending<T> {
  readonly frame: Frame;
  /** Monotonic ms by which its answer must be out. */
  readonly deadlineAtMs: number;
  readonly tag: T;
}

interface Slot<T> {
  readonly camera: CameraId;
  entry: Pending<T>;
  weight: number;
  /** What the camera has saved up, in frames; one is spent per pick. */
  deficit: number;
  prev: Slot<T> | undefined;
  next: Slot<T> | undefined;
}

/**
 * The frames waiting for one device: one slot per camera, the newest frame wins.
 *
 * Who runs next is weighted deficit round-robin (Shreedhar & Varghese, SIGCOMM 1995) with cameras as flows and a frame
 * as the unit: a visit gives a camera `weight / 4` of a frame, and a whole one buys a place in the batch. A newer frame
 * inherits its camera's turn, so a fast camera gains nothing by it, and a camera of weight w is picked after at most
 * ceil(4 / w) rounds over the cameras waiting, whatever the others send.
 */
export class PendingFrames<T> {
  readonly #slots = new Map<CameraId, Slot<T>>();
  #head: Slot<T> | undefined;
  #tail: Slot<T> | undefined;

  /** Cameras with a frame waiting. */
  get size(): number {
    return this.#slots.size;
  }

  /** Puts a frame into its camera's slot and returns the one it replaces, which the caller sheds as `superseded`. */
  offer(entry: Pending<T>, priority: Priority = 'normal'): Pending<T> | undefined {
    const slot = this.#slots.get(entry.frame.camera);
    if (slot !== undefined) {
      const replaced = slot.entry;
      slot.entry = entry;
      slot.weight = PRIORITY_WEIGHTS[priority];
      return replaced;
    }
    const fresh: Slot<T> = {
      camera: entry.frame.camera,
      entry,
      weight: PRIORITY_WEIGHTS[priority],
      deficit: 0,
      prev: undefined,
      next: undefined,
    };
    this.#slots.set(fresh.camera, fresh);
    this.#append(fresh);
    return undefined;
  }

  /**
   * Gives a frame back that was picked and could not run: it goes to the front, unless its camera sent a newer one
   * meanwhile. Returns false then, and the caller sheds it as `superseded`.
   */
  putBack(entry: Pending<T>, priority: Priority = 'normal'): boolean {
    if (this.#slots.has(entry.frame.camera)) return false;
    const slot: Slot<T> = {
      camera: entry.frame.camera,
      entry,
      weight: PRIORITY_WEIGHTS[priority],
      deficit: 1,
      prev: undefined,
      next: this.#head,
    };
    this.#slots.set(slot.camera, slot);
    if (this.#head !== undefined) this.#head.prev = slot;
    this.#head = slot;
    this.#tail ??= slot;
    return true;
  }

  /** Takes up to `count` frames, at most one per camera, in turn. Frames that are not to run must be expired before. */
  pick(count: number): Pending<T>[] {
    const picked: Pending<T>[] = [];
    // Each full round gives every slot at least 1/4 of a frame, so this ends after at most four rounds per pick.
    while (picked.length < count && this.#head !== undefined) {
      const slot = this.#head;
      this.#unlink(slot);
      slot.deficit += slot.weight / WEIGHT_MAX;
      if (slot.deficit >= 1) {
        this.#slots.delete(slot.camera);
        picked.push(slot.entry);
      } else {
        this.#append(slot);
      }
    }
    return picked;
  }

  /** Takes out every frame that cannot be answered in time if it finishes at `finishAtMs`; the caller sheds them. */
  expire(finishAtMs: number): Pending<T>[] {
    const expired: Pending<T>[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.entry.deadlineAtMs < finishAtMs) {
        this.#remove(slot);
        expired.push(slot.entry);
      }
    }
    return expired;
  }

  /** How many of the waiting frames can still be answered when they finish at `finishAtMs`, counting up to `atMost`. */
  countMeeting(finishAtMs: number, atMost: number): number {
    let n = 0;
    for (const slot of this.#slots.values()) {
      if (slot.entry.deadlineAtMs >= finishAtMs && ++n >= atMost) break;
    }
    return n;
  }

  /** The earliest deadline among the waiting, or `undefined` where nothing waits. */
  get earliestDeadlineMs(): number | undefined {
    let earliest: number | undefined;
    for (const slot of this.#slots.values()) {
      if (earliest === undefined || slot.entry.deadlineAtMs < earliest) earliest = slot.entry.deadlineAtMs;
    }
    return earliest;
  }

  /** Takes out everything: the device stops. */
  clear(): Pending<T>[] {
    const all = [...this.#slots.values()].map((slot) => slot.entry);
    this.#slots.clear();
    this.#head = undefined;
    this.#tail = undefined;
    return all;
  }

  #remove(slot: Slot<T>): void {
    this.#slots.delete(slot.camera);
    this.#unlink(slot);
  }

  #append(slot: Slot<T>): void {
    slot.prev = this.#tail;
    slot.next = undefined;
    if (this.#tail !== undefined) this.#tail.next = slot;
    this.#tail = slot;
    this.#head ??= slot;
  }

  #unlink(slot: Slot<T>): void {
    if (slot.prev !== undefined) slot.prev.next = slot.next;
    else this.#head = slot.next;
    if (slot.next !== undefined) slot.next.prev = slot.prev;
    else this.#tail = slot.prev;
    slot.prev = undefined;
    slot.next = undefined;
  }
}
