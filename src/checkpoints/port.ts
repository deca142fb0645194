import type { CameraId, NodeId, ShardId } from '../../core/ids.ts';
import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { OutboxRecord } from '../alerts/outbox-record.ts';

/**
 * What a shard's cameras hold, kept where another node finds it once this one is dead. Adapters: `local` (files, for
 * restarts of the same node) and `redis`; one contract suite. Calls reject with CamshardError `store_unavailable`.
 */
export interface CheckpointStore {
  /**
   * Saves cameras of a shard; others it has stay. Refused where a higher epoch has been there: `fenced`.
   * @returns `fenced` where the shard is somebody else's by now
   */
  saveCameras(shard: ShardId, epoch: number, cameras: readonly CameraCheckpoint[]): Promise<'saved' | 'fenced'>;
  /** Everything of the shard. Raises its fence to `epoch`, so that no older owner saves any more. */
  take(shard: ShardId, epoch: number): Promise<readonly CameraCheckpoint[]>;
  /** The account of what came in at `node`, by camera; one write for many shards, replacing those named. */
  saveLedgers(node: NodeId, ledgers: readonly LedgerCheckpoint[]): Promise<void>;
  /** Takes away, once, what a dead node's account was for these shards. Asked again it is empty. */
  takeLedgers(node: NodeId, shards: readonly ShardId[]): Promise<readonly LedgerCheckpoint[]>;
  close(): Promise<void>;
}

export interface CameraCheckpoint {
  readonly camera: CameraId;
  /** ms since the Unix epoch. */
  readonly savedAt: number;
  /** Analytics state, JSON text; null where none is kept. */
  readonly state: string | null;
  /** Last opening number of each alert rule. */
  readonly openings: Readonly<Record<string, number>>;
  /** Alerts of this camera that not every sink has had yet, oldest first. */
  readonly undelivered: readonly OutboxRecord[];
}

export interface LedgerCheckpoint {
  readonly camera: CameraId;
  readonly shard: ShardId;
  readonly ledger: LedgerSnapshot;
  /**
   * Of a stream that is open here: its highest sequence number so far, null where it gives none (bare pictures). Absent
   * where none is open, or the node has ended in order: nothing is missing after this.
   */
  readonly lastSeq?: number | null;
}
