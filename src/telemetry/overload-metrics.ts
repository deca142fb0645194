import { Counter, Gauge, type Registry } from 'prom-client';
import type { OverloadStatus } from '../../core/overload.ts';
import type { EventLog } from './event-log.ts';
import { pulled, single } from './pulled-metric.ts';

/** Where the node stands on its ladder, the figures that decide it, and the events of the node. */
export function registerOverload(
  registry: Registry,
  { overload, events }: { readonly overload: () => OverloadStatus; readonly events: Pick<EventLog, 'counts'> },
): void {
  const gauge = (name: string, help: string, read: (status: OverloadStatus) => number): void =>
    pulled(
      registry,
      Gauge,
      name,
      help,
      [],
      single(() => read(overload())),
    );
  gauge('camshard_overload_rung', 'Rung of the degradation ladder the node stands on; 0 is normal.', (s) => s.rung);
  gauge('camshard_overload_rungs', 'Rungs the ladder has, normal included.', (s) => s.rungs.length);
  gauge(
    'camshard_overload_capacity_frames_per_second',
    'What the ready devices sustain at the input size of this rung, as measured.',
    (s) => s.load.capacityFps,
  );
  gauge(
    'camshard_overload_granted_frames_per_second',
    'Sum of the rates handed out to cameras.',
    (s) => s.load.grantedFps,
  );
  gauge(
    'camshard_overload_wanted_frames_per_second',
    'Sum of the rates cameras would be asked for were there capacity without end.',
    (s) => s.load.wantedFps,
  );
  gauge(
    'camshard_overload_satisfaction_ratio',
    'Of the frames that cameras may expect to have analysed, the share, 0 to 1, that is.',
    (s) => s.load.satisfaction,
  );
  gauge(
    'camshard_queue_late_ratio',
    'Share of frames, 0 to 1, that left the queue later than the queue delay aimed at.',
    (s) => s.load.lateShare,
  );
  pulled(registry, Counter, 'camshard_events_total', 'Events of the node, by kind.', ['kind'], function* () {
    for (const [kind, n] of events.counts()) yield [{ kind }, n] as const;
  });
}
