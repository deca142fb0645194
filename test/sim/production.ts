import { ClusterBrain } from '../../shards/cluster/cluster-brain.ts';
import type { BrainFactory } from './brain.ts';
import type { ShardState } from './sim-world.ts';

/** The brain that production runs. */
export const productionBrain: BrainFactory = (options, allocation) =>
  new ClusterBrain<ShardState>({ ...options, allocation });
