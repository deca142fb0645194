import type { NodeId } from '../../core/ids.ts';
import { type ClusterMap, emptyMap, entryOf } from './cluster-map.ts';
import type { CommitAnswer, CommitRequest, MemberInfo, MemberSeen, RenewAnswer, RenewRequest } from './store.ts';

interface Tenure {
  readonly node: NodeId;
  readonly incarnation: string;
  readonly token: number;
  /** By the store's clock; it has ended at this instant. */
  readonly endsAtMs: number;
}

/** All a {@link ClusterState} holds, as it was; opaque to whoever keeps it. */
export interface ClusterStateSnapshot {
  readonly leases: ReadonlyMap<NodeId, Tenure>;
  readonly infos: ReadonlyMap<NodeId, MemberInfo>;
  readonly office: Tenure | undefined;
  readonly tokenLast: number;
  readonly map: ClusterMap;
}

/**
 * What a `ClusterStore` means, in memory and without I/O: the `local` adapter is this behind promises, the simulator
 * is this behind a lossy network, and the Lua of the `redis` adapter answers the same (one contract suite). Every
 * method is one atomic step. `nowMs` is the store's own clock, any epoch, never going back.
 *
 * Rules:
 * - Leases and the office share one counter of tokens, so that a token names one tenure of one node.
 * - A lease that has ended is gone: renewing it is a new lease with a new token, and `taken` by nobody.
 * - A node that holds the office and renews without wanting it has given it up.
 * - A commit is checked for authority, then versions (`conflict`), then a member's ownership (`no_authority`), in this
 *   order, and then done whole: one new version for the map and for every entry in it.
 * - What a node told of itself is forgotten when it gives its lease back, or when a commit of the members' list no
 *   longer names it and its lease has ended.
 */
export class ClusterState {
  readonly #leases = new Map<NodeId, Tenure>();
  readonly #infos = new Map<NodeId, MemberInfo>();
  #office: Tenure | undefined;
  #tokenLast = 0;
  #map: ClusterMap;

  constructor(shardCount: number) {
    this.#map = emptyMap(shardCount);
  }

  renew({ info, ttlMs, wantsOffice }: RenewRequest, nowMs: number): RenewAnswer {
    const { node, incarnation } = info;
    const held = living(this.#leases.get(node), nowMs);
    if (held !== undefined && held.incarnation !== incarnation) return { kind: 'taken', incarnation: held.incarnation };
    const token = held?.token ?? this.#nextToken();
    this.#leases.set(node, { node, incarnation, token, endsAtMs: nowMs + ttlMs });
    this.#infos.set(node, info);
    this.#bid(node, incarnation, wantsOffice, ttlMs, nowMs);
    return {
      kind: 'held',
      token,
      coordinator: this.#office === undefined ? null : { node: this.#office.node, token: this.#office.token },
      mapVersion: this.#map.version,
      members: this.#members(nowMs),
    };
  }

  readMap(): ClusterMap {
    return this.#map;
  }

  /** @throws RangeError where an entry is of a shard the map has not: its committer has another shard count. */
  commit(request: CommitRequest, nowMs: number): CommitAnswer {
    const { as, shards, lists } = request;
    const map = this.#map;
    const tenure = living(as.kind === 'coordinator' ? this.#office : this.#leases.get(as.node), nowMs);
    if (tenure === undefined || tenure.node !== as.node || tenure.token !== as.token) return { kind: 'no_authority' };
    if (as.kind === 'member' && lists !== undefined) return { kind: 'no_authority' };
    if (lists !== undefined && lists.expectedMap !== map.version) return { kind: 'conflict', version: map.version };
    for (const { shard, expected } of shards)
      if (entryOf(map, shard).version !== expected) return { kind: 'conflict', version: map.version };
    if (as.kind === 'member')
      for (const { shard } of shards) if (entryOf(map, shard).owner !== as.node) return { kind: 'no_authority' };

    const version = Math.max(map.version + 1, request.versionMin ?? 0);
    const entries = [...map.shards];
    for (const { shard, entry } of shards) entries[shard] = { ...entry, version };
    this.#map = {
      version,
      shards: entries,
      members: lists?.members ?? map.members,
      cordoned: lists?.cordoned ?? map.cordoned,
    };
    if (lists !== undefined) this.#forgetOthersThan(lists.members, nowMs);
    return { kind: 'committed', version };
  }

  resign({
    node,
    incarnation,
    lease,
  }: {
    readonly node: NodeId;
    readonly incarnation: string;
    readonly lease: boolean;
  }) {
    if (this.#office?.node === node && this.#office.incarnation === incarnation) this.#office = undefined;
    if (!lease || this.#leases.get(node)?.incarnation !== incarnation) return;
    this.#leases.delete(node);
    this.#infos.delete(node);
  }

  /** As it is now, for {@link restore}. */
  snapshot(): ClusterStateSnapshot {
    return {
      leases: new Map(this.#leases),
      infos: new Map(this.#infos),
      office: this.#office,
      tokenLast: this.#tokenLast,
      map: this.#map,
    };
  }

  /** As it was: what a store does that fails over to a replica which had not got the newest writes. */
  restore(snapshot: ClusterStateSnapshot): void {
    this.#leases.clear();
    for (const [node, lease] of snapshot.leases) this.#leases.set(node, lease);
    this.#infos.clear();
    for (const [node, info] of snapshot.infos) this.#infos.set(node, info);
    this.#office = snapshot.office;
    this.#tokenLast = snapshot.tokenLast;
    this.#map = snapshot.map;
  }

  #bid(node: NodeId, incarnation: string, wantsOffice: boolean, ttlMs: number, nowMs: number): void {
    const office = living(this.#office, nowMs);
    const mine = office?.node === node && office.incarnation === incarnation;
    if (wantsOffice && (mine || office === undefined)) {
      const token = mine ? office.token : this.#nextToken();
      this.#office = { node, incarnation, token, endsAtMs: nowMs + ttlMs };
    } else {
      this.#office = mine ? undefined : office;
    }
  }

  /** By name, so that two stores asked the same answer the same. */
  #members(nowMs: number): readonly MemberSeen[] {
    const seen: MemberSeen[] = [];
    for (const [node, info] of this.#infos)
      seen.push({ info, alive: living(this.#leases.get(node), nowMs) !== undefined });
    return seen.sort((a, b) => (a.info.node < b.info.node ? -1 : 1));
  }

  #forgetOthersThan(members: readonly NodeId[], nowMs: number): void {
    for (const node of [...this.#infos.keys()]) {
      if (members.includes(node) || living(this.#leases.get(node), nowMs) !== undefined) continue;
      this.#infos.delete(node);
      this.#leases.delete(node);
    }
  }

  #nextToken(): number {
    this.#tokenLast += 1;
    return this.#tokenLast;
  }
}

function living(tenure: Tenure | undefined, nowMs: number): Tenure | undefined {
  return tenure !== undefined && nowMs < tenure.endsAtMs ? tenure : undefined;
}
