import { RingBuffer } from '../../core/ring-buffer.ts';
import type { Lane } from './types.ts';

/** The bounds are checked here, so that a message its own actor arranged can still come in when a lane is full. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** Messages each lane holds. */
export interface MailboxBounds {
  readonly control: number;
  readonly frame: number;
}

/**
 * An actor's inbox: two bounded lanes, control before frames, each first in first out. A lane takes no memory until
 * its first message: most of ten thousand cameras are idle.
 */
export class Mailbox<M> {
  readonly #bounds: MailboxBounds;
  #control: RingBuffer<M> | undefined;
  #frame: RingBuffer<M> | undefined;

  constructor(bounds: MailboxBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return (this.#control?.size ?? 0) + (this.#frame?.size ?? 0);
  }

  get isEmpty(): boolean {
    return (this.#control === undefined || this.#control.isEmpty) && (this.#frame === undefined || this.#frame.isEmpty);
  }

  /** Appends within the lane's bound; false, and nothing changed, where it is full. */
  offer(lane: Lane, message: M): boolean {
    const buffer = this.#lane(lane);
    return buffer.size < this.#bounds[lane] && buffer.push(message);
  }

  /** Appends past the bound: for what the actor arranged itself, whose number it bounds itself. */
  force(lane: Lane, message: M): void {
    this.#lane(lane).push(message);
  }

  /** Takes the oldest message of `lane`; call only where it holds one. */
  takeFrom(lane: Lane): M {
    return this.#lane(lane).shift() as M;
  }

  /** Takes the next message, control first; call only where the mailbox is not empty. */
  take(): M {
    return this.takeFrom(this.#control === undefined || this.#control.isEmpty ? 'frame' : 'control');
  }

  #lane(lane: Lane): RingBuffer<M> {
    if (lane === 'control') {
      this.#control ??= new RingBuffer(UNBOUNDED);
      return this.#control;
    }
    this.#frame ??= new RingBuffer(UNBOUNDED);
    return this.#frame;
  }
}
