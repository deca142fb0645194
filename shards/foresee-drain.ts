import { epoch, type NodeId } from '../core/ids.ts';
import type { Allocation, AllocationInput, PlannedMove } from './allocation.ts';
import type { ClusterMap, ShardEntry } from './cluster/cluster-map.ts';

/**
 * Which shards a node would lose were it cordoned now, and to whom, in the order in which they would go: round by round
 * as the coordinator would plan them, `movesPerRound` at once, each round done before the next is planned. What is under
 * way counts as arrived. It comes so as long as nobody joins, dies or changes its capacity meanwhile. Empty where nobody
 * is there to take them.
 */
export function foreseeDrain(input: AllocationInput, node: NodeId, allocate: Allocation): readonly PlannedMove[] {
  let map = cordoning(input.map, node);
  const leaving: PlannedMove[] = [];
  // Pins and the dead may fill the first rounds, so one that takes nothing from the node need not be the last.
  for (let round = 0; round <= 2 * map.shards.length; round++) {
    const moves = map.shards.some(({ owner }) => owner === node) ? allocate({ ...input, map }) : [];
    if (moves.length === 0) break;
    leaving.push(...moves.filter(({ from }) => from === node));
    map = after(map, moves);
  }
  return leaving;
}

function cordoning(map: ClusterMap, node: NodeId): ClusterMap {
  return {
    ...map,
    cordoned: map.cordoned.includes(node) ? map.cordoned : [...map.cordoned, node],
    shards: map.shards.map((entry) =>
      entry.move === null ? { ...entry, state: 'running' } : arrived(entry, entry.move.to),
    ),
  };
}

function after(map: ClusterMap, moves: readonly PlannedMove[]): ClusterMap {
  const to = new Map(moves.map((move) => [move.shard as number, move.to]));
  const shards = map.shards.map((entry, shard) => {
    const owner = to.get(shard);
    return owner === undefined ? entry : arrived(entry, owner);
  });
  return { ...map, shards };
}

const arrived = (entry: ShardEntry, owner: NodeId): ShardEntry => ({
  ...entry,
  ...{ owner, epoch: epoch(entry.epoch + 1), state: 'running', move: null },
});
