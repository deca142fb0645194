import type { NodeId, ShardId } from '../core/ids.ts';
import { shardId } from '../core/ids.ts';
import type { Allocation, AllocationInput, PlannedMove } from './allocation.ts';
import type { ShardEntry } from './cluster/cluster-map.ts';
import { nodeHashOf, rendezvousScore } from './rendezvous-score.ts';
import { capacityWeights } from './steady-capacity.ts';

/** A node may hold this much more than its share when a shard without a home looks for one. */
const BOUND_SLACK = 0.05;
/**
 * Shards per weight of the fullest node over those of the emptiest: more than this, and one moves. Between nodes of the
 * same weight, and between nodes of different ones, whose measured ratio is off by up to 1.1 / 0.9 = 1.222: a spread
 * within the first slack stays within the second, whatever the noise. Shards that look for a home go by the first.
 */
const SPREAD_SAME = 1.05;
const SPREAD_OTHER = 1.3;

/**
 * Weighted rendezvous hashing with bounded load, with the map as its memory. Which shards move now, most urgent first:
 *
 *     initial, dead   nobody runs them: all at once
 *     drain           their node stops: all at once
 *     pin, cordon     to where the operator wants them, away from where he does not   } movesPerRound, less the
 *     balance         only while the spread is over its slack                         } moves under way
 *
 * A shard that needs a home gets the node of its highest score that has room, room being
 * ceil((1 + {@link BOUND_SLACK}) * share by weight) (Mirrokni, Thorup and Zadimoghaddam 2018, "Consistent hashing with
 * bounded loads"). A shard that has one stays, even where its score is higher elsewhere: it leaves only a node that is
 * too full for one that is too empty, and of the full one's shards those go first that the empty one scores highest. So
 * nothing but what goes to the joiner moves on a join, and nothing but what was the dead one's on a death. A move is
 * planned only where the giver stays fuller than the taker becomes; hence no two undo each other, and the end is
 * reached in finitely many. A node on a rung of its ladder is given nothing to balance: relief would be undone.
 *
 * With nobody to take them but cordoned nodes, shards that nobody runs go to those, since to be served comes first; what
 * is served stays where it is.
 */
export const rendezvousAllocation: Allocation = (input) => {
  const plan = new Plan(input);
  plan.placeAll();
  plan.evenPlaced();
  plan.balance();
  return plan.moves();
};

/** A node that may take shards. */
interface Taker {
  readonly node: NodeId;
  readonly hash: number;
  readonly weight: number;
  /** Shards it has or is to have. */
  load: number;
  /** It stands on a rung of its ladder: as much as it can take, whatever its share is. */
  readonly degraded: boolean;
  /** Nothing of it can move any more in this plan. */
  stuck: boolean;
}

/** A shard on its way; `to` may still change before the plan is done, unless it is `fixed`. */
interface Placed {
  readonly shard: ShardId;
  readonly from: NodeId | null;
  readonly why: (typeof URGENCY)[number];
  readonly fixed: boolean;
  to: Taker;
}

const URGENCY = ['initial', 'dead', 'drain', 'pin', 'cordon', 'balance'] as const;

class Plan {
  readonly #input: AllocationInput;
  readonly #takers: readonly Taker[];
  readonly #byNode: ReadonlyMap<NodeId, Taker>;
  readonly #alive: ReadonlySet<NodeId>;
  readonly #draining: ReadonlySet<NodeId>;
  readonly #lastResort: boolean;
  readonly #placed: Placed[] = [];
  /** Shards that run, stay where they are, and could move. By taker. */
  readonly #movable = new Map<Taker, ShardId[]>();
  #budget: number;

