import { type NodeId, nodeId, type ShardId, shardId } from '../../../../core/ids.ts';
import type { Allocation, PlannedMove } from '../../../../shards/allocation.ts';
import type { BrainOptions, ClusterEffect, ClusterInput } from '../../../../shards/cluster/brain-io.ts';
import { ClusterBrain } from '../../../../shards/cluster/cluster-brain.ts';
import { ClusterState } from '../../../../shards/cluster/cluster-state.ts';
import type { MemberInfo } from '../../../../shards/cluster/store.ts';

/** A driver for tests: several brains, one store, links of a fixed delay. Deterministic; no randomness at all. */

export const SHARDS = 12;
export const OPTIONS = {
  shardCount: SHARDS,
  leaseTtlMs: 3_000,
  leaseRenewMs: 1_000,
  leaseGuardMs: 300,
  sealTimeoutMs: 500,
  moveTimeoutMs: 10_000,
  movesPerRound: 4,
  rebalanceEveryMs: 10_000,
  formationMs: 2_000,
  random: () => 0.5,
} satisfies Omit<BrainOptions, 'info'>;

/** Evenly by count, in the order of ids; enough to drive the brain. */
export const evenly: Allocation = ({ map, alive }) => {
  const takers = alive
    .filter((m) => !m.draining && !map.cordoned.includes(m.node))
    .map((m) => m.node)
    .sort();
  if (takers.length === 0) return [];
  const loads = new Map(takers.map((n) => [n, 0]));
  for (const { owner } of map.shards)
    if (owner !== null && loads.has(owner)) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  const least = () => takers.reduce((a, b) => ((loads.get(b) ?? 0) < (loads.get(a) ?? 0) ? b : a));
  const moves: PlannedMove[] = [];
  const give = (shard: ShardId, from: NodeId | null, why: string) => {
    const to = least();
    loads.set(to, (loads.get(to) ?? 0) + 1);
    moves.push({ shard, from, to, why });
  };
  map.shards.forEach(({ owner }, n) => {
    if (owner === null) give(shardId(n), null, 'initial');
    else if (!loads.has(owner)) {
      const info = alive.find((m) => m.node === owner);
      give(shardId(n), owner, info === undefined ? 'dead' : info.draining ? 'drain' : 'cordon');
    }
  });
  map.shards.forEach(({ owner }, n) => {
    if (owner === null || !loads.has(owner)) return;
    const to = least();
    if ((loads.get(owner) ?? 0) - (loads.get(to) ?? 0) < 2) return;
    loads.set(owner, (loads.get(owner) ?? 0) - 1);
    loads.set(to, (loads.get(to) ?? 0) + 1);
    moves.push({ shard: shardId(n), from: owner, to, why: 'balance' });
  });
  return moves;
};

export type Effect = ClusterEffect<string>;
type Input = ClusterInput<string>;

export class TestNode {
  readonly id: NodeId;
  readonly brain: ClusterBrain<string>;
  readonly effects: Effect[] = [];
  /** Nothing is heard of it, nor does it hear: dead, or SIGSTOPped. What comes for it waits. */
  paused = false;
  /** Its calls of the store fail. */
  cut = false;
  /** The world does not answer `seal`. */
  sealsNever = false;
  startsFail = 0;
  readonly waiting: Input[] = [];

  constructor(id: NodeId, brain: ClusterBrain<string>) {
    this.id = id;
    this.brain = brain;
  }

  of<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((e): e is Extract<Effect, { kind: K }> => e.kind === kind);
  }

  events(): string[] {
    return this.of('event').map((e) => e.event.kind);
  }
}

interface Scheduled {
  readonly atMs: number;
  readonly n: number;
  readonly run: () => void;
}

export class BrainCluster {
  readonly store = new ClusterState(SHARDS);
  readonly nodes: TestNode[] = [];
  nowMs = 0;
  /** The next commits are done, and their answers lost. */
  loseCommitAnswers = 0;
  /** Commits of this node wait here, and come to the store when told to. */
  holdCommitsOf: TestNode | undefined;
  readonly heldCommits: (() => void)[] = [];
  /** Carries orders of rounds out by itself, as the job queue does. */
  runsRounds = true;
  linkCut = (_from: NodeId, _to: NodeId) => false;
  #lives = 0;
  readonly #queue: Scheduled[] = [];
  #n = 0;

  add(name: string): TestNode {
    this.#lives += 1;
    const info: MemberInfo = {
      node: nodeId(name),
      incarnation: `life-${this.#lives}`,
      advertiseUrl: null,
      linkUrl: `ws://${name}`,
      version: '0',
      startedAt: 0,
      draining: false,
      capacityFps: 100,
      demandFps: 0,
      cameras: 0,
      rung: 0,
      mapVersion: 0,
    };
    const brain = new ClusterBrain<string>({ ...OPTIONS, info, allocation: evenly });
    const node = new TestNode(info.node, brain);
    this.nodes.push(node);
    this.tell(node, { kind: 'wake' });
    return node;
  }

