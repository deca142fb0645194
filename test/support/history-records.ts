import type { Alert } from '../../core/alert.ts';
import type { HistoryRecord, Origin } from '../../core/history-record.ts';
import { type CameraId, epoch, shardId } from '../../core/ids.ts';
import type { Coverage, Measure } from '../../core/measure.ts';

/** Records as analytics would make them, with as little said as a test wants to say. */
export const origin = (camera = 'north', shard = 1, epoch = 1): Origin => ({ camera, shard, epoch });

export const crossing = (atMs: number, track = 1, from: Origin = origin()): HistoryRecord => ({
  kind: 'event',
  origin: from,
  event: {
    ...{ kind: 'line_crossed', atMs, line: 'stop', direction: 'forward', name: 'in', track, label: 'car' },
    speedKmh: 42.5,
  },
});

export const seenObject = (atMs: number, track = 1, from: Origin = origin()): HistoryRecord => ({
  kind: 'object',
  origin: from,
  model: 'centernet-320',
  object: {
    ...{ track, label: 'car', meanScore: 0.5, hits: 12, firstSeenMs: atMs - 2_000, lastSeenMs: atMs },
    firstBox: [0, 0.25, 0.5, 0.75],
    lastBox: [0.5, 0.25, 1, 0.75],
  },
});

export const measure = (over: Partial<Measure> = {}): Measure => ({
  ...{ metric: 'speed', subject: 'stop', direction: '', label: 'car', n: 2, sum: 90, min: 40, max: 50 },
  bins: [0, 1, 1],
  ...over,
});

export const coverage = (over: Partial<Coverage> = {}): Coverage => ({
  ...{ observedShare: 1, analysed: 100, gated: 10, shed: 1, rejected: 0, lost: 0, valid: true },
  ...over,
});

export const interval = (
  startMs: number,
  seconds: number,
  measures: readonly Measure[] = [measure()],
  seen: Coverage = coverage(),
  from: Origin = origin(),
): HistoryRecord => ({
  kind: 'interval',
  origin: from,
  interval: { startMs, endMs: startMs + seconds * 1_000, coverage: seen, measures },
});

export const alert = (openedAtMs: number, state: Alert['state'], over: Partial<Alert> = {}): HistoryRecord => ({
  kind: 'alert',
  alert: {
    ...{
      id: 'north:jam:1',
      cluster: 'local',
      node: 'n1',
      camera: 'north' as CameraId,
      shard: shardId(1),
      epoch: epoch(1),
      rule: 'jam',
      opening: 1,
    },
    ...{ state, severity: 'warning', atMs: state === 'opened' ? openedAtMs : openedAtMs + 5_000, openedAtMs },
    ...{ dedupeKey: 'north:jam', title: 'Jam', message: `it is ${state}`, value: 3, threshold: 2, data: { zone: 'a' } },
    ...{ snapshot: true, snapshotPath: '/v1/alerts/north:jam:1/snapshot' },
    ...over,
  },
});

export const auditEntry = (atMs: number, id = 'a1'): HistoryRecord => ({
  kind: 'audit',
  entry: {
    ...{ id, atMs, who: 'kim', via: 'cli', action: 'camera_settings.set', subject: 'camera:north' },
    before: null,
    after: { fps: 5 },
  },
});
