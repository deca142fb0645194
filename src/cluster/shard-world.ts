import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { StartWith } from '../../shards/cluster/brain-io.ts';
import type { AlertCarry } from '../alerts/carry.ts';
import type { CameraCheckpoint } from '../checkpoints/port.ts';

/** What moves with a shard: everything its cameras remember, nothing in flight. JSON. */
export interface ShardSnapshot {
  readonly cameras: readonly CameraCheckpoint[];
  readonly alerts: AlertCarry;
}

/** What the cluster's decisions come to on this node: its actors, its checkpoints, its alerts. */
export interface ShardWorld {
  /** Takes nothing new of the shard to devices; resolves once nothing of it is in flight, `withinMs` at the latest. */
  seal(shard: ShardId, withinMs: number): Promise<ShardSnapshot>;
  unseal(shard: ShardId): void;
  /** Raises the fences and makes the shard's cameras remember. @throws where that cannot be: it is tried again */
  start(shard: ShardId, epoch: Epoch, from: StartWith<ShardSnapshot>): Promise<void>;
  /** Serves: cameras may come. */
  serve(shard: ShardId): void;
  /** Handed over to `to`. */
  release(shard: ShardId, to: NodeId): void;
  /** Somebody else's by now. */
  drop(shard: ShardId): void;
  /** Who owns these, or whether this node may serve at all, has changed. */
  ownership(shards: Iterable<ShardId>): void;
}
