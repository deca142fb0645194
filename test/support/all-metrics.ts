import { CameraBook } from '../../actors/camera-book.ts';
import { CameraFlow } from '../../actors/camera-flow.ts';
import type { ActorSystem } from '../../actors/runtime/types.ts';
import { ManualClock } from '../../core/manual-clock.ts';
import { IngestCounters } from '../../src/ingest/ingest-counters.ts';
import { type AlertMetricSources, registerAlerts } from '../../src/telemetry/alert-metrics.ts';
import { type AnalysisMetricSources, registerAnalysis } from '../../src/telemetry/analysis-metrics.ts';
import { registerAutoscale } from '../../src/telemetry/autoscale-metrics.ts';
import { type ClusterMetricSources, registerCluster } from '../../src/telemetry/cluster-metrics.ts';
import { registerHistory, registerHistoryQueries } from '../../src/telemetry/history-metrics.ts';
import { type MetricSources, Metrics } from '../../src/telemetry/metrics.ts';
import { registerTraces, type TraceMetricSources } from '../../src/telemetry/traces/trace-metrics.ts';

/** What a node without cameras and devices counts: nothing. */
export function quietSources(over: Partial<MetricSources> = {}): MetricSources {
  const clock = new ManualClock();
  const newFlow = () => new CameraFlow('low', { fpsMin: 2, fpsMax: 7.25 }, 2);
  return {
    ...{ clock, version: '1.2.3', node: 'node-1', cluster: { name: 'north', adapter: 'local' } },
    ...{ isReady: () => true, certificateEndsAtMs: Date.UTC(2030, 0, 1) },
    quarantine: { list: () => ({ frames: [], cameras: [], rejected: 0 }) },
    book: new CameraBook({ clock, camerasMax: 10, newFlow }),
    ingest: new IngestCounters(),
    live: { watchers: 0, framesSent: 0, framesSkipped: 0 },
    devices: [],
    actors: { size: 0, queued: 0 } as ActorSystem,
    deadLetters: () => 0,
    overload: () => {
      throw new Error('no figures');
    },
    events: { counts: () => new Map() },
    ...over,
  };
}

/** Registers all there is, as a node with a cluster, a history, TLS and Redis does. To be described, never scraped. */
export function allMetrics(): Metrics {
  const nothing = {};
  return new Metrics(
    quietSources({
      more: (registry) => {
        const snapshots = { snapshots: { counts: nothing }, cameraFaults: nothing };
        registerAnalysis(registry, snapshots as unknown as AnalysisMetricSources);
        registerAlerts(registry, { redis: { stats: nothing } } as unknown as AlertMetricSources);
        registerHistory(registry, nothing as Parameters<typeof registerHistory>[1]);
        registerHistoryQueries(registry, nothing as Parameters<typeof registerHistoryQueries>[1]);
        registerAutoscale(registry, () => undefined);
        registerTraces(registry, { frames: nothing, spans: nothing } as TraceMetricSources);
        registerCluster(registry, { member: nothing, redis: nothing, jobs: nothing } as ClusterMetricSources);
      },
    }),
  );
}
