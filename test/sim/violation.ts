/** An invariant does not hold. */
export class Violation extends Error {
  readonly invariant: string;
  readonly shard: number | undefined;

  constructor(invariant: string, message: string, shard?: number) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
    this.shard = shard;
  }
}
