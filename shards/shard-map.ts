import { type Epoch, epoch, type NodeId, type ShardId } from '../core/ids.ts';

/** Who runs a shard, and the fencing token under which it does. */
export interface ShardOwner {
  readonly node: NodeId;
  /** Grows by one each time the owner changes; whatever carries an older one is refused. */
  readonly epoch: Epoch;
}

/** Shard → node. Immutable; each change is a new map with the next version. */
export interface ShardMap {
  readonly version: number;
  /** By shard id. */
  readonly owners: readonly ShardOwner[];
}

/** The map of a node on its own: every shard is its, in the first epoch. */
export function localShardMap(node: NodeId, shardCount: number): ShardMap {
  const owner: ShardOwner = Object.freeze({ node, epoch: epoch(1) });
  return Object.freeze({ version: 1, owners: Object.freeze(new Array<ShardOwner>(shardCount).fill(owner)) });
}

/** @throws RangeError where the map has no such shard: its ring was built for another shard count. */
export function ownerOf(map: ShardMap, shard: ShardId): ShardOwner {
  const owner = map.owners[shard];
  if (owner === undefined) throw new RangeError(`no shard ${shard} in a map of ${map.owners.length} shards`);
  return owner;
}
