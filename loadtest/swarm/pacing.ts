/**
 * When which camera is due. Open loop: the plan never looks at answers, so a slow server cannot slow the load down
 * that is offered to it (no coordinated omission).
 */

export interface Due {
  /** Index of the camera, 0 .. cameras - 1. */
  readonly camera: number;
  /** Intended time of sending, ms since the start of the load. */
  readonly atMs: number;
}

/** A pseudo-random source, 0 <= x < 1, the same for the same seed (Marsaglia's xorshift32, shifts 13, 17, 5). */
export function seededRandom(seed: number): () => number {
  // xorshift never leaves 0, so 0 is moved; the multiplication spreads neighbouring seeds apart.
  let state = Math.imul((seed | 0) + 1, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/**
 * The moments at which `cameras` cameras of `fps` frames/s each are due, in order of time. Each camera keeps a phase
 * of its own: an even stagger, shifted at random by up to half its share, because cameras that all tick together or
 * stand in perfect step are both unlike real ones.
 */
export class Pacing {
  readonly periodMs: number;
  readonly #order: readonly Due[];
  #next = 0;

  /** @throws RangeError where `cameras` is under 1 or `fps` is not positive. */
  constructor(options: { readonly cameras: number; readonly fps: number; readonly seed: number }) {
    const { cameras, fps, seed } = options;
    if (!(cameras >= 1)) throw new RangeError(`cameras must be 1 or more, not ${cameras}`);
    if (!(fps > 0)) throw new RangeError(`fps must be over 0, not ${fps}`);
    this.periodMs = 1000 / fps;
    const random = seededRandom(seed);
    const share = this.periodMs / cameras;
    this.#order = Array.from({ length: cameras }, (_, camera) => ({ camera, atMs: share * (camera + random() / 2) }));
  }

  /** The next frame due; does not move on. */
  peek(): Due {
    const count = this.#order.length;
    const slot = this.#order[this.#next % count];
    if (slot === undefined) throw new Error('pacing without cameras');
    return { camera: slot.camera, atMs: Math.floor(this.#next / count) * this.periodMs + slot.atMs };
  }

  /** Moves on to the frame after {@link peek}. */
  advance(): void {
    this.#next++;
  }
}

/** The plans of several groups of cameras as one, in order of time; cameras are counted through the groups. */
export class MergedPacing {
  readonly #parts: readonly { readonly first: number; readonly pacing: Pacing }[];

  /** @throws RangeError as {@link Pacing} */
  constructor(groups: readonly { readonly cameras: number; readonly fps: number; readonly seed: number }[]) {
    let first = 0;
    this.#parts = groups.map((group) => {
      const part = { first, pacing: new Pacing(group) };
      first += group.cameras;
      return part;
    });
  }

  #earliest(): { readonly first: number; readonly pacing: Pacing } {
    const [head, ...rest] = this.#parts;
    if (head === undefined) throw new Error('pacing without groups');
    return rest.reduce((best, part) => (part.pacing.peek().atMs < best.pacing.peek().atMs ? part : best), head);
  }

  /** The next frame due; does not move on. */
  peek(): Due {
    const { first, pacing } = this.#earliest();
    const { camera, atMs } = pacing.peek();
    return { camera: first + camera, atMs };
  }

  /** Moves on to the frame after {@link peek}. */
  advance(): void {
    this.#earliest().pacing.advance();
  }
}
