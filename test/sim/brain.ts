import type { ShardId } from '../../core/ids.ts';
import type { Allocation } from '../../shards/allocation.ts';
import type { BrainOptions, ClusterEffect, ClusterInput, Standing } from '../../shards/cluster/brain-io.ts';
import type { ShardState } from './sim-world.ts';

export type Input = ClusterInput<ShardState>;
export type Effect = ClusterEffect<ShardState>;

/** What the simulator needs of a brain: production's, or a spoilt one that shows that spoiling is noticed. */
export interface Brain {
  handle(input: Input, nowMs: number): readonly Effect[];
  readonly wakeAtMs: number;
  /** Lease or island, on this node's monotonic clock. */
  readonly validUntilMs: number;
  standing(shard: ShardId, nowMs: number): Standing;
}

export type BrainFactory = (options: BrainOptions, allocation: Allocation, nowMs: number) => Brain;
