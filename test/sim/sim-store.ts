import type { ClusterMap } from '../../shards/cluster/cluster-map.ts';
import { ClusterState, type ClusterStateSnapshot } from '../../shards/cluster/cluster-state.ts';
import type { CommitAnswer, CommitRequest, RenewAnswer, RenewRequest } from '../../shards/cluster/store.ts';
import { EV } from './events.ts';
import { TIMES } from './options.ts';
import type { SimNode } from './sim-node.ts';
import type { Simulation } from './simulation.ts';

/** A request on its way, and its answer on its way back. */
export interface StoreCall {
  readonly kind: 'renew' | 'read-map' | 'commit' | 'resign';
  readonly id: number;
  readonly node: number;
  readonly life: number;
  readonly request: RenewRequest | CommitRequest | ResignRequest | undefined;
  answer: RenewAnswer | ClusterMap | CommitAnswer | undefined;
  /** Of the server that answered. */
  history: number;
  /** The server died before a replica had it: nobody answers. */
  unanswered: boolean;
  /** Answered, or given up on. */
  closed: boolean;
}

type ResignRequest = {
  readonly node: RenewRequest['info']['node'];
  readonly incarnation: string;
  readonly lease: boolean;
};

/**
 * The store behind a network that loses requests and answers, with a replica that is behind and may have to take over.
 * A write is answered once it is replicated (`WAIT`); readers see it before.
 */
