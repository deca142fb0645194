import { type NodeId, nodeId, type ShardId, shardId } from '../../core/ids.ts';
import type { LocalInfo } from '../../shards/cluster/brain-io.ts';
import type { Order, PeerMessage } from '../../shards/cluster/messages.ts';
import type { RenewAnswer } from '../../shards/cluster/store.ts';
import type { Brain, Effect, Input } from './brain.ts';
import { EV } from './events.ts';
import { TIMES } from './options.ts';
import type { StoreCall } from './sim-store.ts';
import { type ShardState, SimWorld } from './sim-world.ts';
import type { Simulation } from './simulation.ts';
import { StoreTrust } from './store-trust.ts';
import { Violation } from './violation.ts';

interface Kept {
  readonly kind: number;
  readonly b: number;
  readonly object: unknown;
}

/** Events a process finds waiting when it goes on; past it they are dropped, as a full socket buffer drops them. */
const BACKLOG_MAX = 20_000;

/** A process: its brain, its world, its clock, and what becomes of it. */
export class SimNode {
  readonly index: number;
  readonly id: NodeId;
  readonly #sim: Simulation;
  /** Grows with each start and end of the process: what was meant for an earlier life is dropped. */
  life = 0;
  up = false;
  paused = false;
  /** The next effects are decided, and then the process stands still before it carries them out. */
  pauseArmedMs = 0;
  leaving = false;
  resumedAtMs = 0;
  brain: Brain | undefined;
  world: SimWorld;
  readonly #backlog: Kept[] = [];
  readonly #inputs: Input[] = [];
  #running = false;
  /** local = (true + offset) * rate. */
  readonly rate: number;
  readonly #offsetMs: number;
  /** True time of the wake-up that is scheduled. */
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Of the wake-up that counts; earlier ones were put off. */
  #wakeNumber = 0;
  #incarnations = 0;
  incarnation = '';
  #renewing = false;
  #trust = new StoreTrust();
  readonly #orders = new Map<string, { readonly dueMs: number; readonly done?: (refused: string | null) => void }>();
  readonly #held = new Map<number, string>();

  constructor(sim: Simulation, index: number) {
    this.#sim = sim;
    this.index = index;
    this.id = nodeId(`n${index}`);
    this.rate = 1 + sim.random.between(-sim.profile.driftMax, sim.profile.driftMax);
    this.#offsetMs = sim.random.between(0, 1e6);
    this.world = new SimWorld(sim, this);
  }

