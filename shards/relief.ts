import type { NodeId, ShardId } from '../core/ids.ts';
import { shardId } from '../core/ids.ts';
import type { PlannedMove } from './allocation.ts';
import type { ClusterMap } from './cluster/cluster-map.ts';
import type { MemberInfo } from './cluster/store.ts';
import { nodeHashOf, rendezvousScore } from './rendezvous-score.ts';

/** Of a node's shards, what one relief takes at most. */
const RELIEF_SHARE = 0.2;

export interface ReliefInput {
  readonly map: ClusterMap;
  readonly alive: readonly MemberInfo[];
  /** That has more than it can do. */
  readonly node: NodeId;
  readonly movesMax: number;
}

/**
 * What to take off a node that cannot keep up: a fifth of its shards at most, each to the least used node, as long as
 * that stays less used than the one that is relieved becomes. Nobody who is degraded, draining or cordoned gets any;
 * pinned shards and those under way stay. A shard is taken to bring the node's mean demand along.
 */
export function planRelief({ map, alive, node, movesMax }: ReliefInput): PlannedMove[] {
  const relieved = alive.find((member) => member.node === node);
  const shards: ShardId[] = [];
  map.shards.forEach(({ owner, state, move, pin }, i) => {
    if (owner === node && state === 'running' && move === null && pin !== node) shards.push(shardId(i));
  });
  if (relieved === undefined || shards.length === 0) return [];
  const owned = map.shards.filter(({ owner }) => owner === node).length;
  const demandPerShard = Math.max(relieved.demandFps, 1) / owned;
  const takers = alive
    .filter((member) => member.node !== node && !member.draining && member.rung === 0)
    .filter((member) => !map.cordoned.includes(member.node))
    .map((member) => ({ node: member.node, use: useOf(member), perShard: demandPerShard / capacityOf(member) }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  const perShard = demandPerShard / capacityOf(relieved);
  let use = useOf(relieved);

  const moves: PlannedMove[] = [];
  const count = Math.min(movesMax, Math.ceil(RELIEF_SHARE * owned));
  while (moves.length < count) {
    const taker = takers.reduce<(typeof takers)[number] | undefined>(
      (best, one) => (best === undefined || one.use + one.perShard < best.use + best.perShard ? one : best),
      undefined,
    );
    if (taker === undefined || taker.use + taker.perShard >= use - perShard) break;
    const shard = takeBest(shards, taker.node);
    if (shard === undefined) break;
    taker.use += taker.perShard;
    use -= perShard;
    moves.push({ shard, from: node, to: taker.node, why: 'relieve' });
  }
  return moves;
}

const capacityOf = ({ capacityFps }: MemberInfo): number => (capacityFps > 0 ? capacityFps : 1);
const useOf = (member: MemberInfo): number => member.demandFps / capacityOf(member);

/** Takes out of `shards` the one that belongs to `node` most. */
function takeBest(shards: ShardId[], node: NodeId): ShardId | undefined {
  const hash = nodeHashOf(node);
  let bestAt = -1;
  let bestScore = 0;
  shards.forEach((shard, i) => {
    const score = rendezvousScore(shard, hash, 1);
    if (score > bestScore) [bestAt, bestScore] = [i, score];
  });
  return bestAt === -1 ? undefined : shards.splice(bestAt, 1)[0];
}
