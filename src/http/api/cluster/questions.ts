import type { CameraBook } from '../../../../actors/camera-book.ts';
import { PAGE_ROWS_MAX } from '../../../../config/limits.ts';
import type { NodeStatsMessage } from '../../../../core/protocol.ts';
import type { NodeView } from '../../../node-view.ts';

/** What the API of one node asks every living node, through `ClusterService.gather`. */

/** Body: none. Answer: {@link NodeStats}. */
export const NODE_STATS_QUESTION = 'node-stats';
/** Body: {@link ShardCamerasBody}. Answer: {@link ShardCameras}. */
export const SHARD_CAMERAS_QUESTION = 'shard-cameras';

export type NodeStats = NodeStatsMessage & { readonly ready: boolean };

export interface ShardCamerasBody {
  /** Name the cameras of this one, too. */
  readonly shard?: number;
}

/** Of the cameras a node serves itself. */
export interface ShardCameras {
  /** Cameras by shard; a shard without any is absent. */
  readonly counts: Readonly<Record<string, number>>;
  /** Of the shard asked for, by name, {@link PAGE_ROWS_MAX} at most. */
  readonly cameras?: readonly string[];
}

/** This node's answer to {@link NODE_STATS_QUESTION}. */
export const answerNodeStats = (view: Pick<NodeView, 'stats' | 'readiness'>): NodeStats => ({
  ...view.stats(),
  ready: view.readiness().ready,
});

/** This node's answer to {@link SHARD_CAMERAS_QUESTION}. */
export function answerShardCameras(book: Pick<CameraBook, 'records'>, body: unknown): ShardCameras {
  const shard = typeof body === 'object' && body !== null && 'shard' in body ? body.shard : undefined;
  const counts: Record<string, number> = {};
  const cameras: string[] = [];
  for (const record of book.records()) {
    counts[record.shard] = (counts[record.shard] ?? 0) + 1;
    if (record.shard === shard) cameras.push(record.camera);
  }
  if (typeof shard !== 'number') return { counts };
  return { counts, cameras: cameras.sort().slice(0, PAGE_ROWS_MAX) };
}