  /** This node's monotonic clock, ms. */
  nowMs(): number {
    return (this.#sim.nowMs + this.#offsetMs) * this.rate;
  }

  trueMs(localMs: number): number {
    return localMs / this.rate - this.#offsetMs;
  }

  start(): void {
    if (this.up) return;
    const sim = this.#sim;
    this.life++;
    this.up = true;
    this.paused = false;
    this.leaving = false;
    this.pauseArmedMs = 0;
    this.#incarnations++;
    this.incarnation = `${this.id}.${this.#incarnations}`;
    this.world = new SimWorld(sim, this);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#renewing = false;
    this.#trust = new StoreTrust();
    sim.stats.starts++;
    const capacityFps = 100 + 100 * (this.index % 2);
    this.brain = sim.newBrain(
      {
        info: {
          node: this.id,
          incarnation: this.incarnation,
          advertiseUrl: null,
          linkUrl: `ws://${this.id}`,
          version: '0',
          startedAt: 0,
          draining: false,
          capacityFps,
          demandFps: 0,
          cameras: 0,
          rung: 0,
          mapVersion: 0,
        },
        shardCount: sim.options.shards,
        ...TIMES,
        random: sim.random.next,
      },
      this.nowMs(),
    );
    this.#wakeNumber = 0;
    this.#schedule(EV.WAKE, 0);
    this.#schedule(EV.CHECKPOINT, sim.random.between(0, TIMES.ledgerMs));
    this.#schedule(EV.INFO_IN, sim.random.between(1_000, 10_000));
  }

  /** The process is gone, at once; nothing of its memory is left. */
  die(): void {
    if (!this.up) return;
    this.life++;
    this.up = false;
    this.paused = false;
    this.world.die();
    this.brain = undefined;
    this.#backlog.length = 0;
    this.#inputs.length = 0;
    this.#running = false;
    for (const { done } of this.#orders.values()) done?.('node_died');
    this.#orders.clear();
    this.#held.clear();
  }

  pause(ms: number): void {
    if (!this.up || this.paused) return;
    this.paused = true;
    this.#sim.stats.pauses++;
    this.#sim.queue.push(this.#sim.nowMs + ms, EV.RESUME, this.index, 0, this.life);
  }

  /** Stands still if it was to. @returns for how long */
  pauseNow(): number {
    const ms = this.pauseArmedMs;
    if (ms === 0) return 0;
    this.pauseArmedMs = 0;
    this.pause(ms);
    return ms;
  }

  /** What waited happens now, in the order it came; a timer may be first or last. */
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const { queue, nowMs, random } = this.#sim;
    this.resumedAtMs = nowMs;
    const wakeFirst = random.chance(0.5);
    let at = nowMs;
    for (const { kind, b, object } of this.#backlog) {
      at += 0.001;
      const first = kind === EV.EFFECTS || (kind === EV.WAKE && wakeFirst);
      queue.push(first ? nowMs : at, kind, this.index, b, this.life, object);
    }
    this.#backlog.length = 0;
  }

  keep(kind: number, b: number, object: unknown): void {
    if (this.#backlog.length < BACKLOG_MAX) this.#backlog.push({ kind, b, object });
  }

  /** Whether this node would serve a frame of the shard now; for the simulator's own look from above. */
  owns(shard: number): boolean {
    const brain = this.brain;
    if (brain === undefined) return false;
    const now = this.nowMs();
    return now < brain.validUntilMs && brain.standing(shardId(shard), now).kind === 'owned';
  }

  // ---- what happens at the node

  happen(kind: number, b: number, object: unknown): void {
    switch (kind) {
      case EV.WAKE:
        if (b === this.#wakeNumber) this.#wake();
        else this.#sim.steps--;
        return;
      case EV.PEER: {
        const { from, message } = object as { from: NodeId; message: PeerMessage<ShardState> };
        this.input({ kind: 'peer', from, message });
        return;
      }
      case EV.STORE_ANSWERS:
      case EV.STORE_TIMEOUT:
        this.#answered(object as StoreCall, kind === EV.STORE_ANSWERS);
        return;
      case EV.EFFECTS:
        this.#goOn(object as readonly Effect[]);
        return;
      case EV.ORDER_IN: {
        const { id, order, done } = object as {
          id: string;
          order: Order;
          done?: (refused: string | null) => void;
        };
        this.#orders.set(id, { dueMs: this.nowMs() + 4_000, ...(done ? { done } : {}) });
        this.input({ kind: 'order', id, order });
        return;
      }
      case EV.LEAVE_IN:
        if (this.leaving) return;
        this.leaving = true;
        this.input({ kind: 'leave' });
        return;
      case EV.INFO_IN: {
        const { random } = this.#sim;
        const capacityFps = (100 + 100 * (this.index % 2)) * random.between(0.9, 1.1);
        const info: LocalInfo = { capacityFps, demandFps: random.between(0, 150), cameras: b, rung: 0 };
        this.input({ kind: 'info', info });
        this.#schedule(EV.INFO_IN, random.between(5_000, 20_000));
        return;
      }
      default:
        this.world.happen(kind, b, object);
    }
  }

  /** As in production's driver: inputs that come while one is handled, or its effects carried out, wait for their turn. */
  input(input: Input): void {
    if (this.brain === undefined) return;
    this.#inputs.push(input);
    if (!this.#running) this.#handle();
  }

  #handle(): void {
    const sim = this.#sim;
    const { life, brain } = this;
    if (brain === undefined) return;
    this.#running = true;
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      sim.trace?.input(this, input);
      const effects = brain.handle(input, this.nowMs());
      sim.stats.inputs++;
      if (this.pauseArmedMs > 0 && effects.length > 0) {
        this.pauseNow();
        this.keep(EV.EFFECTS, 0, effects);
        sim.trace?.note(this, 'pauses before its effects');
        break;
      }
      this.#carryOut(effects);
      if (this.life !== life) return;
      if (!this.paused) sim.watch.afterInput(this);
    }
    this.#running = false;
    this.#scheduleWake();
  }

  /** The process goes on where it stood still. */
  #goOn(effects: readonly Effect[]): void {
    const { life } = this;
    this.#running = true;
    this.#carryOut(effects);
    if (this.life === life) this.#handle();
  }

  #wake(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const brain = this.brain;
    if (brain === undefined) return;
    if (this.nowMs() + 1e-6 < brain.wakeAtMs) this.#scheduleWake();
    else this.input({ kind: 'wake' });
  }

