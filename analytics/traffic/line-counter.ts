import type { LineSettings, Point } from '../../config/camera-settings/schema.ts';
import type { CrossingDirection } from '../../core/camera-event.ts';
import { segmentsMeet, sideOf } from '../geometry/orientation.ts';
import { fixed } from '../state/fixed.ts';

/**
 * What a line remembers of one object.
 *
 *     left hand (-1)          │         right hand (+1)
 *     ── deepest ──►  ·······│·······  ── beyond ──►
 *        on this side    h    │   h       needed to count
 *
 * `side` is the side it is known to be on. It changes, and the crossing counts, once the object is beyond the line by
 * the hysteresis h, having come through the segment. Whoever began nearer the line than h must go as much further
 * beyond: a track born on the line needs the same way of 2 h as one that was seen to come, and jitter has none.
 */
export interface LineMemory {
  side: -1 | 0 | 1;
  /** Largest distance from the line on `side` since it is there. */
  deepest: number;
  /** Hand of the last place that was not exactly on the line. */
  last: -1 | 0 | 1;
  /** Whether its last change of hand went through the segment, and when. */
  through: boolean;
  throughAtMs: number;
  /** Counted already, each way at most once. */
  forward: boolean;
  backward: boolean;
}

export interface Crossing {
  readonly direction: CrossingDirection;
  /** When its path met the line. */
  readonly atMs: number;
}

/** Share of a box's height that its lower edge trembles by; a line's hysteresis is not less, unless it is 0. */
const JITTER_OF_HEIGHT = 0.04;

/** A counting line in a picture of one aspect. Lengths are shares of the picture's height, x and y alike. */
export class LineCounter {
  readonly settings: LineSettings;
  readonly #a: Point;
  readonly #b: Point;
  readonly #length: number;

  constructor(settings: LineSettings, aspect: number) {
    this.settings = settings;
    this.#a = [settings.from[0] * aspect, settings.from[1]];
    this.#b = [settings.to[0] * aspect, settings.to[1]];
    this.#length = Math.hypot(this.#b[0] - this.#a[0], this.#b[1] - this.#a[1]);
  }

  remember(): LineMemory {
    return { side: 0, deepest: 0, last: 0, through: false, throughAtMs: 0, forward: false, backward: false };
  }

  /**
   * The object went straight from `before` to `now` (at few frames a second far, through a gap in one go).
   * @param boxHeight of the object, shares of the height
   * @param velocity over the last second or so, heights per second; null where the object is too new
   * @param stands whether it stands: then its box trembles, and nothing is decided until it goes on
   * @returns the crossing this completes, the first of its way by this object
   */
  advance(
    memory: LineMemory,
    before: Point | undefined,
    beforeMs: number,
    now: Point,
    nowMs: number,
    boxHeight: number,
    velocity: Point | null,
    stands = false,
  ): Crossing | undefined {
    const hand = this.#hand(now);
    if (hand === 0) return undefined;
    const distance = this.distance(now);
    if (memory.side === 0) {
      memory.side = hand;
      memory.last = hand;
      memory.deepest = fixed(distance);
      return undefined;
    }
    if (hand !== memory.last) {
      memory.last = hand;
      memory.through = before !== undefined && segmentsMeet(before, now, this.#a, this.#b);
      const from = before === undefined ? 0 : this.distance(before);
      const share = from + distance === 0 ? 1 : from / (from + distance);
      memory.throughAtMs = before === undefined ? nowMs : Math.round(beforeMs + share * (nowMs - beforeMs));
    }
    if (hand === memory.side) {
      memory.deepest = Math.max(memory.deepest, fixed(distance));
      return undefined;
    }
    const h = this.hysteresis(boxHeight);
    if (stands || distance < h + Math.max(0, h - memory.deepest)) return undefined;
    // What hides its wheels moves its box's lower edge and not the object: one waits until it is seen to go that way.
    // Who has crossed before must be seen to come back.
    const towards = velocity === null ? undefined : this.#normal(velocity);
    if (towards === undefined ? memory.forward || memory.backward : towards * hand <= 0) return undefined;
    return this.#settle(memory, hand, distance);
  }

  /**
   * The object is gone and will not be seen further on. One that was seen to come from beyond the hysteresis, went
   * through the segment and was last seen on the other hand going on, or at the picture's border, has crossed.
   * @param velocity of the object, heights per second
   */
  gone(memory: LineMemory, last: Point, velocity: Point, border: boolean, boxHeight: number): Crossing | undefined {
    const hand = this.#hand(last);
    if (hand === 0 || memory.side === 0 || hand === memory.side) return undefined;
    if (memory.deepest < this.hysteresis(boxHeight)) return undefined;
    const away = (this.#normal(velocity) ?? 0) * hand;
    if (!border && away <= 0) return undefined;
    return this.#settle(memory, hand, this.distance(last));
  }

  /** Distance from the endless line, shares of the height. */
  distance(p: Point): number {
    return this.#length === 0 ? 0 : Math.abs(sideOf(this.#a, this.#b, p)) / this.#length;
  }

  hysteresis(boxHeight: number): number {
    const h = this.settings.hysteresis;
    return h === 0 ? 0 : Math.max(h, JITTER_OF_HEIGHT * boxHeight);
  }

  #settle(memory: LineMemory, hand: -1 | 1, distance: number): Crossing | undefined {
    const { through, throughAtMs } = memory;
    memory.side = hand;
    memory.deepest = fixed(distance);
    memory.through = false;
    if (!through) return undefined;
    const direction = hand > 0 ? 'forward' : 'backward';
    if (memory[direction]) return undefined;
    memory[direction] = true;
    return { direction, atMs: throughAtMs };
  }

  #hand(p: Point): -1 | 0 | 1 {
    const side = sideOf(this.#a, this.#b, p);
    if (side > 0) return 1;
    return side < 0 ? -1 : 0;
  }

  /** Part of a velocity that goes to the right hand. */
  #normal(v: Point): number | undefined {
    if (this.#length === 0) return undefined;
    return ((this.#b[0] - this.#a[0]) * v[1] - (this.#b[1] - this.#a[1]) * v[0]) / this.#length;
  }
}
