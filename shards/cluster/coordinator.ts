import type { NodeId, ShardId } from '../../core/ids.ts';
import type { Allocation } from '../allocation.ts';
import type { BrainOptions, ClusterEffect, ClusterEvent } from './brain-io.ts';
import type { ClusterMap } from './cluster-map.ts';
import type { KnownMap } from './known-map.ts';
import type { Lease } from './lease.ts';
import { updatedEntry } from './map-state.ts';
import type { MembersSeen } from './members-seen.ts';
import type { OrderAnswer } from './messages.ts';
import { Office } from './office.ts';
import { decideOrder } from './order-decision.ts';
import type { Orders, PendingOrder } from './orders.ts';
import { repairOf } from './repair.ts';
import type { CommitRequest } from './store.ts';
import { newOwners, Suspects } from './takeover.ts';

/** A change the coordinator wants to commit, and what is to be said once that is done. */
export interface Proposal {
  readonly changes: Omit<CommitRequest, 'as'>;
  readonly events: readonly ClusterEvent[];
  readonly orders: readonly { readonly order: PendingOrder; readonly answer: OrderAnswer }[];
}

/** Between two plannings for nodes that leave, where the last one did not place everything. */
const DRAIN_AGAIN_MS = 500;

/**
 * What the holder of the office does. Nothing of it is remembered from one commit to the next: each time a commit may be
 * made, the most urgent change is worked out from the map and the members as they are by then. So a coordinator that
 * dies in the middle of anything, or takes over from one that did, simply goes on.
 *
 * In this order: what a store has lost is put back; the dead are replaced; members come and go; a new cluster's shards
 * are given out; those that leave are emptied; orders are carried out. Rounds are only proposed, the job queue orders
 * their moves one by one.
 */
export class Coordinator<S> {
  readonly suspects: Suspects;
  readonly #options: BrainOptions;
  readonly #allocation: Allocation;
  readonly #known: KnownMap;
  readonly #members: MembersSeen;
  readonly #lease: Lease;
  readonly #office: Office;
  readonly #orders: Orders<S>;
  #moves = 0;
  #nextRoundMs = Number.NEGATIVE_INFINITY;
  #nextDrainMs = Number.NEGATIVE_INFINITY;
  /** The store's map where it knew less than this node. */
  #behind: ClusterMap | undefined;
  /** Somebody knows more than the store, and this node as well. */
  #awaits: { readonly version: number; readonly untilMs: number } | undefined;

  constructor(
    options: BrainOptions & { readonly allocation: Allocation },
    parts: {
      readonly known: KnownMap;
      readonly members: MembersSeen;
      readonly lease: Lease;
      readonly office: Office;
      readonly orders: Orders<S>;
    },
  ) {
    this.#options = options;
    this.#allocation = options.allocation;
    this.#known = parts.known;
    this.#members = parts.members;
    this.#lease = parts.lease;
    this.#office = parts.office;
    this.#orders = parts.orders;
    this.suspects = new Suspects(options.leaseTtlMs);
  }

  /** The loads are to be looked at now, and not only at the next turn. */
  hurryRound(nowMs: number): void {
    this.#nextRoundMs = Math.min(this.#nextRoundMs, nowMs);
  }

  /** Somebody has come, gone, or begun to leave. */
  membersChanged(nowMs: number): void {
    this.hurryRound(nowMs);
    this.#nextDrainMs = nowMs;
  }

  /** A renewal told of everybody. @param storeVersion of the map, at the same instant */
  renewed(storeVersion: number, nowMs: number): void {
    const version = this.#members.newestTold;
    if (version <= storeVersion) this.#awaits = undefined;
    else this.#awaits ??= { version, untilMs: nowMs + this.#options.leaseTtlMs };
  }

  /** A reading of the map. @param lost it knew less than this node */
  mapRead(map: ClusterMap, lost: boolean): void {
    this.#behind = lost ? map : undefined;
  }