  #scheduleWake(): void {
    const brain = this.brain;
    if (brain === undefined || !Number.isFinite(brain.wakeAtMs)) return;
    const sim = this.#sim;
    let at = Math.max(sim.nowMs, this.trueMs(brain.wakeAtMs));
    if (this.#wakeAt <= at + 1e-6) return;
    // A timer is late, never early.
    at += sim.random.next() * (sim.random.chance(0.01) ? 60 : 2) + 1e-6;
    this.#wakeAt = at;
    sim.queue.push(at, EV.WAKE, this.index, ++this.#wakeNumber, this.life);
  }

  #answered(call: StoreCall, byStore: boolean): void {
    if (call.closed || (byStore && call.unanswered)) {
      this.#sim.steps--;
      return;
    }
    call.closed = true;
    const answer = byStore ? call.answer : undefined;
    const { id } = call;
    switch (call.kind) {
      case 'renew': {
        this.#renewing = false;
        const renewed = answer as RenewAnswer | undefined;
        const told = renewed && this.#trust.told(renewed, call.history, this.nowMs());
        this.input({ kind: 'renewed', id, answer: told });
        return;
      }
      case 'read-map':
        this.input({ kind: 'map-read', id, map: answer as never });
        return;
      case 'commit':
        this.input({ kind: 'committed', id, answer: answer as never });
        return;
    }
  }

  #carryOut(effects: readonly Effect[]): void {
    const sim = this.#sim;
    for (const effect of effects) {
      sim.trace?.effect(this, effect);
      switch (effect.kind) {
        case 'renew':
          if (this.#renewing) throw new Violation('one renewal at a time', `${this.id} sends a second one`);
          this.#renewing = true;
          sim.store.renew(this, effect.id, effect.request);
          break;
        case 'read-map':
          sim.store.readMap(this, effect.id);
          break;
        case 'commit':
          sim.store.commit(this, effect.id, effect.request);
          break;
        case 'resign':
          sim.store.resign(this, effect.lease);
          break;
        case 'send':
          if (effect.message.kind === 'snapshot-held') this.#held.set(effect.message.shard, effect.message.move);
          sim.send(this, effect.to, effect.message);
          break;
        case 'seal':
          this.world.seal(effect.shard, effect.epoch, effect.move, effect.withinMs);
          break;
        case 'unseal':
          this.world.unseal(effect.shard);
          break;
        case 'start':
          sim.watch.starting(this, effect.shard, effect.epoch, effect.from.kind, this.#held.get(effect.shard));
          this.world.start(effect.shard, effect.epoch, effect.from);
          break;
        case 'release':
          this.world.release(effect.shard, sim.indexOf(effect.to));
          break;
        case 'drop':
          this.world.drop(effect.shard);
          break;
        case 'round':
          sim.watch.round(this, effect.moves);
          sim.operator.round(effect.id, effect.moves);
          break;
        case 'answer': {
          const order = this.#orders.get(effect.id);
          if (order === undefined) throw new Violation('an order is answered once', `${effect.id} at ${this.id}`);
          this.#orders.delete(effect.id);
          sim.stats.answers[effect.answer.kind === 'refused' ? effect.answer.code : effect.answer.kind] =
            (sim.stats.answers[effect.answer.kind === 'refused' ? effect.answer.code : effect.answer.kind] ?? 0) + 1;
          order.done?.(effect.answer.kind === 'refused' ? effect.answer.code : null);
          break;
        }
        case 'event':
          sim.stats.events[effect.event.kind] = (sim.stats.events[effect.event.kind] ?? 0) + 1;
          break;
        case 'left':
        case 'fatal':
          if (effect.kind === 'fatal') sim.stats.fatals++;
          else sim.stats.left++;
          this.die();
          sim.queue.push(sim.nowMs + sim.random.between(200, 3_000), EV.START_NODE, this.index, 0, 0);
          return;
        case 'view':
          break;
      }
    }
  }

  /** Orders nobody has answered in time, pauses apart. */
  overdueOrder(): string | undefined {
    const now = this.nowMs();
    for (const [id, { dueMs }] of this.#orders) if (now > dueMs) return id;
    return undefined;
  }

  #schedule(kind: number, afterMs: number): void {
    this.#sim.queue.push(this.#sim.nowMs + afterMs, kind, this.index, 0, this.life);
  }

  standingKind(shard: ShardId): string {
    return this.brain === undefined ? 'dead' : this.brain.standing(shard, this.nowMs()).kind;
  }
}
