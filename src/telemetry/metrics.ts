import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ActorSystem } from '../../actors/runtime/types.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import type { OverloadStatus } from '../../core/overload.ts';
import type { IngestCounters } from '../ingest/ingest-counters.ts';
import type { LiveCounters } from '../live/live-hub.ts';
import { DetectionMeter } from './detection-meter.ts';
import { registerDevices } from './device-metrics.ts';
import type { EventLog } from './event-log.ts';
import { registerFrames } from './frame-metrics.ts';
import { type NodeMetricSources, registerNode } from './node-metrics.ts';
import { registerOverload } from './overload-metrics.ts';
import { byReason, pulled, single } from './pulled-metric.ts';

export interface MetricSources extends NodeMetricSources {
  readonly ingest: IngestCounters;
  readonly live: LiveCounters;
  readonly actors: ActorSystem;
  readonly deadLetters: () => number;
  readonly overload: () => OverloadStatus;
  readonly events: Pick<EventLog, 'counts'>;
  /** Registers what others count. */
  readonly more?: (registry: Registry) => void;
}

export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labelNames: readonly string[];
}

/**
 * `/metrics`. Counts that Camshard keeps anyway are read when Prometheus asks, so a frame pays only for its latency's
 * bucket. No metric is labelled by camera: ten thousand of them would be ten thousand series each.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #latency: Histogram;
  readonly #batch: Histogram<'device'>;
  readonly #compute: Histogram<'device'>;
  readonly #deviceFailures: Counter<'device'>;
  readonly #detections = new DetectionMeter();

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    registerProcess(this.#registry);
    registerNode(this.#registry, sources);
    this.#latency = new Histogram({
      name: 'camshard_frame_latency_seconds',
      help: 'Seconds from reception of a frame to its result, for frames that were inferred.',
      buckets: [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1],
      registers,
    });
    this.#batch = new Histogram({
      name: 'camshard_batch_size_frames',
      help: 'Frames per batch run on a device.',
      labelNames: ['device'],
      buckets: [1, 2, 4, 8, 16, 32],
      registers,
    });
    this.#compute = new Histogram({
      name: 'camshard_batch_compute_seconds',
      help: 'Seconds a batch ran on a device.',
      labelNames: ['device'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
      registers,
    });
    this.#deviceFailures = new Counter({
      name: 'camshard_device_failures_total',
      help: 'Times a device failed and was made anew.',
      labelNames: ['device'],
      registers,
    });
    // The first failure would not be seen to be an increase otherwise.
    for (const { device } of sources.devices) this.#deviceFailures.inc({ device }, 0);
    registerFrames(this.#registry, sources.book);
    this.#detections.register(this.#registry);
    registerSockets(this.#registry, sources);
    registerDevices(this.#registry, sources);
    registerActors(this.#registry, sources);
    registerOverload(this.#registry, sources);
    sources.more?.(this.#registry);
  }

  observeResult(latencyMs: number, outcome: Extract<FrameOutcome, { kind: 'inferred' }>): void {
    this.#latency.observe(latencyMs / 1_000);
    this.#detections.observe(outcome.model, outcome.detections);
  }

  observeBatch(device: string, frames: number, computeMs: number): void {
    this.#batch.observe({ device }, frames);
    this.#compute.observe({ device }, computeMs / 1_000);
  }

  countDeviceFailure(device: string): void {
    this.#deviceFailures.inc({ device });
  }

  /** Every metric there is, without its values, in the order of the exposition. */
  describe(): readonly MetricDescription[] {
    return this.#registry.getMetricsAsArray().map((metric) => {
      const { name, help, type, labelNames = [] } = metric as unknown as MetricDescription & { labelNames?: string[] };
      return { name, help, type, labelNames };
    });
  }

  /** The exposition text and its content type. */
  async expose(): Promise<{ readonly text: string; readonly contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}

/** The process' own: CPU, memory, event loop, garbage collection. */
function registerProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  // Gauges that are called as counters are; they are the sums of those without `_total`.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`);
}

function registerSockets(registry: Registry, { ingest, live }: MetricSources): void {
  pulled(
    registry,
    Gauge,
    'camshard_camera_connections',
    'Camera sockets open.',
    [],
    single(() => ingest.connectionsOpen),
  );
  pulled(
    registry,
    Counter,
    'camshard_camera_connections_accepted_total',
    'Camera sockets accepted.',
    [],
    single(() => ingest.connectionsAccepted),
  );
  pulled(
    registry,
    Counter,
    'camshard_camera_connections_refused_total',
    'Camera sockets refused, by reason.',
    ['reason'],
    byReason(() => ingest.connectionsRefused),
  );
  pulled(
    registry,
    Counter,
    'camshard_camera_connections_closed_total',
    'Camera sockets that ended otherwise than by the camera, by reason.',
    ['reason'],
    byReason(() => ingest.closed),
  );
  pulled(
    registry,
    Counter,
    'camshard_bad_text_messages_total',
    'Text messages from cameras that were no hello, by code.',
    ['reason'],
    byReason(() => ingest.badText),
  );
  pulled(
    registry,
    Counter,
    'camshard_answers_dropped_total',
    'Answers not sent because the camera does not read.',
    [],
    single(() => ingest.answersDropped),
  );
  pulled(
    registry,
    Gauge,
    'camshard_watchers',
    'Sockets on /v1/live.',
    [],
    single(() => live.watchers),
  );
  pulled(
    registry,
    Counter,
    'camshard_watched_frames_total',
    'Pictures for watchers, sent and skipped because one reads slowly.',
    ['outcome'],
    () => [
      [{ outcome: 'sent' }, live.framesSent],
      [{ outcome: 'skipped' }, live.framesSkipped],
    ],
  );
}

function registerActors(registry: Registry, { actors, deadLetters }: MetricSources): void {
  pulled(
    registry,
    Gauge,
    'camshard_actors',
    'Actors alive.',
    [],
    single(() => actors.size),
  );
  pulled(
    registry,
    Gauge,
    'camshard_mailbox_messages',
    'Messages waiting in all mailboxes.',
    [],
    single(() => actors.queued),
  );
  pulled(registry, Counter, 'camshard_dead_letters_total', 'Messages no actor handled.', [], single(deadLetters));
}
