import type { Epoch, ShardId } from '../core/ids.ts';
import type { Standing } from '../shards/cluster/brain-io.ts';

/** Which shards this node serves now. Asked per frame and per effect: answers from memory. */
export interface Ownership {
  standing(shard: ShardId): Standing;
  /** Whether what was found under `epoch` may still have an effect: its lease is good, and nobody came after it. */
  mayAct(shard: ShardId, epoch: Epoch): boolean;
}

/** A node on its own serves everything, for good. */
export function soleOwnership(epoch: Epoch): Ownership {
  const standing: Standing = { kind: 'owned', epoch };
  return { standing: () => standing, mayAct: () => true };
}