  /** Whether dead nodes may be replaced, now. */
  deadFromMs(): number {
    return Office.deadFromMs(this.#lease, this.#options);
  }

  /** The most urgent change, if any. The office is held, and no other commit of it is on its way. */
  next(nowMs: number, out: ClusterEffect<S>[]): Proposal | undefined {
    if (!this.#known.isRead) return undefined;
    if (this.#behind !== undefined) return this.#repair(this.#behind);
    if (this.#awaits !== undefined) return this.#awaitRepair(this.#awaits, nowMs);
    return (
      this.#takeOver(nowMs) ??
      this.#changeMembers(nowMs) ??
      this.#giveOut(nowMs) ??
      this.#drain(nowMs) ??
      this.#carryOut(nowMs, out)
    );
  }

  /** What its commit came to. */
  settled(proposal: Proposal, done: boolean, out: ClusterEffect<S>[]): void {
    if (!done) {
      this.#orders.putBack(proposal.orders.map((o) => o.order));
      return;
    }
    for (const { order, answer } of proposal.orders) this.#orders.answer(order, answer, out);
    for (const event of proposal.events) out.push({ kind: 'event', event });
    if (proposal.changes.versionMin !== undefined) this.#behind = undefined;
  }

  /** Moves worth making, when it is time to look. */
  round(nowMs: number, out: ClusterEffect<S>[]): void {
    if (nowMs < this.#nextRoundMs || !this.#known.isRead) return;
    const unsettled = this.#known.unowned > 0 || this.#known.moving.size > 0 || this.suspects.size > 0;
    if (unsettled || this.#behind !== undefined || this.#awaits !== undefined) {
      // One round at a time: what is under way comes to its end first, within its own bound.
      this.#nextRoundMs = nowMs + this.#options.leaseRenewMs;
      return;
    }
    this.#nextRoundMs = nowMs + this.#options.rebalanceEveryMs;
    const { movesPerRound } = this.#options;
    const { map } = this.#known;
    const plan = this.#allocation({ map, alive: [...this.#members.alive()], movesPerRound });
    const moves = plan.filter((m) => !COMMITTED_ITSELF.has(m.why)).slice(0, movesPerRound);
    if (moves.length === 0) return;
    const why = [...new Set(moves.map((m) => m.why))].join(', ');
    out.push({ kind: 'round', id: `round-${map.version}`, why, moves });
  }

  officeTaken(nowMs: number): void {
    this.#nextRoundMs = nowMs + this.#options.formationMs;
    this.#nextDrainMs = nowMs;
    this.#behind = undefined;
    this.#awaits = undefined;
  }

  /** What time alone brings; infinite or later than now. What could not be done when it was due is tried again soon. */
  wakeAtMs(nowMs: number): number {
    const at = this.#dueAtMs();
    return at > nowMs ? at : nowMs + this.#options.leaseRenewMs / 4;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs();
  }

  #dueAtMs(): number {
    const { formationMs } = this.#options;
    return Math.min(
      this.#nextRoundMs,
      this.#known.unowned > 0 ? this.#office.sinceMs + formationMs : Number.POSITIVE_INFINITY,
      this.#nextDrainMs,
      this.#awaits?.untilMs ?? Number.POSITIVE_INFINITY,
      this.suspects.size > 0 ? this.suspects.wakeAtMs(this.deadFromMs(), this.#members) : Number.POSITIVE_INFINITY,
    );
  }

  #repair(behind: ClusterMap): Proposal {
    const newest = Math.max(this.#known.newest, this.#members.newestTold);
    const changes = repairOf(behind, this.#known.map, newest);
    const message = `the store had lost changes of the map: ${changes.shards.length} shards were put back`;
    const event = {
      severity: 'warning',
      kind: 'map_repaired',
      message,
      data: { shards: changes.shards.length, storeVersion: behind.version, newest },
    } as const;
    return { changes, events: [event], orders: [] };
  }

  /** Whoever knows more sends it; where it does not in time, the map goes on above what it said it knew. */
  #awaitRepair(awaits: { readonly version: number; readonly untilMs: number }, nowMs: number): Proposal | undefined {
    if (this.#known.newest < awaits.version && nowMs < awaits.untilMs) return undefined;
    this.#awaits = undefined;
    return {
      changes: { shards: [], versionMin: Math.max(awaits.version, this.#known.newest) + 1 },
      events: [],
      orders: [],
    };
  }

  #takeOver(nowMs: number): Proposal | undefined {
    if (this.suspects.size === 0) return undefined;
    const dead = this.suspects.dead(this.deadFromMs(), this.#members, nowMs);
    const shards: ShardId[] = [];
    for (const node of dead)
      for (const shard of this.#known.ownedBy(node))
        if (this.#known.entry(shard).version <= this.#members.asOfVersion) shards.push(shard);
    if (shards.length === 0) return undefined;
    const changes = newOwners(shards, this.#known, this.#members, this.#allocation);
    if (changes.length === 0) return undefined;
    const events = dead.map((node) => deadEvent(node, this.#known.ownedBy(node).size));
    return { changes: { shards: changes }, events, orders: [] };
  }

  #changeMembers(nowMs: number): Proposal | undefined {
    const { map } = this.#known;
    const mayRemove = nowMs >= this.deadFromMs();
    const gone = map.members.filter(
      (node) =>
        !this.#members.isAlive(node) &&
        this.#known.ownedBy(node).size === 0 &&
        (mayRemove || this.suspects.isForced(node)),
    );
    const come: NodeId[] = [];
    for (const { node } of this.#members.alive()) if (!map.members.includes(node)) come.push(node);
    if (gone.length === 0 && come.length === 0) return undefined;
    const members = [...map.members.filter((node) => !gone.includes(node)), ...come].sort();
    const cordoned = map.cordoned.filter((node) => members.includes(node));
    const events = [
      ...come.map((node) => memberEvent('node_joined', node)),
      ...gone.map((n) => memberEvent('node_left', n)),
    ];
    return { changes: { shards: [], lists: { expectedMap: map.version, members, cordoned } }, events, orders: [] };
  }

  /** Shards nobody ever owned; the first coordinator waits for others first. */
  #giveOut(nowMs: number): Proposal | undefined {
    if (this.#known.unowned === 0 || nowMs < this.#office.sinceMs + this.#options.formationMs) return undefined;
    // With some dead the store may have come back empty: who knows of owners is to have said so first.
    if (!this.#members.areAllAlive && nowMs < this.deadFromMs()) return undefined;
    const shards: ShardId[] = [];
    this.#known.map.shards.forEach((entry, n) => {
      if (entry.owner === null) shards.push(n as ShardId);
    });
    const changes = newOwners(shards, this.#known, this.#members, this.#allocation);
    return changes.length === 0 ? undefined : { changes: { shards: changes }, events: [], orders: [] };
  }

  /** Nodes that leave are emptied at once: they have not got long. */
  #drain(nowMs: number): Proposal | undefined {
    if (nowMs < this.#nextDrainMs) return undefined;
    this.#nextDrainMs = Number.POSITIVE_INFINITY;
    const shards = new Set<ShardId>();
    for (const { node, draining } of this.#members.alive()) {
      if (!draining) continue;
      // Others may come who can take them, and what is being started has to run first.
      if (this.#known.ownedBy(node).size > 0) this.#nextDrainMs = nowMs + DRAIN_AGAIN_MS;
      for (const shard of this.#known.ownedBy(node)) {
        const entry = this.#known.entry(shard);
        if (entry.move === null && entry.state === 'running') shards.add(shard);
      }
    }
    if (shards.size === 0) return undefined;
    const { map } = this.#known;
    const changes: CommitRequest['shards'][number][] = [];
    const alive = [...this.#members.alive()];
    for (const { shard, to } of this.#allocation({ map, alive, movesPerRound: map.shards.length })) {
      if (!shards.delete(shard) || !this.#members.mayTake(to)) continue;
      const entry = this.#known.entry(shard);
      const move = { id: this.#moveId(), to, why: 'drain' };
      changes.push({ shard, expected: entry.version, entry: updatedEntry(entry, { kind: 'begun', move }) });
    }
    return changes.length === 0 ? undefined : { changes: { shards: changes }, events: [], orders: [] };
  }

  /** As many orders as fit into one commit: one of each shard, or one that changes the lists. */
  #carryOut(nowMs: number, out: ClusterEffect<S>[]): Proposal | undefined {
    if (!this.#orders.hasWork) return undefined;
    const { map } = this.#known;
    const shards = new Map<ShardId, CommitRequest['shards'][number]>();
    const orders: { order: PendingOrder; answer: OrderAnswer }[] = [];
    const later: PendingOrder[] = [];
    let lists: CommitRequest['lists'];
    for (const order of this.#orders.takeAll()) {
      const busy = lists !== undefined || ('shard' in order.order && shards.has(order.order.shard));
      if (busy) {
        later.push(order);
        continue;
      }
      const decision = decideOrder(order.order, map, this.#members, () => this.#moveId());
      if (decision.kind === 'answer') this.#orders.answer(order, decision.answer, out);
      else if (decision.kind === 'rebalance') {
        this.hurryRound(nowMs);
        this.#orders.answer(order, { kind: 'begun' }, out);
      } else if (decision.kind === 'remove') {
        this.suspects.force(decision.node);
        this.#orders.answer(order, { kind: 'begun' }, out);
      } else if (decision.kind === 'shard') {
        const { shard, entry, answer } = decision;
        shards.set(shard, { shard, expected: entry.version, entry });
        orders.push({ order, answer });
      } else if (shards.size > 0) later.push(order);
      else {
        lists = { expectedMap: map.version, members: map.members, cordoned: decision.cordoned };
        orders.push({ order, answer: decision.answer });
      }
    }
    this.#orders.putBack(later);
    if (orders.length === 0) return undefined;
    return { changes: { shards: [...shards.values()], ...(lists === undefined ? {} : { lists }) }, events: [], orders };
  }

  #moveId(): string {
    const { node, incarnation } = this.#options.info;
    this.#moves += 1;
    return `${node}:${incarnation}:${this.#moves}`;
  }
}

const COMMITTED_ITSELF: ReadonlySet<string> = new Set(['initial', 'dead', 'drain']);

function deadEvent(node: NodeId, shards: number): ClusterEvent {
  const message = `${node} is dead: its ${shards} shards were given to others`;
  return { severity: 'critical', kind: 'node_dead', message, data: { node, shards } };
}

function memberEvent(kind: 'node_joined' | 'node_left', node: NodeId): ClusterEvent {
  const message =
    kind === 'node_joined' ? `${node} belongs to the cluster` : `${node} does not belong to the cluster any more`;
  return { severity: 'info', kind, message, data: { node } };
}
