import type { NodeId, ShardId } from '../../core/ids.ts';
import { type ClusterMap, entryOf, type ShardEntry, type ShardMove } from './cluster-map.ts';
import { updatedEntry } from './map-state.ts';
import type { MembersSeen } from './members-seen.ts';
import type { Order, OrderAnswer } from './messages.ts';

/** What an order comes to, as things are: at most one change to the map, and what is answered once that is done. */
export type OrderDecision =
  | { readonly kind: 'answer'; readonly answer: OrderAnswer }
  | { readonly kind: 'shard'; readonly shard: ShardId; readonly entry: ShardEntry; readonly answer: OrderAnswer }
  | { readonly kind: 'cordoned'; readonly cordoned: readonly NodeId[]; readonly answer: OrderAnswer }
  | { readonly kind: 'remove'; readonly node: NodeId }
  | { readonly kind: 'rebalance' };

const DONE: OrderAnswer = { kind: 'done' };
const BEGUN: OrderAnswer = { kind: 'begun' };

/** Pure. @param moveId names a move that this order begins */
export function decideOrder(order: Order, map: ClusterMap, members: MembersSeen, moveId: () => string): OrderDecision {
  if ('shard' in order && map.shards[order.shard] === undefined)
    return refused('no_such_shard', `there is no shard ${order.shard}`);
  switch (order.kind) {
    case 'move':
      return decideMove(order.shard, { id: moveId(), to: order.to, why: order.why }, map, members);
    case 'cancel': {
      const entry = entryOf(map, order.shard);
      if (entry.move === null) return { kind: 'answer', answer: DONE };
      const withdrawn = updatedEntry(entry, { kind: 'withdrawn', move: entry.move.id });
      return { kind: 'shard', shard: order.shard, entry: withdrawn, answer: DONE };
    }
    case 'pin':
      return decidePin(order.shard, { id: moveId(), to: order.to, why: 'pin' }, map, members);
    case 'unpin': {
      const entry = entryOf(map, order.shard);
      if (entry.pin === null) return { kind: 'answer', answer: DONE };
      const unpinned = updatedEntry(entry, { kind: 'pinned', to: null });
      return { kind: 'shard', shard: order.shard, entry: unpinned, answer: DONE };
    }
    case 'cordon':
      if (map.cordoned.includes(order.node)) return { kind: 'answer', answer: DONE };
      if (!members.isKnown(order.node)) return noSuchNode(order.node);
      return { kind: 'cordoned', cordoned: [...map.cordoned, order.node], answer: DONE };
    case 'uncordon':
      if (!map.cordoned.includes(order.node))
        return members.isKnown(order.node) ? { kind: 'answer', answer: DONE } : noSuchNode(order.node);
      return { kind: 'cordoned', cordoned: map.cordoned.filter((n) => n !== order.node), answer: DONE };
    case 'remove':
      if (!members.isKnown(order.node)) return noSuchNode(order.node);
      if (members.isAlive(order.node))
        return refused('node_alive', `${order.node} is alive: drain and stop it, or wait until its lease has ended`);
      return { kind: 'remove', node: order.node };
    case 'rebalance':
      return { kind: 'rebalance' };
  }
}

function decideMove(shard: ShardId, move: ShardMove, map: ClusterMap, members: MembersSeen): OrderDecision {
  const entry = entryOf(map, shard);
  if (entry.move === null && entry.owner === move.to) return { kind: 'answer', answer: DONE };
  if (entry.move?.to === move.to) return { kind: 'answer', answer: BEGUN };
  if (entry.move !== null)
    return refused('moving', `shard ${shard} is on its way to ${entry.move.to}; withdraw that first`);
  const target = checkTarget(move.to, map, members);
  if (target !== undefined) return target;
  if (entry.owner === null || !members.isAlive(entry.owner))
    return refused('not_owner', `shard ${shard} has no living owner who could hand it over`);
  if (entry.state === 'starting') return refused('moving', `shard ${shard} is being started by ${entry.owner}`);
  return { kind: 'shard', shard, entry: updatedEntry(entry, { kind: 'begun', move }), answer: BEGUN };
}

/** The wish is kept whatever comes of the move; one that cannot begin now is left to the next round. */
function decidePin(shard: ShardId, move: ShardMove, map: ClusterMap, members: MembersSeen): OrderDecision {
  const entry = entryOf(map, shard);
  if (!members.isKnown(move.to)) return noSuchNode(move.to);
  const pinned = entry.pin === move.to ? entry : updatedEntry(entry, { kind: 'pinned', to: move.to });
  const { owner } = entry;
  const moves =
    owner !== null && owner !== move.to && members.isAlive(owner) && entry.move === null && entry.state === 'running';
  if (moves && members.mayTake(move.to))
    return { kind: 'shard', shard, entry: updatedEntry(pinned, { kind: 'begun', move }), answer: BEGUN };
  const answer = entry.owner === move.to && entry.move === null ? DONE : BEGUN;
  return pinned === entry ? { kind: 'answer', answer } : { kind: 'shard', shard, entry: pinned, answer };
}

function checkTarget(to: NodeId, map: ClusterMap, members: MembersSeen): OrderDecision | undefined {
  if (!members.isAlive(to)) return noSuchNode(to);
  if (map.cordoned.includes(to)) return refused('cordoned', `${to} is cordoned`);
  if (!members.mayTake(to)) return refused('cordoned', `${to} is leaving`);
  return undefined;
}

function noSuchNode(node: NodeId): OrderDecision {
  return refused('no_such_node', `there is no living node ${node}`);
}

function refused(code: string, message: string): OrderDecision {
  return { kind: 'answer', answer: { kind: 'refused', code, message } };
}
