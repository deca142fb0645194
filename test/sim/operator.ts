import { type NodeId, type ShardId, shardId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { Order } from '../../shards/cluster/messages.ts';
import { EV } from './events.ts';
import type { Simulation } from './simulation.ts';

interface Job {
  readonly shard: ShardId;
  readonly to: NodeId;
  readonly why: string;
  readonly attempt: number;
}

const ATTEMPTS_MAX = 5;

/** Orders at random, and the job queue: rounds turned into move orders, tried again, late, and now and then twice. */
export class Operator {
  readonly #sim: Simulation;
  readonly #rounds = new Set<string>();
  #orderLast = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  round(id: string, moves: readonly PlannedMove[]): void {
    if (this.#rounds.has(id)) return;
    this.#rounds.add(id);
    const { queue, nowMs, random } = this.#sim;
    for (const { shard, to, why } of moves) {
      const job: Job = { shard, to, why, attempt: 1 };
      queue.push(nowMs + random.exponential(200), EV.JOB, 0, 0, 0, job);
      if (random.chance(0.1)) queue.push(nowMs + random.exponential(8_000), EV.JOB, 0, 0, 0, job);
    }
  }

  job(job: Job): void {
    const sim = this.#sim;
    const { shard, to, why, attempt } = job;
    const again = () => {
      if (attempt < ATTEMPTS_MAX)
        sim.queue.push(sim.nowMs + sim.random.exponential(500 * attempt), EV.JOB, 0, 0, 0, {
          ...job,
          attempt: attempt + 1,
        });
    };
    if (!this.#give({ kind: 'move', shard, to, why }, (refused) => refused !== null && again())) again();
  }

  order(): void {
    const sim = this.#sim;
    const { random, nodes } = sim;
    const shard = shardId(random.below(sim.options.shards));
    const node = random.pick(nodes).id;
    const orders: readonly (readonly [number, Order])[] = [
      [40, { kind: 'move', shard, to: node, why: 'operator' }],
      [12, { kind: 'cancel', shard: this.#moving() ?? shard }],
      [10, { kind: 'pin', shard, to: node }],
      [12, { kind: 'unpin', shard }],
      [5, { kind: 'cordon', node }],
      [12, { kind: 'uncordon', node }],
      [7, { kind: 'remove', node }],
      [4, { kind: 'rebalance' }],
    ];
    let draw = random.below(102);
    for (const [weight, order] of orders) {
      draw -= weight;
      if (draw >= 0) continue;
      // Somebody has to be left to take shards.
      if (order.kind === 'cordon' && sim.store.map.cordoned.length + 2 > nodes.length) return;
      // By force only where it is true: an operator who says that a living node is dead gets two owners.
      if (order.kind === 'remove' && nodes[sim.indexOf(order.node)]?.up !== false) return;
      this.#give(order);
      return;
    }
  }

  #moving(): ShardId | undefined {
    const index = this.#sim.store.map.shards.findIndex(({ move }) => move !== null);
    return index < 0 ? undefined : shardId(index);
  }

  #give(order: Order, done?: (refused: string | null) => void): boolean {
    const sim = this.#sim;
    const node = sim.random.pick(sim.nodes);
    if (!node.up) return false;
    sim.stats.orders++;
    const id = `o${++this.#orderLast}`;
    sim.queue.push(sim.nowMs + 0.5, EV.ORDER_IN, node.index, 0, node.life, { id, order, done });
    return true;
  }
}
