import type { ShardId } from '../../core/ids.ts';
import { type ClusterMap, entryOf } from './cluster-map.ts';
import { isLater } from './map-state.ts';
import type { CommitRequest } from './store.ts';

/**
 * A store that fails over to a replica may have lost its last commits: those who saw them have acted on them, so they
 * are put back. Per shard the entry with the higher (epoch, version) holds, and the map goes on above every version
 * that anybody has seen, so that no version ever names two maps from there on.
 *
 * @param store what the store says
 * @param known what this node knows, merged from all who told it
 * @param newest highest version anybody has seen
 */
export function repairOf(store: ClusterMap, known: ClusterMap, newest: number): Omit<CommitRequest, 'as'> {
  const shards: CommitRequest['shards'][number][] = [];
  known.shards.forEach((entry, n) => {
    const shard = n as ShardId;
    const theirs = entryOf(store, shard);
    if (isLater(entry, theirs)) shards.push({ shard, expected: theirs.version, entry });
  });
  const versionMin = newest + 1;
  if (known.version <= store.version) return { shards, versionMin };
  const { members, cordoned } = known;
  return { shards, versionMin, lists: { expectedMap: store.version, members, cordoned } };
}
