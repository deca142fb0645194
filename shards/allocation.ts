import type { NodeId, ShardId } from '../core/ids.ts';
import type { ClusterMap } from './cluster/cluster-map.ts';
import type { MemberInfo } from './cluster/store.ts';

/** A shard that would be better off elsewhere. */
export interface PlannedMove {
  readonly shard: ShardId;
  readonly from: NodeId | null;
  readonly to: NodeId;
  /** `initial`, `dead`, `drain`, `cordon`, `pin`, `balance`. */
  readonly why: string;
}

export interface AllocationInput {
  readonly map: ClusterMap;
  /** Those that may own shards at all: alive. Draining and cordoned ones are among them, and to be emptied. */
  readonly alive: readonly MemberInfo[];
  readonly movesPerRound: number;
}

/** Which shards should move now, the most urgent first. Replaceable: rendezvous with bounded load is the default. */
export type Allocation = (input: AllocationInput) => readonly PlannedMove[];
