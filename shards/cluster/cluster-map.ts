import { type Epoch, epoch, type NodeId, type ShardId } from '../../core/ids.ts';

/** A hand-off that has begun: the owner is still who it was, and alone decides how it ends. */
export interface ShardMove {
  /** Names this attempt; steps of an earlier one are passed over. */
  readonly id: string;
  readonly to: NodeId;
  /** Why it moves: an operator's words, `rebalance`, `drain`, `relieve`. */
  readonly why: string;
}

/** Where a new owner takes a shard's state from. */
export type StartFrom =
  /** Nobody ever ran it. */
  | { readonly kind: 'nothing' }
  /** `node` stopped it and sent what it held, under `move`. Where that is lost the checkpoint has to do. */
  | { readonly kind: 'hand-off'; readonly node: NodeId; readonly move: string }
  /** `node` is dead: its last checkpoint. */
  | { readonly kind: 'takeover'; readonly node: NodeId };

/** One shard, as the cluster has agreed on it. */
export interface ShardEntry {
  /** Of the map when this entry last changed: what a compare-and-set compares. */
  readonly version: number;
  /** Null before the first allocation. */
  readonly owner: NodeId | null;
  /** Grows by one each time the owner changes; whatever carries an older one is refused. 0 before the first owner. */
  readonly epoch: Epoch;
  /** `starting`: it has an owner who has not said yet that it serves. */
  readonly state: 'running' | 'starting';
  readonly from: StartFrom;
  readonly move: ShardMove | null;
  /** The operator wants it there, whatever the loads. */
  readonly pin: NodeId | null;
}

/** What the cluster has agreed on. Immutable; each change is a new map with the next version. */
export interface ClusterMap {
  readonly version: number;
  /** By shard id. */
  readonly shards: readonly ShardEntry[];
  /** Every node that belongs to the cluster, alive or not; the partition rule asks them all. */
  readonly members: readonly NodeId[];
  /** Members that are to get no more shards, and to lose those they have. */
  readonly cordoned: readonly NodeId[];
}

const NEVER_OWNED: ShardEntry = Object.freeze({
  version: 0,
  owner: null,
  epoch: epoch(0),
  state: 'running',
  from: { kind: 'nothing' } as StartFrom,
  move: null,
  pin: null,
});

/** The map before anything was agreed on. */
export function emptyMap(shardCount: number): ClusterMap {
  return {
    version: 0,
    shards: Object.freeze(new Array<ShardEntry>(shardCount).fill(NEVER_OWNED)),
    members: [],
    cordoned: [],
  };
}

/** The map of a node on its own: every shard is its, in the first epoch. */
export function localMap(node: NodeId, shardCount: number): ClusterMap {
  const entry: ShardEntry = Object.freeze({ ...NEVER_OWNED, version: 1, owner: node, epoch: epoch(1) });
  return {
    version: 1,
    shards: Object.freeze(new Array<ShardEntry>(shardCount).fill(entry)),
    members: [node],
    cordoned: [],
  };
}

/** @throws RangeError where the map has no such shard: its ring was built for another shard count. */
export function entryOf(map: ClusterMap, shard: ShardId): ShardEntry {
  const entry = map.shards[shard];
  if (entry === undefined) throw new RangeError(`no shard ${shard} in a map of ${map.shards.length} shards`);
  return entry;
}