  /** Gone for good, from one instant to the next. */
  kill(node: TestNode): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    node.paused = true;
  }

  resume(node: TestNode): void {
    node.paused = false;
    for (const input of node.waiting.splice(0)) this.tell(node, input);
    this.tell(node, { kind: 'wake' });
  }

  tell(node: TestNode, input: Input): void {
    if (node.paused) {
      node.waiting.push(input);
      return;
    }
    for (const effect of node.brain.handle(input, this.nowMs)) this.#carryOut(node, effect);
  }

  /** Runs until `ms` from now, checking at every step that no shard is served by two. */
  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const event = this.#next();
      const wakes = this.nodes.filter((n) => !n.paused).map((n) => n.brain.wakeAtMs);
      const atMs = Math.min(event?.atMs ?? Number.POSITIVE_INFINITY, ...wakes);
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (event !== undefined && event.atMs <= this.nowMs) {
        this.#queue.splice(this.#queue.indexOf(event), 1);
        event.run();
      } else for (const n of [...this.nodes]) if (n.brain.wakeAtMs <= this.nowMs) this.tell(n, { kind: 'wake' });
      this.check();
    }
    this.nowMs = untilMs;
    this.check();
  }

  /** Runs until `holds`, for `withinMs` at most. @returns how long it took */
  runUntil(holds: () => boolean, withinMs: number): number {
    const fromMs = this.nowMs;
    while (!holds()) {
      if (this.nowMs - fromMs >= withinMs) throw new Error(`did not come to hold within ${withinMs} ms`);
      this.run(10);
    }
    return this.nowMs - fromMs;
  }

  /** Who serves each shard right now, as they think of themselves. */
  owners(): (string | undefined)[] {
    return Array.from({ length: SHARDS }, (_, s) => this.#servers(shardId(s))[0]);
  }

  count(node: TestNode): number {
    return this.owners().filter((o) => o === node.id).length;
  }

  check(): void {
    for (let s = 0; s < SHARDS; s += 1) {
      const serving = this.#servers(shardId(s));
      if (serving.length > 1) throw new Error(`shard ${s} is served by ${serving.join(' and ')} at ${this.nowMs}`);
    }
  }

  later(ms: number, run: () => void): void {
    this.#n += 1;
    this.#queue.push({ atMs: this.nowMs + ms, n: this.#n, run });
  }

  #servers(shard: ShardId): NodeId[] {
    return this.nodes.filter((n) => n.brain.standing(shard, this.nowMs).kind === 'owned').map((n) => n.id);
  }

  #next(): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const s of this.#queue)
      if (first === undefined || s.atMs < first.atMs || (s.atMs === first.atMs && s.n < first.n)) first = s;
    return first;
  }

  /** To the store and back in 2 ms each way, unless it is cut off: then nothing happens, and 800 ms later that is known. */
  #call(node: TestNode, call: () => Input, failed: Input, atStore: (run: () => void) => void = (run) => run()): void {
    if (node.cut) {
      this.later(800, () => this.tell(node, failed));
      return;
    }
    this.later(2, () =>
      atStore(() => {
        const answer = call();
        this.later(2, () => this.tell(node, answer));
      }),
    );
  }

  #carryOut(node: TestNode, effect: Effect): void {
    node.effects.push(effect);
    switch (effect.kind) {
      case 'renew':
        return this.#call(
          node,
          () => ({ kind: 'renewed', id: effect.id, answer: this.store.renew(effect.request, this.nowMs) }),
          { kind: 'renewed', id: effect.id, answer: undefined },
        );
      case 'read-map':
        return this.#call(node, () => ({ kind: 'map-read', id: effect.id, map: this.store.readMap() }), {
          kind: 'map-read',
          id: effect.id,
          map: undefined,
        });
      case 'commit': {
        const failed: Input = { kind: 'committed', id: effect.id, answer: undefined };
        if (this.holdCommitsOf === node) {
          this.heldCommits.push(() => this.store.commit(effect.request, this.nowMs));
          this.later(800, () => this.tell(node, failed));
          return;
        }
        return this.#call(
          node,
          () => {
            const answer = this.store.commit(effect.request, this.nowMs);
            if (this.loseCommitAnswers === 0) return { kind: 'committed', id: effect.id, answer };
            this.loseCommitAnswers -= 1;
            return failed;
          },
          failed,
        );
      }
      case 'resign':
        return this.later(2, () => {
          const incarnation = node.of('renew')[0]?.request.info.incarnation ?? '';
          this.store.resign({ node: node.id, incarnation, lease: effect.lease });
        });
      case 'send':
        return this.later(1, () => {
          const to = this.nodes.find((n) => n.id === effect.to);
          if (to === undefined || node.paused || this.linkCut(node.id, to.id)) return;
          this.tell(to, { kind: 'peer', from: node.id, message: effect.message });
        });
      case 'seal':
        if (node.sealsNever) return;
        return this.later(5, () => {
          const { shard, move } = effect;
          this.tell(node, { kind: 'sealed', shard, move, snapshot: `state of ${shard} by ${node.id}` });
        });
      case 'start':
        return this.later(5, () => {
          const failed = node.startsFail > 0;
          if (failed) node.startsFail -= 1;
          this.tell(node, { kind: 'started', shard: effect.shard, epoch: effect.epoch, failed });
        });
      case 'round':
        if (!this.runsRounds) return;
        effect.moves.forEach(({ shard, to, why }, n) => {
          this.tell(node, { kind: 'order', id: `${effect.id}-${n}`, order: { kind: 'move', shard, to, why } });
        });
        return;
      default:
        return;
    }
  }
}

/** Three nodes that have come to serve four shards each. */
export function formed(): { cluster: BrainCluster; a: TestNode; b: TestNode; c: TestNode } {
  const cluster = new BrainCluster();
  const [a, b, c] = [cluster.add('a'), cluster.add('b'), cluster.add('c')];
  cluster.runUntil(() => cluster.owners().every((o) => o !== undefined), 6_000);
  // Past the first TTLs, in which a coordinator is careful: there may be nodes that do not know it yet.
  cluster.run(12_000);
  return { cluster, a, b, c };
}

export const shardOf = (cluster: BrainCluster, node: TestNode): ShardId => shardId(cluster.owners().indexOf(node.id));
