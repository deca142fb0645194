import type { NodeId, ShardId } from '../../core/ids.ts';
import type { ClusterMap, ShardEntry } from './cluster-map.ts';

/**
 * What a cluster keeps where all of its nodes can reach it: leases, who coordinates, and the map. Adapters: `local` (in
 * this process) and `redis`; one contract suite. Every call either answers, or rejects with a CamshardError
 * (`store_unavailable`), in `commandTimeoutMs` at most; after a rejection it is unknown whether it was done.
 */
export interface ClusterStore {
  /**
   * Takes or renews this node's lease, tells who it is, and bids for the coordinator's office where asked to. Leases
   * end `ttlMs` after the store got the request, by the store's own clock.
   */
  renew(request: RenewRequest): Promise<RenewAnswer>;
  /** The whole map. */
  readMap(): Promise<ClusterMap>;
  /** Changes the map, all of it or nothing. */
  commit(request: CommitRequest): Promise<CommitAnswer>;
  /** Gives the lease back, and the office where this node holds it. Nothing happens where it holds neither. */
  resign(request: { readonly node: NodeId; readonly incarnation: string; readonly lease: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** What a node tells of itself with each renewal. */
export interface MemberInfo {
  readonly node: NodeId;
  /** Names this life of the node: random, made at its start. */
  readonly incarnation: string;
  /** Where cameras reach it, e.g. `wss://node-1.example.org:8080`; null where they cannot be redirected to it. */
  readonly advertiseUrl: string | null;
  /** Where other nodes reach it. */
  readonly linkUrl: string;
  /** Version of the program. */
  readonly version: string;
  /** ms since the Unix epoch. */
  readonly startedAt: number;
  /** It stops, and wants its shards taken off it. */
  readonly draining: boolean;
  /** Frames per second it can serve, as measured; and what its cameras would send if they were let. */
  readonly capacityFps: number;
  readonly demandFps: number;
  readonly cameras: number;
  /** Rung of its ladder, 0 where nothing is degraded. */
  readonly rung: number;
  /** Newest version of the map it has seen: the store may have lost some of it in a failover. */
  readonly mapVersion: number;
}

export interface RenewRequest {
  readonly info: MemberInfo;
  readonly ttlMs: number;
  /** Whether this node would coordinate, and for how long it would hold the office. */
  readonly wantsOffice: boolean;
}

export type RenewAnswer =
  | {
      readonly kind: 'held';
      /** Fencing token of the lease: grows with each lease the cluster gives out. */
      readonly token: number;
      readonly coordinator: { readonly node: NodeId; readonly token: number } | null;
      readonly mapVersion: number;
      /** Everybody who ever told of itself and was not forgotten, this node included. */
      readonly members: readonly MemberSeen[];
    }
  /** Another living process goes by this node's id. */
  | { readonly kind: 'taken'; readonly incarnation: string };

export interface MemberSeen {
  readonly info: MemberInfo;
  /** Its lease has not ended. */
  readonly alive: boolean;
}

export interface CommitRequest {
  /** By whose right: the coordinator's office, or a living lease. */
  readonly as: { readonly kind: 'coordinator' | 'member'; readonly node: NodeId; readonly token: number };
  /**
   * Each entry replaces the one of that shard, if that is still of version `expected`. A member may only change
   * entries that it owns. The entry's own `version` is set by the store.
   */
  readonly shards: readonly { readonly shard: ShardId; readonly expected: number; readonly entry: ShardEntry }[];
  /** Replace the lists, if the whole map is still of version `expectedMap`. Coordinators only. */
  readonly lists?: {
    readonly expectedMap: number;
    readonly members: readonly NodeId[];
    readonly cordoned: readonly NodeId[];
  };
  /**
   * The map's version becomes at least this: a coordinator that has seen a newer map than the store has (it lost some in
   * a failover) goes on above it.
   */
  readonly versionMin?: number;
}

export type CommitAnswer =
  | { readonly kind: 'committed'; readonly version: number }
  /** Something is not as expected; nothing has changed. */
  | { readonly kind: 'conflict'; readonly version: number }
  /** The office or the lease is not its any more; nothing has changed. */
  | { readonly kind: 'no_authority' };
