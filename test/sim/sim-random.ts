import { createRandom, type Random } from '../../core/random.ts';

/** Draws of the simulator, all from one seed. */
export class SimRandom {
  readonly next: Random;

  constructor(seed: number) {
    this.next = createRandom(seed);
    // Neighbouring seeds start with alike numbers.
    for (let i = 0; i < 4; i++) this.next();
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(p: number): boolean {
    return p > 0 && this.next() < p;
  }

  /** Exponential, for times between things that happen by chance. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** @throws RangeError where there is nothing to pick from. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('nothing to pick from');
    return from[this.below(from.length)] as T;
  }
}
