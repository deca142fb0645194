import { expect, it } from 'vitest';
import { nodeId, shardId } from '../../../core/ids.ts';
import { localShardMap, ownerOf } from '../../../shards/shard-map.ts';

it('gives a node on its own every shard in the first epoch', () => {
  const map = localShardMap(nodeId('node-1'), 4);
  expect(map.version).toBe(1);
  expect(map.owners).toHaveLength(4);
  for (let shard = 0; shard < 4; shard++) expect(ownerOf(map, shardId(shard))).toEqual({ node: 'node-1', epoch: 1 });
});

it('refuses a shard that the map does not have', () => {
  expect(() => ownerOf(localShardMap(nodeId('node-1'), 4), shardId(4))).toThrow('no shard 4 in a map of 4 shards');
});

it('cannot be changed', () => {
  const map = localShardMap(nodeId('node-1'), 1);
  expect(Object.isFrozen(map) && Object.isFrozen(map.owners) && Object.isFrozen(map.owners[0])).toBe(true);
});
