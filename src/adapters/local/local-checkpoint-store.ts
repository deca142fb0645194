import { CamshardError } from '../../../core/errors.ts';
import type { CameraId, NodeId, ShardId } from '../../../core/ids.ts';
import type { CameraCheckpoint, CheckpointStore, LedgerCheckpoint } from '../../checkpoints/port.ts';
import { isNothing } from '../nothing-kept.ts';

interface ShardCheckpoint {
  fence: number;
  readonly cameras: Map<CameraId, CameraCheckpoint>;
}

/** Checkpoints in memory, for whoever holds this object: nodes of one process, which they end with. */
export class LocalCheckpointStore implements CheckpointStore {
  readonly #shards = new Map<ShardId, ShardCheckpoint>();
  readonly #ledgers = new Map<NodeId, Map<ShardId, Map<CameraId, LedgerCheckpoint>>>();
  #closed = false;

  async saveCameras(shard: ShardId, epoch: number, cameras: readonly CameraCheckpoint[]): Promise<'saved' | 'fenced'> {
    const kept = this.#shard(shard);
    if (epoch < kept.fence) return 'fenced';
    kept.fence = epoch;
    for (const each of cameras) {
      if (isNothing(each)) kept.cameras.delete(each.camera);
      else kept.cameras.set(each.camera, each);
    }
    return 'saved';
  }

  async take(shard: ShardId, epoch: number): Promise<readonly CameraCheckpoint[]> {
    const kept = this.#shard(shard);
    kept.fence = Math.max(kept.fence, epoch);
    return [...kept.cameras.values()];
  }

  async saveLedgers(node: NodeId, ledgers: readonly LedgerCheckpoint[]): Promise<void> {
    this.#open();
    const ofNode = this.#ledgers.get(node) ?? new Map<ShardId, Map<CameraId, LedgerCheckpoint>>();
    this.#ledgers.set(node, ofNode);
    for (const each of ledgers) {
      const ofShard = ofNode.get(each.shard) ?? new Map<CameraId, LedgerCheckpoint>();
      ofNode.set(each.shard, ofShard);
      ofShard.set(each.camera, each);
    }
  }

  async takeLedgers(node: NodeId, shards: readonly ShardId[]): Promise<readonly LedgerCheckpoint[]> {
    this.#open();
    const ofNode = this.#ledgers.get(node);
    return shards.flatMap((shard) => {
      const taken = [...(ofNode?.get(shard)?.values() ?? [])];
      ofNode?.delete(shard);
      return taken;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #shard(shard: ShardId): ShardCheckpoint {
    this.#open();
    const kept = this.#shards.get(shard) ?? { fence: -1, cameras: new Map() };
    this.#shards.set(shard, kept);
    return kept;
  }

  #open(): void {
    if (this.#closed) throw new CamshardError('store_unavailable', 'the store is closed');
  }
}
