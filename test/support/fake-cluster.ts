import { epoch, nodeId, shardId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { AutoscaleSignal } from '../../shards/autoscale.ts';
import type { ClusterView } from '../../shards/cluster/brain-io.ts';
import { type ClusterMap, emptyMap, type ShardEntry } from '../../shards/cluster/cluster-map.ts';
import type { Order, OrderAnswer } from '../../shards/cluster/messages.ts';
import type { MemberSeen } from '../../shards/cluster/store.ts';
import type {
  AskedBy,
  ClusterEventPage,
  ClusterService,
  Gathered,
  LoggedClusterEvent,
} from '../../src/cluster/port.ts';
import type { NodeStats, ShardCameras } from '../../src/http/api/cluster/questions.ts';
import type { RoundStatus } from '../../src/jobs/port.ts';

export interface FakeNode {
  alive: boolean;
  cordoned: boolean;
  draining: boolean;
  cameras: number;
  /** Does not answer questions, though it lives. */
  silent: boolean;
}

/** A cluster that does what it is told: every order is noted and takes effect; moves end when the test says so. */
export class FakeCluster implements ClusterService {
  readonly node: string;
  readonly name = 'test';
  readonly kind = 'redis';
  readonly nodes = new Map<string, FakeNode>();
  /** Every order given, in order. */
  readonly orders: { readonly order: Order; readonly by: AskedBy }[] = [];
  readonly log: LoggedClusterEvent[] = [];
  readonly submitted: RoundStatus[] = [];
  /** Answered instead, once each. */
  readonly nextAnswers: OrderAnswer[] = [];
  planned: readonly PlannedMove[] = [];
  /** What would leave a node that was drained. */
  readonly plannedDrains = new Map<string, readonly PlannedMove[]>();
  coordinator: string | null;
  /** Called each time the view is asked for: a test lets moves end here. */
  onLook: () => void = () => {};
  #map: ClusterMap;

  /** @param nodes the first is the one that answers, and coordinates; shards are dealt out in turn */
  constructor(nodes: readonly string[] = ['node-1', 'node-2', 'node-3'], shardCount = 12) {
    this.node = nodes[0] ?? 'node-1';
    this.coordinator = this.node;
    for (const name of nodes) {
      this.nodes.set(name, { alive: true, cordoned: false, draining: false, cameras: 10, silent: false });
    }
    const empty = emptyMap(shardCount);
    this.#map = {
      ...empty,
      version: 1,
      members: nodes.map(nodeId),
      shards: empty.shards.map((entry, shard) => ({
        ...entry,
        ...{ version: 1, owner: nodeId(nodes[shard % nodes.length] ?? ''), epoch: epoch(1) },
      })),
    };
  }

  get map(): ClusterMap {
    return this.#map;
  }

  node_(name: string): FakeNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** Changes one entry, as a commit does. */
  change(shard: number, entry: Partial<ShardEntry>): void {
    const version = this.#map.version + 1;
    const shards = this.#map.shards.map((old, i) => (i === shard ? { ...old, ...entry, version } : old));
    this.#map = { ...this.#map, version, shards };
  }

  begin(shard: number, to: string, why = 'test'): void {
    this.change(shard, { move: { id: `m-${shard}`, to: nodeId(to), why } });
  }

  /** Ends a move that has begun: the target owns the shard and serves. */
  finish(shard: number): void {
    const entry = this.#map.shards[shard];
    const move = entry?.move;
    if (entry === undefined || move === undefined || move === null || entry.owner === null) return;
    const from = { kind: 'hand-off', node: entry.owner, move: move.id } as const;
    this.change(shard, { owner: move.to, epoch: epoch(entry.epoch + 1), move: null, state: 'running', from });
    for (const round of this.submitted) this.#settle(round, shard);
  }

  shardsOf(node: string): number[] {
    return this.#map.shards.flatMap(({ owner }, shard) => (owner === node ? [shard] : []));
  }

  #settle(round: RoundStatus, shard: number): void {
    const moves = round.moves.map((m) => (m.shard === shard ? { ...m, state: 'completed', step: 'started' } : m));
    const isDone = moves.every((m) => m.state === 'completed');
    Object.assign(round, { moves, state: isDone ? 'completed' : 'active' });
  }

  view(): ClusterView {
    this.onLook();
    return {
      map: this.#map,
      members: [...this.nodes].map(([name, node]) => this.#member(name, node)),
      coordinator: this.coordinator === null ? null : nodeId(this.coordinator),
      coordinates: this.coordinator === this.node,
    };
  }

  #member(name: string, { alive, draining, cameras }: FakeNode): MemberSeen {
    const info = {
      ...{ node: nodeId(name), incarnation: `${name}-a`, version: '1.2.3', startedAt: 1_700_000_000_000 },
      ...{ advertiseUrl: `ws://${name}:8080`, linkUrl: `ws://${name}:8080`, draining, cameras },
      ...{ capacityFps: 100, demandFps: 40.5, rung: 0, mapVersion: this.#map.version },
    };
    return { info, alive };
  }

  lease() {
    return { held: true, islanded: false, remainingMs: 2_345 };
  }

  async order(order: Order, by: AskedBy): Promise<OrderAnswer> {
    this.orders.push({ order, by });
    const next = this.nextAnswers.shift();
    if (next !== undefined) return next;
    const { cordoned } = this.#map;
    switch (order.kind) {
      case 'move':
        this.begin(order.shard, order.to, order.why);
        return { kind: 'begun' };
      case 'cancel':
        this.change(order.shard, { move: null });
        return { kind: 'done' };
      case 'pin':
        this.change(order.shard, { pin: order.to });
        return { kind: 'done' };
      case 'unpin':
        this.change(order.shard, { pin: null });
        return { kind: 'done' };
      case 'cordon':
        this.#map = { ...this.#map, cordoned: [...cordoned, order.node] };
        return { kind: 'done' };
      case 'uncordon':
        this.#map = { ...this.#map, cordoned: cordoned.filter((node) => node !== order.node) };
        return { kind: 'done' };
      case 'remove':
        if (this.node_(order.node).alive) return { kind: 'refused', code: 'node_alive', message: 'it lives' };
        this.#map = { ...this.#map, members: this.#map.members.filter((node) => node !== order.node) };
        this.nodes.delete(order.node);
        return { kind: 'done' };
      case 'rebalance':
        return { kind: 'begun' };
    }
  }

  plan(drain?: string): readonly PlannedMove[] {
    return drain === undefined ? this.planned : (this.plannedDrains.get(drain) ?? []);
  }

  async submitRound(by: AskedBy, moves: readonly PlannedMove[] = this.planned) {
    const id = `round-${this.submitted.length + 1}`;
    this.submitted.push({
      ...{ id, why: by.why, who: by.who, submittedAt: 1_700_000_000_000, state: 'active' },
      moves: moves.map(({ shard, from, to }) => ({
        ...{ shard, from, to, state: 'active', step: 'begun', attempts: 1, error: null },
      })),
    });
    for (const { shard, to, why } of moves) this.begin(shard, to, why);
    return { id, moves: moves.length };
  }

  async rounds(limit: number): Promise<readonly RoundStatus[]> {
    this.onLook();
    return [...this.submitted].reverse().slice(0, limit);
  }

  async cancelRound(id: string): Promise<number> {
    const round = this.submitted.find((r) => r.id === id);
    if (round === undefined) return 0;
    Object.assign(round, { state: 'cancelled' });
    return round.moves.length;
  }

  /** Notes an event, the next in the log. */
  happens(event: Partial<LoggedClusterEvent> & Pick<LoggedClusterEvent, 'message'>): void {
    const id = String(this.log.length + 1);
    const rest = { severity: 'info', kind: 'node_joined', who: null, why: null, data: {} } as const;
    this.log.push({ id, at: 1_700_000_000_000 + this.log.length, node: this.node, ...rest, ...event });
  }

  async events(query: { readonly limit: number; readonly before?: string }): Promise<ClusterEventPage> {
    const before = query.before === undefined ? Number.POSITIVE_INFINITY : Number(query.before);
    const older = this.log.filter(({ id }) => Number(id) < before).reverse();
    const items = older.slice(0, query.limit);
    return { items, next: older.length > items.length ? (items.at(-1)?.id ?? null) : null };
  }

  async autoscale(): Promise<AutoscaleSignal> {
    const perNode = [...this.nodes.keys()].map((node) => ({
      ...{ node, demandFps: 40.5, capacityFps: 100, utilisation: 0.405 },
    }));
    const sums = { demandFps: 40.5 * perNode.length, capacityFps: 100 * perNode.length, utilisation: 0.405 };
    const rest = { nodes: perNode.length, desiredNodes: perNode.length, recommendation: 'hold' } as const;
    const triggers = [{ name: 'quiet', sinceMs: 1_700_000_000_000, value: 0.4 }] as const;
    return { cluster: this.name, ...sums, ...rest, triggers, perNode };
  }

  async gather<T>(question: string, body: unknown): Promise<Gathered<T>> {
    const asked = [...this.nodes].filter(([, node]) => node.alive);
    return {
      answers: asked.flatMap(([node, { silent }]) =>
        silent ? [] : [{ node, answer: this.#answer(node, question, body) as T }],
      ),
      missing: asked.flatMap(([node, { silent }]) => (silent ? [{ node, code: 'peer_timeout' }] : [])),
    };
  }

  #answer(node: string, question: string, body: unknown): NodeStats | ShardCameras {
    if (question === 'node-stats') {
      const ledger = { received: 9, inferred: 9, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 };
      const rates = { fpsIn: 10, fpsOut: 9.5, latencyMs: { p50: 12, p99: 31 } };
      const size = { uptimeMs: 61_000, cameras: this.node_(node).cameras, connections: 3 };
      return { type: 'stats', node, ready: true, ...size, ...rates, ledger, devices: [] };
    }
    const counts = Object.fromEntries(this.shardsOf(node).map((shard) => [shard, 2]));
    const shard = (body as { readonly shard?: number } | null)?.shard;
    return shard === undefined ? { counts } : { counts, cameras: [`cam-${shard}-a`, `cam-${shard}-b`] };
  }
}

/** One planned move, as an allocation gives it. */
export const planned = (shard: number, from: string, to: string, why = 'balance'): PlannedMove => ({
  ...{ shard: shardId(shard), from: nodeId(from), to: nodeId(to), why },
});
