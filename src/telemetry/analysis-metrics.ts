import { Counter, Gauge, type Registry } from 'prom-client';
import type { SnapshotDesk } from '../alerts/snapshots/snapshot-desk.ts';
import type { SnapshotStore } from '../alerts/snapshots/snapshot-store.ts';
import type { CameraStateFiles } from '../checkpoints/camera-state-files.ts';
import { byReason, pulled, single } from './pulled-metric.ts';

export interface AnalysisMetricSources {
  readonly snapshots: SnapshotDesk;
  readonly store: SnapshotStore;
  readonly states: Pick<CameraStateFiles, 'size' | 'failures'>;
}

/** Pictures of alerts, and what analytics remembers. */
export function registerAnalysis(registry: Registry, { snapshots, store, states }: AnalysisMetricSources): void {
  const { counts } = snapshots;
  const drawn = single(() => counts.drawn);
  pulled(registry, Counter, 'camshard_snapshots_drawn_total', 'Pictures of alerts drawn and kept.', [], drawn);
  pulled(
    registry,
    Counter,
    'camshard_snapshots_undrawn_total',
    'Pictures of alerts kept as the camera sent them, by reason.',
    ['reason'],
    byReason(() => Object.entries(counts.undrawn)),
  );
  pulled(
    registry,
    Counter,
    'camshard_snapshots_skipped_total',
    'Alerts left without a picture, by reason.',
    ['reason'],
    byReason(() => Object.entries(counts.skipped)),
  );
  const bytes = single(() => store.bytes);
  pulled(registry, Gauge, 'camshard_snapshots_bytes', 'Pictures of alerts on disk.', [], bytes);
  const remembered = single(() => states.size);
  pulled(
    registry,
    Gauge,
    'camshard_camera_states',
    'Cameras whose trackers and counters are remembered.',
    [],
    remembered,
  );
  const failures = single(() => states.failures);
  pulled(
    registry,
    Counter,
    'camshard_checkpoint_failures_total',
    'Times a checkpoint could not be written.',
    [],
    failures,
  );
}
