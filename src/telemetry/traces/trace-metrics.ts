import { Counter, type Registry } from 'prom-client';
import { pulled, single } from '../pulled-metric.ts';
import type { FrameTracer } from './frame-tracer.ts';
import type { SpanCounts } from './otlp-outlet.ts';

export interface TraceMetricSources {
  readonly frames: FrameTracer['counts'];
  readonly spans: Readonly<SpanCounts>;
}

/** What becomes of traces; there only where frames are traced. */
export function registerTraces(registry: Registry, { frames, spans }: TraceMetricSources): void {
  const counter = (name: string, help: string, read: () => number): void =>
    pulled(registry, Counter, name, help, [], single(read));
  counter('camshard_traced_frames_total', 'Frames whose way is traced.', () => frames.sampled);
  counter(
    'camshard_traces_limited_total',
    'Frames not traced because telemetry.traces.framesPerSecondMax was reached.',
    () => frames.limited,
  );
  counter('camshard_trace_spans_exported_total', 'Spans the collector has taken.', () => spans.exported);
  pulled(
    registry,
    Counter,
    'camshard_trace_spans_lost_total',
    'Spans that never reached the collector, by reason: queue_full, export_failed.',
    ['reason'],
    () => [
      [{ reason: 'queue_full' }, spans.dropped],
      [{ reason: 'export_failed' }, spans.failed],
    ],
  );
}
