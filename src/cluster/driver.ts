import type { Ownership } from '../../actors/ownership.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { errorCode } from '../../core/errors.ts';
import { type Epoch, type NodeId, type ShardId, shardId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type {
  ClusterEffect,
  ClusterEvent,
  ClusterInput,
  ClusterView,
  Standing,
} from '../../shards/cluster/brain-io.ts';
import type { ClusterBrain } from '../../shards/cluster/cluster-brain.ts';
import type { Order, OrderAnswer, PeerMessage } from '../../shards/cluster/messages.ts';
import type { ClusterStore, RenewRequest } from '../../shards/cluster/store.ts';
import type { NodeLinks } from '../links/port.ts';
import type { Logger } from '../telemetry/log.ts';
import type { ShardSnapshot, ShardWorld } from './shard-world.ts';

export interface DriverOptions {
  readonly brain: ClusterBrain<ShardSnapshot>;
  readonly store: ClusterStore;
  readonly links: NodeLinks;
  readonly world: ShardWorld;
  readonly clock: Clock;
  readonly log: Logger;
  readonly node: NodeId;
  readonly incarnation: string;
  readonly leaseRenewMs: number;
  readonly leaseGuardMs: number;
  readonly onEvent: (event: ClusterEvent) => void;
  readonly onRound: (round: {
    readonly id: string;
    readonly why: string;
    readonly moves: readonly PlannedMove[];
  }) => void;
  readonly onView: (view: ClusterView) => void;
  /** The lease has ended, though this node did not: it may be taken for dead. */
  readonly onLapse: () => void;
  readonly onFatal: (code: string, message: string) => void;
}

/** Link messages of the brains, beside others' on the same link. */
interface BrainMessage {
  readonly kind: 'brain';
  readonly message: PeerMessage<ShardSnapshot>;
}

/** A brain that waits for nothing is asked again all the same. */
const SLEEP_MS_MAX = 10_000;
/** A start that fails is told to the brain, which tries again; none hangs for longer. */
const START_MS_MAX = 10_000;

/** Runs the brain on real time, the real store and real links: decides nothing itself. */
export class ClusterDriver implements Ownership {
  readonly #o: DriverOptions;
  readonly #inputs: ClusterInput<ShardSnapshot>[] = [];
  readonly #orders = new Map<string, (answer: OrderAnswer) => void>();
  #running = false;
  #closed = false;
  #wake: Timer | undefined;
  #valid = false;
  #leaseUntilMs = Number.NEGATIVE_INFINITY;
  #view: ClusterView;
  #lastOrder = 0;
  #onLeft: (() => void) | undefined;
  #lastRenewal: RenewRequest | undefined;
  #kept: Timer | undefined;
  /** Effects that were not had, as their shard was somebody else's by then, or might have been. */
  refusedEffects = 0;

  constructor(options: DriverOptions) {
    this.#o = options;
    this.#view = options.brain.view;
    options.links.onMessage((from, message) => {
      const { kind, message: said } = message as BrainMessage;
      if (kind === 'brain') this.input({ kind: 'peer', from, message: said });
    });
  }

  get view(): ClusterView {
    return this.#view;
  }

  /** Until when this node may serve, monotonic ms. */
  get validUntilMs(): number {
    return this.#o.brain.validUntilMs;
  }

  /** No lease, but everybody else lacks the store as well: what this node has it keeps. */
  get islanded(): boolean {
    return this.#o.brain.isIslanded;
  }

  /** Until when nobody can have declared this node dead, monotonic ms: also where it has stopped serving by itself. */
  get leaseUntilMs(): number {
    return this.#leaseUntilMs;
  }

  start(): void {
    this.input({ kind: 'wake' });
  }

  standing(shard: ShardId): Standing {
    return this.#o.brain.standing(shard, this.#o.clock.nowMs());
  }

  mayAct(shard: ShardId, epoch: Epoch): boolean {
    const { brain, clock, node } = this.#o;
    const entry = brain.view.map.shards[shard];
    const may = entry?.owner === node && entry.epoch === epoch && clock.nowMs() < brain.validUntilMs;
    if (!may) this.refusedEffects++;
    return may;
  }

  /** Has the coordinator do it; answers within a few seconds. */
  order(order: Order): Promise<OrderAnswer> {
    const id = `${this.#o.node}:${this.#o.incarnation}:${++this.#lastOrder}`;
    return new Promise((resolve) => {
      this.#orders.set(id, resolve);
      this.input({ kind: 'order', id, order });
    });
  }

  /** Hands this node's shards to others; resolves once it has none left, or nobody is there to take them. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLeft = resolve;
      this.input({ kind: 'leave' });
    });
  }

  /** Nothing more is decided here. What the lease covers ends with it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.cancel();
    this.#kept?.cancel();
    for (const answer of this.#orders.values()) {
      answer({ kind: 'refused', code: 'draining', message: 'the node stops' });
    }
    this.#orders.clear();
    const { store, node, incarnation } = this.#o;
    await store.resign({ node, incarnation, lease: true }).catch(() => {});
  }

  /** Inputs that come while one is handled wait for their turn. */
  input(input: ClusterInput<ShardSnapshot>): void {
    if (this.#closed) return;
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        const { brain, clock } = this.#o;
        for (const effect of brain.handle(next, clock.nowMs())) this.#do(effect);
      }
    } finally {
      this.#running = false;
    }
    this.#noticeValidity();
    this.#sleep();
  }

  #sleep(): void {
    const { brain, clock } = this.#o;
    this.#wake?.cancel();
    const inMs = Math.min(Math.max(0, brain.wakeAtMs - clock.nowMs()), SLEEP_MS_MAX);
    this.#wake = clock.after(inMs, () => this.input({ kind: 'wake' }));
  }

  /** A lease that ended, or is back, changes what every shard meets with here. */
  #noticeValidity(): void {
    const { brain, clock, world } = this.#o;
    if (Number.isFinite(brain.validUntilMs)) this.#leaseUntilMs = brain.validUntilMs;
    const valid = clock.nowMs() < brain.validUntilMs;
    if (valid === this.#valid) return;
    this.#valid = valid;
    if (!valid && this.#kept === undefined) this.#o.onLapse();
    world.ownership(this.#view.map.shards.map((_, shard) => shardId(shard)));
  }

  #do(effect: ClusterEffect<ShardSnapshot>): void {
    const { store, links, world, onEvent, onRound } = this.#o;
    switch (effect.kind) {
      case 'renew':
        this.#lastRenewal = effect.request;
        return this.#answered(store.renew(effect.request), (answer) => ({ kind: 'renewed', id: effect.id, answer }));
      case 'read-map':
        return this.#answered(store.readMap(), (map) => ({ kind: 'map-read', id: effect.id, map }));
      case 'commit':
        return this.#answered(store.commit(effect.request), (answer) => ({
          kind: 'committed',
          id: effect.id,
          answer,
        }));
      case 'resign':
        store.resign({ node: this.#o.node, incarnation: this.#o.incarnation, lease: false }).catch(() => {});
        if (effect.lease) this.#keepLease();
        return;
      case 'send':
        links.send(effect.to, { kind: 'brain', message: effect.message } satisfies BrainMessage);
        return;
      case 'seal': {
        const { shard, move, withinMs } = effect;
        world.seal(shard, withinMs).then(
          (snapshot) => this.input({ kind: 'sealed', shard, move, snapshot }),
          (error: unknown) => this.#o.log.error({ err: error, shard }, 'a shard could not be sealed'),
        );
        return;
      }
      case 'unseal':
        return world.unseal(effect.shard);
      case 'start':
        return this.#start(effect.shard, effect.epoch, effect.from);
      case 'release':
        return world.release(effect.shard, effect.to);
      case 'drop':
        return world.drop(effect.shard);
      case 'round':
        return onRound(effect);
      case 'answer': {
        const answer = this.#orders.get(effect.id);
        this.#orders.delete(effect.id);
        answer?.(effect.answer);
        return;
      }
      case 'view':
        return this.#show(effect.view);
      case 'event':
        return onEvent(effect.event);
      case 'left':
        this.#onLeft?.();
        return;
      case 'fatal':
        return this.#o.onFatal(effect.code, effect.message);
    }
  }

  /**
   * The brain has done its part; the node goes on for a moment, as cameras leave and accounts are closed. Its lease is
   * given back in `close`: what others take over of it is final then.
   */
  #keepLease(): void {
    const { store, clock, leaseRenewMs, leaseGuardMs } = this.#o;
    const request = this.#lastRenewal;
    if (request === undefined || this.#kept !== undefined) return;
    this.#kept = clock.every(leaseRenewMs, () => {
      const sentMs = clock.nowMs();
      store.renew({ ...request, wantsOffice: false }).then(
        (answer) => {
          if (answer.kind === 'held') this.#leaseUntilMs = sentMs + request.ttlMs - leaseGuardMs;
        },
        () => {},
      );
    });
  }

  #answered<T>(promise: Promise<T>, input: (answer: T | undefined) => ClusterInput<ShardSnapshot>): void {
    promise.then(
      (answer) => this.input(input(answer)),
      () => this.input(input(undefined)),
    );
  }

  #start(shard: ShardId, epoch: Epoch, from: Extract<ClusterEffect<ShardSnapshot>, { kind: 'start' }>['from']): void {
    const { world, log, clock } = this.#o;
    let over = false;
    const end = (error: unknown): void => {
      if (over) return;
      over = true;
      timer.cancel();
      if (error !== undefined) {
        log.warn({ err: error, code: errorCode(error), shard, epoch }, 'a shard could not be started');
      }
      this.input({ kind: 'started', shard, epoch, failed: error !== undefined });
      if (error === undefined) world.serve(shard);
    };
    const timer = clock.after(START_MS_MAX, () => end(new Error(`not started within ${START_MS_MAX} ms`)));
    world.start(shard, epoch, from).then(
      () => end(undefined),
      (error: unknown) => end(error),
    );
  }

  #show(view: ClusterView): void {
    const before = this.#view.map;
    this.#view = view;
    this.#o.onView(view);
    if (view.map === before) return;
    const changed: ShardId[] = [];
    view.map.shards.forEach((entry, shard) => {
      if (entry !== before.shards[shard]) changed.push(shardId(shard));
    });
    if (changed.length > 0) this.#o.world.ownership(changed);
  }
}
