import type { NodeId, ShardId } from '../../core/ids.ts';
import type { ClusterMap, ShardEntry } from './cluster-map.ts';

/**
 * What the brains of nodes say to each other over the node link. Any of it may be lost, doubled or come late; none of it
 * changes who owns what: that is the map alone.
 *
 * @typeParam S what a shard's cameras hold, opaque here.
 */
export type PeerMessage<S> =
  /** I changed the map; sent to everybody so that they need not wait for their next renewal. */
  | {
      readonly kind: 'changed';
      readonly version: number;
      readonly shards: readonly { readonly shard: ShardId; readonly entry: ShardEntry }[];
    }
  /** A → B: what the shard holds, nothing in flight. */
  | { readonly kind: 'snapshot'; readonly shard: ShardId; readonly move: string; readonly snapshot: S }
  /** B → A: it is here, in memory. */
  | { readonly kind: 'snapshot-held'; readonly shard: ShardId; readonly move: string }
  /** A → B: withdrawn; forget the snapshot. */
  | { readonly kind: 'withdrawn'; readonly shard: ShardId; readonly move: string }
  /** Partition rule: do you lack the store too? */
  | { readonly kind: 'lacking?'; readonly nonce: number }
  | { readonly kind: 'lacking'; readonly nonce: number; readonly lacks: boolean }
  /** The newest map I know, for a coordinator whose store lost some. */
  | { readonly kind: 'seen-map'; readonly map: ClusterMap }
  /** Any node → coordinator: an order, and its answer. */
  | { readonly kind: 'order'; readonly id: string; readonly order: Order }
  | { readonly kind: 'order-answer'; readonly id: string; readonly answer: OrderAnswer };

/** What an operator or a job may ask for. Each is idempotent. */
export type Order =
  | { readonly kind: 'move'; readonly shard: ShardId; readonly to: NodeId; readonly why: string }
  /** Withdraws a move that has not been stopped yet. */
  | { readonly kind: 'cancel'; readonly shard: ShardId }
  | { readonly kind: 'pin'; readonly shard: ShardId; readonly to: NodeId }
  | { readonly kind: 'unpin'; readonly shard: ShardId }
  | { readonly kind: 'cordon'; readonly node: NodeId }
  | { readonly kind: 'uncordon'; readonly node: NodeId }
  /** By force: a member that is dead and will not come back. Refused while its lease lives. */
  | { readonly kind: 'remove'; readonly node: NodeId }
  /** Look at the loads now and not at the next turn. */
  | { readonly kind: 'rebalance' };

export type OrderAnswer =
  | { readonly kind: 'done' }
  /** It goes on: watch the map. */
  | { readonly kind: 'begun' }
  | {
      readonly kind: 'refused';
      /** no_coordinator, no_such_node, node_alive, not_owner, moving, cordoned, store_unavailable, conflict, ... */
      readonly code: string;
      readonly message: string;
    };