export class SimStore {
  readonly #sim: Simulation;
  #state: ClusterState;
  #map: ClusterMap;
  /** Replicated, and what is not yet: oldest first. */
  #durable: ClusterStateSnapshot;
  readonly #pending: {
    readonly atMs: number;
    readonly state: ClusterStateSnapshot;
    /** Whose answer waits for the replica. */
    readonly call: StoreCall | undefined;
  }[] = [];
  readonly #replicates: boolean;
  down = false;
  /** Of its data: another one after each failover, as a server tells it (`master_replid`). */
  #history = 0;
  /** One way, ms, on top of the network. */
  slowMs = 0;
  /** No replica: writes are acknowledged all the same. */
  unreplicated = false;
  /** By node: requests do not arrive; answers do not come back. */
  readonly cutRequests: boolean[];
  readonly cutAnswers: boolean[];
  #offsetMs = 5e6;
  readonly #rate: number;

  constructor(sim: Simulation) {
    this.#sim = sim;
    this.#state = new ClusterState(sim.options.shards);
    this.#map = this.#state.readMap();
    this.#durable = this.#state.snapshot();
    const { profile, random } = sim;
    this.#replicates = profile.faults.has('failover') || profile.faults.has('lossy');
    this.#rate = 1 + random.between(-profile.driftMax, profile.driftMax);
    this.cutRequests = new Array<boolean>(profile.nodes).fill(false);
    this.cutAnswers = new Array<boolean>(profile.nodes).fill(false);
  }

  get map(): ClusterMap {
    return this.#map;
  }

  reaches(node: SimNode): boolean {
    return !this.down && !this.cutRequests[node.index] && !this.cutAnswers[node.index];
  }

  renew(node: SimNode, id: number, request: RenewRequest): void {
    this.#call(node, 'renew', id, request, TIMES.leaseTimeoutMs);
  }

  readMap(node: SimNode, id: number): void {
    this.#call(node, 'read-map', id, undefined, TIMES.commandTimeoutMs);
  }

  commit(node: SimNode, id: number, request: CommitRequest): void {
    this.#call(node, 'commit', id, request, TIMES.commandTimeoutMs);
  }

  resign(node: SimNode, lease: boolean): void {
    const incarnation = node.incarnation;
    const request: ResignRequest = { node: node.id, incarnation, lease };
    this.#call(node, 'resign', 0, request, 0);
  }

  /** A request has come to the store. */
  arrives(call: StoreCall): void {
    const sim = this.#sim;
    if (this.down || this.cutRequests[call.node]) return;
    const now = (sim.nowMs + this.#offsetMs) * this.#rate;
    call.history = this.#history;
    switch (call.kind) {
      case 'renew':
        call.answer = this.#state.renew(call.request as RenewRequest, now);
        break;
      case 'read-map':
        call.answer = this.#map;
        break;
      case 'commit': {
        const before = this.#map;
        const answer = this.#state.commit(call.request as CommitRequest, now);
        call.answer = answer;
        this.#map = this.#state.readMap();
        if (answer.kind === 'committed') {
          sim.stats.commits++;
          sim.watch.committed(before, this.#map, call.request as CommitRequest);
        } else sim.stats.conflicts++;
        sim.trace?.text(`store: n${call.node} commit ${call.id} ${answer.kind}`);
        break;
      }
      case 'resign':
        this.#state.resign(call.request as ResignRequest);
        break;
    }
    let afterMs = this.#oneWayMs();
    if (this.#replicates && call.kind !== 'read-map') {
      const lagMs = this.unreplicated
        ? sim.random.between(500, 5_000)
        : sim.random.next() * (sim.random.chance(0.05) ? 200 : 3);
      this.#settle();
      const last = this.#pending.at(-1)?.atMs ?? 0;
      const atMs = Math.max(last, sim.nowMs + lagMs);
      const waits = this.unreplicated ? undefined : call;
      this.#pending.push({ atMs, state: this.#state.snapshot(), call: waits });
      if (!this.unreplicated) afterMs += atMs - sim.nowMs;
    }
    if (this.cutAnswers[call.node] || call.kind === 'resign') return;
    sim.queue.push(sim.nowMs + afterMs, EV.STORE_ANSWERS, call.node, 0, call.life, call);
  }

  /** The master is gone. What was not replicated by now never was. */
  fail(): void {
    if (this.down) return;
    this.down = true;
    if (!this.#replicates) return;
    this.#settle();
    this.#sim.stats.rolledBack += this.#pending.length;
    this.#lose();
    this.#state.restore(this.#durable);
    this.#map = this.#state.readMap();
    // The replica's clock is another one; its leases end by it.
    if (this.#sim.profile.faults.has('clock')) this.#offsetMs += this.#sim.random.between(-50, 50);
    this.#sim.stats.failovers++;
    this.#sim.watch.rolledBack();
    this.#sim.trace?.text(`store: failover, map back at ${this.#map.version}`);
  }

  /** Everything is gone: a store that came back empty. */
  wipe(): void {
    this.down = true;
    this.#settle();
    this.#lose();
    this.#state = new ClusterState(this.#sim.options.shards);
    this.#durable = this.#state.snapshot();
    this.#map = this.#state.readMap();
    this.#sim.stats.wipes++;
    this.#sim.watch.rolledBack();
    this.#sim.trace?.text('store: wiped');
  }

  /** Another server goes on. What waits for a replica is gone with the last one, and so is its answer. */
  #lose(): void {
    this.#history++;
    for (const { call } of this.#pending) if (call !== undefined) call.unanswered = true;
    this.#pending.length = 0;
  }

  #settle(): void {
    const { nowMs } = this.#sim;
    let settled = 0;
    for (const { atMs, state } of this.#pending) {
      if (atMs > nowMs) break;
      this.#durable = state;
      settled++;
    }
    if (settled > 0) this.#pending.splice(0, settled);
  }

  #call(node: SimNode, kind: StoreCall['kind'], id: number, request: StoreCall['request'], timeoutMs: number): void {
    const sim = this.#sim;
    const call: StoreCall = {
      kind,
      id,
      node: node.index,
      life: node.life,
      request,
      answer: undefined,
      history: 0,
      unanswered: false,
      closed: false,
    };
    const refused = this.down && sim.random.chance(0.5);
    if (!refused) sim.queue.push(sim.nowMs + this.#oneWayMs(), EV.STORE_ARRIVES, node.index, 0, 0, call);
    if (kind === 'resign') return;
    // A refused connection is known at once, silence only after the time-out.
    const failsAfterMs = refused ? sim.random.between(0.2, 3) : timeoutMs / node.rate + sim.random.next();
    sim.queue.push(sim.nowMs + failsAfterMs, EV.STORE_TIMEOUT, node.index, 0, node.life, call);
  }

  #oneWayMs(): number {
    const { random } = this.#sim;
    const ms = 0.2 + random.next() * 1.5 + (random.chance(0.005) ? random.next() * 400 : 0);
    return this.slowMs === 0 ? ms : ms + random.next() * this.slowMs;
  }
}
