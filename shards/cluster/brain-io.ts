import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { PlannedMove } from '../allocation.ts';
import type { ClusterMap } from './cluster-map.ts';
import type { Order, OrderAnswer, PeerMessage } from './messages.ts';
import type { CommitAnswer, CommitRequest, MemberInfo, MemberSeen, RenewAnswer, RenewRequest } from './store.ts';

/**
 * A node's part in the cluster is one state machine without I/O: it is told what happened, and answers what is to be
 * done. The process runs it on real time and real Redis, the simulator on a seed.
 *
 * @typeParam S what a shard's cameras hold, opaque here.
 */
export type ClusterInput<S> =
  /** Time has come to `wakeAtMs`, or past it. */
  | { readonly kind: 'wake' }
  /** `undefined`: the store did not answer, or said no. It may have done it all the same. */
  | { readonly kind: 'renewed'; readonly id: number; readonly answer: RenewAnswer | undefined }
  | { readonly kind: 'map-read'; readonly id: number; readonly map: ClusterMap | undefined }
  | { readonly kind: 'committed'; readonly id: number; readonly answer: CommitAnswer | undefined }
  | { readonly kind: 'peer'; readonly from: NodeId; readonly message: PeerMessage<S> }
  /** What this node says of itself has changed: goes along with the next renewal. */
  | { readonly kind: 'info'; readonly info: LocalInfo }
  /** The world has done what `seal` asked for: nothing of the shard is in flight. */
  | { readonly kind: 'sealed'; readonly shard: ShardId; readonly move: string; readonly snapshot: S }
  /** The world serves the shard. `failed`: it could not; it is tried again. */
  | { readonly kind: 'started'; readonly shard: ShardId; readonly epoch: Epoch; readonly failed: boolean }
  | { readonly kind: 'order'; readonly id: string; readonly order: Order }
  /** The node is to stop: its shards are handed to others first, as far as others can take them. */
  | { readonly kind: 'leave' };

export type LocalInfo = Pick<MemberInfo, 'capacityFps' | 'demandFps' | 'cameras' | 'rung'>;

export type ClusterEffect<S> =
  | { readonly kind: 'renew'; readonly id: number; readonly request: RenewRequest }
  | { readonly kind: 'read-map'; readonly id: number }
  | { readonly kind: 'commit'; readonly id: number; readonly request: CommitRequest }
  | { readonly kind: 'resign'; readonly lease: boolean }
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: PeerMessage<S> }
  /** Take no new frames of the shard to devices (hold them), resolve what is in flight in `withinMs`, then `sealed`. */
  | {
      readonly kind: 'seal';
      readonly shard: ShardId;
      readonly epoch: Epoch;
      readonly move: string;
      readonly withinMs: number;
    }
  /** Withdrawn: go on as if nothing had been. */
  | { readonly kind: 'unseal'; readonly shard: ShardId }
  /** Serve the shard under `epoch`: raise fences, take the state from there, then `started`. */
  | { readonly kind: 'start'; readonly shard: ShardId; readonly epoch: Epoch; readonly from: StartWith<S> }
  /** It was handed over: redirect its cameras, forward what is held to `to`, forget its state. */
  | { readonly kind: 'release'; readonly shard: ShardId; readonly to: NodeId; readonly epoch: Epoch }
  /** It is somebody else's by now: forget its state, save nothing, send nothing. */
  | { readonly kind: 'drop'; readonly shard: ShardId }
  /** Moves worth making, for the job queue, which orders them one by one. */
  | { readonly kind: 'round'; readonly id: string; readonly why: string; readonly moves: readonly PlannedMove[] }
  | { readonly kind: 'answer'; readonly id: string; readonly answer: OrderAnswer }
  /** The node's view of the cluster has changed. */
  | { readonly kind: 'view'; readonly view: ClusterView }
  | { readonly kind: 'event'; readonly event: ClusterEvent }
  /** After `leave`: no shard is left here and the lease is given back, or nobody is there to take them. */
  | { readonly kind: 'left' }
  /** Another process goes by this node's id: this one must not run. */
  | { readonly kind: 'fatal'; readonly code: string; readonly message: string };

export type StartWith<S> =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'snapshot'; readonly snapshot: S; readonly of: NodeId }
  /** `of` is dead, or its snapshot never came: what it saved last. */
  | { readonly kind: 'checkpoint'; readonly of: NodeId };

export interface ClusterView {
  readonly map: ClusterMap;
  readonly members: readonly MemberSeen[];
  readonly coordinator: NodeId | null;
  /** This node holds the office. */
  readonly coordinates: boolean;
}

/** Something an operator may want to know of. */
export interface ClusterEvent {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly kind:
    | 'lease_lost'
    | 'lease_held'
    | 'islanded'
    | 'office_taken'
    | 'office_lost'
    | 'node_joined'
    | 'node_dead'
    | 'node_left'
    | 'shard_begun'
    | 'shard_stopped'
    | 'shard_started'
    | 'shard_withdrawn'
    | 'shard_taken_over'
    | 'map_repaired';
  /** One sentence. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export interface BrainOptions {
  readonly info: MemberInfo;
  readonly shardCount: number;
  /** A lease lives this long from when the store got its renewal ... */
  readonly leaseTtlMs: number;
  /** ... is renewed this often ... */
  readonly leaseRenewMs: number;
  /** ... and is trusted for this much less than its life, for clocks that run at different rates. */
  readonly leaseGuardMs: number;
  /** For frames in flight when a shard is sealed. */
  readonly sealTimeoutMs: number;
  /** From `begin` to `stopped`; past it the owner withdraws. */
  readonly moveTimeoutMs: number;
  readonly movesPerRound: number;
  /** Between looks at the loads. */
  readonly rebalanceEveryMs: number;
  /** The first coordinator waits so long for others before it gives out shards nobody owns. */
  readonly formationMs: number;
  /** Unique within the cluster's life: `node:incarnation:counter`. */
  readonly random: () => number;
}

/** What a frame of a shard is to meet with at this node, now. */
export type Standing =
  /** Served here, under a lease that is good. */
  | { readonly kind: 'owned'; readonly epoch: Epoch }
  /** On its way: here, from here, or between others. Frames are held for a moment. */
  | { readonly kind: 'held'; readonly why: 'moving' | 'starting' }
  | { readonly kind: 'remote'; readonly node: NodeId; readonly epoch: Epoch }
  /** Nobody may serve it: it never had an owner, or this node is the owner and its lease is not good. */
  | { readonly kind: 'nobody' };