  constructor(input: AllocationInput) {
    this.#input = input;
    const { map, alive } = input;
    this.#alive = new Set(alive.map(({ node }) => node));
    this.#draining = new Set(alive.filter(({ draining }) => draining).map(({ node }) => node));
    const cordoned = new Set(map.cordoned);
    const staying = alive.filter(({ draining }) => !draining);
    const free = staying.filter(({ node }) => !cordoned.has(node));
    this.#lastResort = free.length === 0;
    const members = [...(this.#lastResort ? staying : free)].sort((a, b) => (a.node < b.node ? -1 : 1));
    const weights = capacityWeights(members.map(({ capacityFps }) => capacityFps));
    this.#takers = members.map(({ node, rung }, i) => ({
      node,
      degraded: rung > 0,
      hash: nodeHashOf(node),
      weight: weights[i] ?? 1,
      load: 0,
      stuck: false,
    }));
    this.#byNode = new Map(this.#takers.map((taker) => [taker.node, taker]));
    let underWay = 0;
    for (const { move } of map.shards) if (move !== null && move.why !== 'drain') underWay++;
    this.#budget = Math.max(0, input.movesPerRound - underWay);
  }

  /** Finds a home for each shard that has none, or must not stay where it is. */
  placeAll(): void {
    if (this.#takers.length === 0) return;
    const homeless: { readonly shard: ShardId; readonly from: NodeId | null; readonly why: Placed['why'] }[] = [];
    this.#input.map.shards.forEach((entry, index) => {
      const shard = shardId(index);
      const settled = this.#settled(shard, entry);
      if (settled !== undefined) homeless.push({ shard, from: entry.owner, why: settled });
    });
    // The urgent ones choose first; of those that count against the budget only as many as it allows.
    homeless.sort((a, b) => URGENCY.indexOf(a.why) - URGENCY.indexOf(b.why) || a.shard - b.shard);
    const placed = homeless.filter(({ why }) => why !== 'cordon' || this.#budget-- > 0);
    this.#budget = Math.max(0, this.#budget);
    const total = this.#takers.reduce((sum, { load }) => sum + load, placed.length);
    const weight = this.#takers.reduce((sum, taker) => sum + taker.weight, 0);
    for (const { shard, from, why } of placed) {
      let best: Taker | undefined;
      let bestScore = 0;
      for (const taker of this.#takers) {
        if (taker.load >= Math.ceil(((1 + BOUND_SLACK) * total * taker.weight) / weight)) continue;
        const score = rendezvousScore(shard, taker.hash, taker.weight);
        if (score > bestScore) [best, bestScore] = [taker, score];
      }
      // The bounds of all add up to more than there is to place, so somebody has room.
      if (best === undefined) throw new Error(`no room for shard ${shard} among ${this.#takers.length} nodes`);
      this.#place({ shard, from, why, fixed: false, to: best });
    }
  }

  /**
   * Counts a shard to where it is, or is on its way to.
   *
   * @returns why it needs a home, where it does and this plan has not given it one
   */
  #settled(shard: ShardId, entry: ShardEntry): Placed['why'] | undefined {
    const { owner, move, state } = entry;
    const pin = entry.pin === null || this.#lastResort ? undefined : this.#byNode.get(entry.pin);
    const goal = move === null ? undefined : this.#byNode.get(move.to);
    if (owner === null || !this.#alive.has(owner)) {
      // What was to go somewhere has its state there already, or on the way.
      const to = pin ?? goal;
      const why = owner === null ? 'initial' : 'dead';
      if (to === undefined) return why;
      this.#place({ shard, from: owner, why, fixed: true, to });
      return undefined;
    }
    const at = this.#byNode.get(owner);
    if (move !== null || state === 'starting') {
      // Under way: whoever it belongs to in the end. It can be moved on from there when it is there.
      const where = goal ?? at;
      if (where !== undefined) where.load++;
      return undefined;
    }
    if (this.#lastResort) {
      if (at !== undefined) at.load++;
      return undefined;
    }
    if (pin !== undefined && pin !== at) {
      if (this.#draining.has(owner)) this.#place({ shard, from: owner, why: 'drain', fixed: true, to: pin });
      else if (this.#budget > 0) {
        this.#budget--;
        this.#place({ shard, from: owner, why: 'pin', fixed: true, to: pin });
      } else if (at !== undefined) at.load++;
      return undefined;
    }
    if (at === undefined) return this.#draining.has(owner) ? 'drain' : 'cordon';
    at.load++;
    if (pin === undefined) this.#movableOf(at).push(shard);
    return undefined;
  }

  /** Sends shards without a home from where they were placed to the emptiest: costs nothing. */
  evenPlaced(): void {
    if (this.#placed.length > 0) this.#even(SPREAD_SAME, this.#takers, (giver, taker) => this.#redirect(giver, taker));
  }

  /** Takes from the fullest and gives to the emptiest until the spread is within its slack, or nothing more may move. */
  balance(): void {
    if (this.#budget === 0) return;
    const takers = this.#takers.filter(({ degraded }) => !degraded);
    this.#even(SPREAD_OTHER, takers, (giver, taker) => this.#moveOne(giver, taker));
  }

  #even(slackOther: number, takers: readonly Taker[], step: (giver: Taker, taker: Taker) => boolean): void {
    for (const taker of this.#takers) taker.stuck = false;
    for (;;) {
      const pair = this.#worstPair(slackOther, takers);
      if (pair === undefined) return;
      const [giver, taker] = pair;
      if (!step(giver, taker)) giver.stuck = true;
    }
  }

  /** The two whose spread is most over its slack, also once a shard has gone from the one to the other. */
  #worstPair(slackOther: number, takers: readonly Taker[]): readonly [giver: Taker, taker: Taker] | undefined {
    let worst: readonly [Taker, Taker] | undefined;
    let worstExcess = 1;
    for (const giver of this.#takers) {
      if (giver.stuck || giver.load === 0) continue;
      for (const taker of takers) {
        const slack = giver.weight === taker.weight ? SPREAD_SAME : slackOther;
        const excess = (giver.load * taker.weight) / (giver.weight * (taker.load + 1) * slack);
        if (excess > worstExcess) [worst, worstExcess] = [[giver, taker], excess];
      }
    }
    return worst;
  }

  /** Sends to `taker` a shard that this plan would have sent to `giver`. */
  #redirect(giver: Taker, taker: Taker): boolean {
    let best: Placed | undefined;
    let bestScore = 0;
    for (const placed of this.#placed) {
      if (placed.fixed || placed.to !== giver) continue;
      const score = rendezvousScore(placed.shard, taker.hash, taker.weight);
      if (score > bestScore) [best, bestScore] = [placed, score];
    }
    if (best === undefined) return false;
    giver.load--;
    taker.load++;
    best.to = taker;
    return true;
  }

  #moveOne(giver: Taker, taker: Taker): boolean {
    if (this.#budget === 0) return false;
    const shards = this.#movableOf(giver);
    let bestAt = -1;
    let bestScore = 0;
    shards.forEach((shard, i) => {
      const score = rendezvousScore(shard, taker.hash, taker.weight);
      if (score > bestScore) [bestAt, bestScore] = [i, score];
    });
    const [shard] = bestAt === -1 ? [] : shards.splice(bestAt, 1);
    if (shard === undefined) return false;
    this.#budget--;
    giver.load--;
    this.#place({ shard, from: giver.node, why: 'balance', fixed: true, to: taker });
    return true;
  }

  moves(): PlannedMove[] {
    return this.#placed
      .sort((a, b) => URGENCY.indexOf(a.why) - URGENCY.indexOf(b.why))
      .map(({ shard, from, why, to }) => ({ shard, from, to: to.node, why }));
  }

  #place(placed: Placed): void {
    placed.to.load++;
    this.#placed.push(placed);
  }

  #movableOf(taker: Taker): ShardId[] {
    let shards = this.#movable.get(taker);
    if (shards === undefined) {
      shards = [];
      this.#movable.set(taker, shards);
    }
    return shards;
  }
}
