import { type Alert, type AlertChange, alertId } from '../../core/alert.ts';
import { type CameraId, epoch, nodeId, shardId } from '../../core/ids.ts';

/** What a rule says, for tests. */
export function alertChange(more: Partial<AlertChange> = {}): AlertChange {
  return {
    rule: 'queue',
    opening: 1,
    state: 'opened',
    severity: 'warning',
    atMs: 1_700_000_000_000,
    openedAtMs: 1_700_000_000_000,
    dedupeKey: 'queue',
    title: 'Queue',
    message: 'queue of 12 vehicles at "gate", more than 10',
    value: 12,
    threshold: 10,
    data: { zone: 'gate' },
    snapshot: false,
    ...more,
  };
}

export const origin = (camera: string, shard = 3, at = 1) => ({
  camera: camera as CameraId,
  shard: shardId(shard),
  epoch: epoch(at),
});

/** An alert as sinks get it. */
export function alertOf(camera: string, more: Partial<AlertChange> = {}, shard = 3, at = 1): Alert {
  const change = alertChange(more);
  const id = alertId(camera as CameraId, change.rule, change.opening);
  return { ...change, ...origin(camera, shard, at), id, cluster: 'test', node: nodeId('n1'), snapshotPath: null };
}
