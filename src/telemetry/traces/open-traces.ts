import type { Registry } from 'prom-client';
import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../log.ts';
import { FrameTracer } from './frame-tracer.ts';
import { registerTraces } from './trace-metrics.ts';

export interface OpenTracesOptions {
  readonly config: NodeConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Traces {
  readonly tracer: FrameTracer;
  registerMetrics(registry: Registry): void;
  /** Sends what is left; the caller decides for how long it waits. Never rejects. */
  close(): Promise<void>;
}

/** Opens tracing where it is configured; OpenTelemetry is loaded only then. */
export async function openTraces({ config, version, clock, log }: OpenTracesOptions): Promise<Traces | undefined> {
  const { traces } = config.telemetry;
  if (!traces.enabled) return undefined;
  const { OtlpOutlet } = await import('./otlp-outlet.ts');
  const outlet = new OtlpOutlet({ config: traces, node: config.node.id, version, log });
  const { sampleRatio, framesPerSecondMax } = traces;
  const tracer = new FrameTracer({ clock, outlet, sampleRatio, framesPerSecondMax });
  return {
    tracer,
    registerMetrics: (registry) => registerTraces(registry, { frames: tracer.counts, spans: outlet.counts }),
    close: () => outlet.close().catch(() => {}),
  };
}
