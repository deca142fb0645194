import { Counter, Gauge, type Registry } from 'prom-client';
import { HEALTH_CONDITIONS, type HealthCondition } from '../../core/camera-event.ts';
import type { SnapshotDesk } from '../alerts/snapshots/snapshot-desk.ts';
import type { SnapshotStore } from '../alerts/snapshots/snapshot-store.ts';
import type { CameraStateFiles } from '../checkpoints/camera-state-files.ts';
import { byReason, pulled, single } from './pulled-metric.ts';

/** Times a camera was told to be so, since the node started. */
export type CameraFaults = Record<HealthCondition, number>;

export const noCameraFaults = (): CameraFaults =>
  Object.fromEntries(HEALTH_CONDITIONS.map((condition) => [condition, 0])) as CameraFaults;

export interface AnalysisMetricSources {
  readonly snapshots: SnapshotDesk;
  readonly store: SnapshotStore;
  readonly states: Pick<CameraStateFiles, 'size' | 'failures'>;
  readonly cameraFaults: CameraFaults;
}

/** Pictures of alerts, and what analytics remembers. */
export function registerAnalysis(
  registry: Registry,
  { snapshots, store, states, cameraFaults }: AnalysisMetricSources,
): void {
  const { counts } = snapshots;
  pulled(
    registry,
    Counter,
    'camshard_camera_faults_total',
    'Times a camera was judged to be black, covered, moved, offline and so on, by condition; docs/camera-health.md.',
    ['condition'],
    () => Object.entries(cameraFaults).map(([condition, n]) => [{ condition }, n] as const),
  );
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
  pulled(registry, Gauge, 'camshard_snapshots_bytes', 'Bytes of pictures of alerts on disk.', [], bytes);
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
