import type { NodeId } from '../../core/ids.ts';
import type { Allocation } from '../../shards/allocation.ts';
import type { BrainOptions } from '../../shards/cluster/brain-io.ts';
import type { PeerMessage } from '../../shards/cluster/messages.ts';
import { Account } from './account.ts';
import type { Brain, BrainFactory } from './brain.ts';
import { EventQueue } from './event-queue.ts';
import { EV } from './events.ts';
import { Faults } from './faults.ts';
import { Operator } from './operator.ts';
import { type Profile, profileOf, RECOVERY_MS_MAX, type SimOptions } from './options.ts';
import { SimCameras } from './sim-cameras.ts';
import { SimNode } from './sim-node.ts';
import { SimRandom } from './sim-random.ts';
import { SimStore, type StoreCall } from './sim-store.ts';
import type { Relay, ShardState } from './sim-world.ts';
import { newStats, type SimStats } from './stats.ts';
import { Trace } from './trace.ts';
import { Violation } from './violation.ts';
import { Watch } from './watch.ts';

/** A healthy period lasts so long: to recover, and then to be seen working. */
const HEALTHY_MS = RECOVERY_MS_MAX + 15_000;
const LOOK_EVERY_MS = 100;
const OUT_OF_TOUCH_MS_MAX = 20_000;
const IN_TOUCH_MS = 2_500;

export interface SimResult {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly stats: SimStats;
  readonly failure?: {
    readonly invariant: string;
    readonly message: string;
    readonly shard: number | undefined;
    readonly stack: string;
    readonly trace: readonly string[];
  };
}

/**
 * A cluster in one thread: production's brains, allocation and routing decision; everything around them made up from a
 * seed. The same options run the same way, event by event.
 *
 *     chaos (faults, orders) → heal → healthy: everything is served again in RECOVERY_MS_MAX → chaos → …
 */
export class Simulation {
  readonly options: SimOptions;
  readonly profile: Profile;
  readonly random: SimRandom;
  readonly queue = new EventQueue();
  readonly stats: SimStats = newStats();
  readonly nodes: SimNode[] = [];
  readonly store: SimStore;
  readonly cameras: SimCameras;
  readonly account: Account;
  readonly watch: Watch;
  readonly operator: Operator;
  readonly faults: Faults;
  readonly trace: Trace | undefined;
  /** How many faults cut the way from node i to node j, at i * n + j. */
  readonly links: number[];
  /** True time, ms. */
  nowMs = 0;
  steps = 0;
  healthy = false;
  healedAtMs = 0;
  readonly #newBrain: BrainFactory;
  readonly #allocation: Allocation;
  readonly #indexes = new Map<NodeId, number>();

  constructor(options: SimOptions, newBrain: BrainFactory, allocation: Allocation) {
    this.options = options;
    this.#newBrain = newBrain;
    this.#allocation = allocation;
    this.random = new SimRandom(options.seed);
    this.profile = profileOf(options, this.random);
    if (options.trace) this.trace = new Trace(this);
    const { nodes } = this.profile;
    this.links = new Array<number>(nodes * nodes).fill(0);
    this.account = new Account(options.shards, options.shards * options.camerasPerShard, () => this.nowMs);
    this.store = new SimStore(this);
    this.cameras = new SimCameras(this);
    for (let i = 0; i < nodes; i++) {
      const node = new SimNode(this, i);
      this.nodes.push(node);
      this.#indexes.set(node.id, i);
      this.queue.push(this.random.between(0, 3_000), EV.START_NODE, i, 0, 0);
    }
    this.watch = new Watch(this);
    this.operator = new Operator(this);
    this.faults = new Faults(this);
    this.queue.push(LOOK_EVERY_MS, EV.MONITOR, 0, 0, 0);
    if (this.profile.faults.has('operator')) this.queue.push(1_000, EV.OPERATOR, 0, 0, 0);
    this.queue.push(this.profile.chaosMs, EV.HEAL, 0, 0, 0);
  }

