import type { SimNode } from './sim-node.ts';
import type { ShardState } from './sim-world.ts';
import { Violation } from './violation.ts';

/**
 * The truth about frames, which no node knows: what a ledger is held against. And what nodes keep outside of
 * themselves: checkpoints and fences.
 */
export class Account {
  /** Frames that came in at a living node. */
  framesIn = 0;
  /** Shed where they came in, or lost on a link. */
  settledAtIngress = 0;
  /** Held where they came in, or on their way to their owner. */
  open = 0;
  /** Those, of nodes that have died. */
  lostOpen = 0;
  /** Counted as lost(link) by the ingress and accepted by the owner. */
  doubles = 0;
  accepted = 0;
  readonly #accepted: Float64Array;
  readonly #trackers: Float64Array;
  readonly #fences: Float64Array;
  readonly checkpoints: (ShardState | undefined)[];
  /** By camera: when a frame of it was inferred last. */
  readonly inferredAtMs: Float64Array;
  readonly #now: () => number;

  constructor(shards: number, cameras: number, now: () => number) {
    this.#accepted = new Float64Array(cameras);
    this.#trackers = new Float64Array(cameras);
    this.inferredAtMs = new Float64Array(cameras);
    this.#fences = new Float64Array(shards);
    this.checkpoints = new Array<ShardState | undefined>(shards).fill(undefined);
    this.#now = now;
  }

  accept(camera: number): void {
    this.accepted++;
    (this.#accepted[camera] as number)++;
  }

  acceptedOf(camera: number): number {
    return this.#accepted[camera] as number;
  }

  tracked(camera: number, tracker: number, node: SimNode, shard: number): void {
    this.inferredAtMs[camera] = this.#now();
    const truth = (this.#trackers[camera] as number) + 1;
    this.#trackers[camera] = truth;
    if (truth !== tracker)
      throw new Violation(
        'trackers are unbroken',
        `${node.id}: camera ${camera} is at ${tracker}, not ${truth}`,
        shard,
      );
  }

  /** A tracker starts again from what was saved. */
  trackerBroke(camera: number, at: number): void {
    this.#trackers[camera] = at;
  }

  fenceOf(shard: number): number {
    return this.#fences[shard] as number;
  }

  /** `false` where a newer owner has been there. */
  raise(shard: number, epoch: number): boolean {
    if (epoch < this.fenceOf(shard)) return false;
    this.#fences[shard] = epoch;
    return true;
  }

  check(): void {
    const accounted = this.accepted + this.settledAtIngress + this.open + this.lostOpen - this.doubles;
    if (accounted !== this.framesIn || this.open < 0 || this.lostOpen < 0)
      throw new Violation(
        'ledger identity',
        `${this.framesIn} came in; ${this.accepted} accepted + ${this.settledAtIngress} settled at ingress + ${this.open} open + ${this.lostOpen} lost open - ${this.doubles} doubles = ${accounted}`,
      );
  }
}
