import type { NodeId, ShardId } from '../../core/ids.ts';
import { type ClusterMap, emptyMap, entryOf, type ShardEntry } from './cluster-map.ts';
import { isLater, saysTheSame } from './map-state.ts';

/** Versions heard of out of order that are kept; past it the map is read. */
const AHEAD_MAX = 128;

export interface ShardChange {
  readonly shard: ShardId;
  readonly entry: ShardEntry;
}

/**
 * The newest map this node knows of: per shard the entry with the higher (epoch, version), whoever told it. So late and
 * doubled messages change nothing, and what a store forgot in a failover is still known here.
 *
 * `map.version` is the version up to which everything is known; single entries may be newer.
 */
export class KnownMap {
  #map: ClusterMap;
  #read = false;
  readonly #owned = new Map<NodeId, Set<ShardId>>();
  readonly #moving = new Set<ShardId>();
  #unowned: number;
  readonly #ahead = new Set<number>();
  #newest = 0;

  constructor(shardCount: number) {
    this.#map = emptyMap(shardCount);
    this.#unowned = shardCount;
  }

  get map(): ClusterMap {
    return this.#map;
  }

  /** The store has been read once at least. */
  get isRead(): boolean {
    return this.#read;
  }

  get version(): number {
    return this.#map.version;
  }

  /** The highest version ever heard of. */
  get newest(): number {
    return this.#newest;
  }

  /** Shards nobody ever owned. */
  get unowned(): number {
    return this.#unowned;
  }

  /** Shards on the move. */
  get moving(): ReadonlySet<ShardId> {
    return this.#moving;
  }

  ownedBy(node: NodeId): ReadonlySet<ShardId> {
    return this.#owned.get(node) ?? NONE;
  }

  owners(): IterableIterator<NodeId> {
    return this.#owned.keys();
  }

  entry(shard: ShardId): ShardEntry {
    return entryOf(this.#map, shard);
  }

  /**
   * What the store says, whole.
   * @param newestThen {@link newest} when the read was sent: what was known by then the store must know too
   * @returns shards that changed here, and those of which the store has lost commits
   */
  absorbRead(
    read: ClusterMap,
    newestThen: number,
  ): { readonly changed: readonly ShardId[]; readonly lost: readonly ShardId[] } {
    this.#read = true;
    this.#newest = Math.max(this.#newest, read.version);
    const lost: ShardId[] = [];
    const later: ShardChange[] = [];
    for (let n = 0; n < read.shards.length; n += 1) {
      const shard = n as ShardId;
      const theirs = entryOf(read, shard);
      const mine = entryOf(this.#map, shard);
      if (theirs === mine) continue;
      if (isLater(mine, theirs)) {
        if (mine.version <= newestThen) lost.push(shard);
      } else if (isLater(theirs, mine) || !saysTheSame(theirs, mine)) later.push({ shard, entry: theirs });
    }
    const newer = read.version >= this.#map.version;
    const { members, cordoned } = newer ? read : this.#map;
    this.#replace(later, newer ? read.version : this.#map.version, members, cordoned);
    return { changed: later.map((c) => c.shard), lost };
  }

  /** What somebody else knows. @returns shards that changed here */
  absorbSeen(seen: ClusterMap): readonly ShardId[] {
    this.#newest = Math.max(this.#newest, seen.version);
    const later: ShardChange[] = [];
    for (let n = 0; n < seen.shards.length; n += 1) {
      const shard = n as ShardId;
      const entry = entryOf(seen, shard);
      if (isLater(entry, this.entry(shard))) later.push({ shard, entry });
    }
    const { version, members, cordoned } = seen.version > this.#map.version ? seen : this.#map;
    this.#replace(later, version, members, cordoned);
    return later.map((c) => c.shard);
  }

  /**
   * What was committed as `version`, whole.
   * @returns shards that changed here, and those of which this node knows something of a later epoch
   */
  absorb(
    version: number,
    shards: readonly ShardChange[],
    lists?: { readonly members: readonly NodeId[]; readonly cordoned: readonly NodeId[] },
  ): { readonly changed: readonly ShardId[]; readonly outdated: readonly ShardId[] } {
    const later: ShardChange[] = [];
    const outdated: ShardId[] = [];
    for (const change of shards) {
      const mine = this.entry(change.shard);
      if (isLater(change.entry, mine)) later.push(change);
      else if (mine.epoch > change.entry.epoch) outdated.push(change.shard);
    }
    this.#newest = Math.max(this.#newest, version);
    const next = this.#complete(version);
    if (later.length > 0 || next !== this.#map.version || lists !== undefined)
      this.#replace(later, next, lists?.members ?? this.#map.members, lists?.cordoned ?? this.#map.cordoned);
    return { changed: later.map((c) => c.shard), outdated };
  }

  /** The version up to which everything is known, now that `version` is. */
  #complete(version: number): number {
    let complete = this.#map.version;
    if (version > complete + 1) {
      if (this.#ahead.size < AHEAD_MAX) this.#ahead.add(version);
      return complete;
    }
    if (version === complete + 1) complete = version;
    while (this.#ahead.delete(complete + 1)) complete += 1;
    return complete;
  }

  #replace(
    later: readonly ShardChange[],
    version: number,
    members: readonly NodeId[],
    cordoned: readonly NodeId[],
  ): void {
    let { shards } = this.#map;
    if (later.length > 0) {
      const next = [...shards];
      for (const { shard, entry } of later) {
        this.#index(shard, entryOf(this.#map, shard), entry);
        next[shard] = entry;
      }
      shards = next;
    }
    if (version > this.#map.version) for (const v of this.#ahead) if (v <= version) this.#ahead.delete(v);
    this.#map = { version, shards, members, cordoned };
  }

  #index(shard: ShardId, before: ShardEntry, after: ShardEntry): void {
    if (after.move === null) this.#moving.delete(shard);
    else this.#moving.add(shard);
    if (before.owner === after.owner) return;
    if (before.owner === null) this.#unowned -= 1;
    else {
      const left = this.#owned.get(before.owner);
      left?.delete(shard);
      if (left?.size === 0) this.#owned.delete(before.owner);
    }
    if (after.owner === null) {
      this.#unowned += 1;
      return;
    }
    const owned = this.#owned.get(after.owner);
    if (owned === undefined) this.#owned.set(after.owner, new Set([shard]));
    else owned.add(shard);
  }
}

const NONE: ReadonlySet<ShardId> = new Set();