  run(): SimResult {
    try {
      // Always to the end of a healthy period, for that is when most is looked at.
      while (this.queue.pop()) {
        this.nowMs = this.queue.timeMs;
        this.steps++;
        if (this.#happen() && this.steps >= this.options.steps) break;
      }
    } catch (error) {
      const violation = error instanceof Violation ? error : undefined;
      return {
        ...this.#result(),
        failure: {
          invariant: violation?.invariant ?? 'nothing throws',
          message: error instanceof Error ? error.message : String(error),
          shard: violation?.shard,
          stack: error instanceof Error ? (error.stack ?? '') : '',
          trace: this.trace?.lines(violation?.shard) ?? [],
        },
      };
    }
    return this.#result();
  }

  indexOf(node: NodeId): number {
    const index = this.#indexes.get(node);
    if (index === undefined) throw new Violation('nodes are known', node);
    return index;
  }

  newBrain(options: BrainOptions, nowMs: number): Brain {
    return this.#newBrain(options, this.#allocation, nowMs);
  }

  /** Over the link from one node to another: lost, doubled, late, or as it should be. */
  send(from: SimNode, to: NodeId, message: PeerMessage<ShardState>): void {
    const target = this.indexOf(to);
    const { profile, random } = this;
    this.stats.messages++;
    if (this.#cut(from.index, target) || random.chance(this.healthy || this.#inTouch() ? 0 : profile.lossShare)) return;
    const letter = { from: from.id, message };
    this.#deliver(target, letter);
    if (!this.healthy && random.chance(profile.doubledShare)) this.#deliver(target, letter);
  }

  /** Frames and answers to them: in a stream over the link, so never doubled. */
  sendRelay(from: number, to: number, kind: number, b: number, relay: Relay): void {
    if (this.#cut(from, to) || this.random.chance(this.healthy ? 0 : this.profile.lossShare)) return;
    const life = kind === EV.RELAY_BACK ? relay.ingressLife : (this.nodes[to]?.life ?? 0);
    this.queue.push(this.nowMs + this.#oneWayMs(), kind, to, b, life, relay);
  }

  #deliver(target: number, letter: object): void {
    const life = this.nodes[target]?.life ?? 0;
    this.queue.push(this.nowMs + this.#oneWayMs(), EV.PEER, target, 0, life, letter);
  }

  #oneWayMs(): number {
    const { random, profile } = this;
    const late = profile.lossShare > 0 && !this.healthy ? 0.02 : 0.001;
    return 0.2 + random.next() * 2 + (random.chance(late) ? random.next() * 2_000 : 0);
  }

  /**
   * No two nodes are out of touch for longer than this: a coordinator takes over from a node that may not know it, and is
   * silent for ten TTLs on the store and on the link, and that is a gamble which can be lost.
   */
  #inTouch(): boolean {
    return this.nowMs % OUT_OF_TOUCH_MS_MAX < IN_TOUCH_MS;
  }

  #cut(from: number, to: number): boolean {
    return (this.links[from * this.nodes.length + to] as number) > 0 && !this.#inTouch();
  }

  /** @returns whether a healthy period has ended */
  #happen(): boolean {
    const { queue } = this;
    const { kind, a, b, c, object } = queue;
    if (kind < EV.NODE_EVENTS) {
      const node = this.nodes[a] as SimNode;
      if (node.life !== c) this.steps--;
      else if (node.paused) {
        this.steps--;
        node.keep(kind, b, object);
      } else node.happen(kind, b, object);
      return false;
    }
    switch (kind) {
      case EV.FRAME_TICK:
        this.cameras.tick(a);
        break;
      case EV.STORE_ARRIVES:
        this.store.arrives(object as StoreCall);
        break;
      case EV.SINK:
        this.watch.sinks(a, b);
        break;
      case EV.START_NODE:
        this.nodes[a]?.start();
        break;
      case EV.RESUME:
        if (this.nodes[a]?.life === c) this.nodes[a]?.resume();
        break;
      case EV.JOB:
        this.operator.job(object as Parameters<Operator['job']>[0]);
        break;
      case EV.OPERATOR:
        if (!this.healthy) this.operator.order();
        queue.push(this.nowMs + this.random.exponential(this.profile.orderEveryMs), EV.OPERATOR, 0, 0, 0);
        break;
      case EV.FAULT:
        this.faults.happen(a);
        break;
      case EV.FAULT_END:
        if (a === 1) (object as () => void)();
        else this.faults.ended(object as () => void);
        break;
      case EV.MONITOR:
        this.watch.look();
        queue.push(this.nowMs + LOOK_EVERY_MS, EV.MONITOR, 0, 0, 0);
        break;
      case EV.HEAL:
        this.faults.pauseChaos();
        if (this.faults.mustFinish) {
          queue.push(this.nowMs + 500, EV.HEAL, 0, 0, 0);
          break;
        }
        this.trace?.text('== all faults end');
        this.healthy = true;
        this.healedAtMs = this.nowMs;
        this.watch.healed();
        this.faults.heal();
        queue.push(this.nowMs + HEALTHY_MS, EV.HEALED, 0, 0, 0);
        break;
      case EV.HEALED:
        this.watch.served();
        this.stats.healthyPeriods++;
        this.healthy = false;
        this.trace?.text('== faults begin');
        this.faults.resumeChaos();
        queue.push(this.nowMs + this.profile.chaosMs, EV.HEAL, 0, 0, 0);
        return true;
      default:
        throw new Error(`no such event: ${kind}`);
    }
    return false;
  }

  #result(): SimResult {
    return { seed: this.options.seed, steps: this.steps, simulatedMs: this.nowMs, stats: this.stats };
  }
}
