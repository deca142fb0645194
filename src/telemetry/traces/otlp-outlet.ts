import { type Attributes, type HrTime, type Link, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { NodeConfig } from '../../../config/schema.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { TraceContext } from '../../../core/frame-trace.ts';
import type { Logger } from '../log.ts';
import type { SpanOutlet } from './frame-tracer.ts';
import type { SpanData } from './span.ts';

export interface OtlpOutletOptions {
  readonly config: NodeConfig['telemetry']['traces'];
  readonly node: string;
  readonly version: string;
  readonly log: Logger;
}

export interface SpanCounts {
  exported: number;
  /** The queue had no room for them. */
  dropped: number;
  /** The collector did not take them, or not in time. */
  failed: number;
}

/** Spans in one request to the collector. */
const SPANS_PER_EXPORT_MAX = 512;
const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, consumer: SpanKind.CONSUMER } as const;

type ExportDone = Parameters<SpanExporter['export']>[1];

/**
 * Sends spans to an OTLP collector over HTTP, in the background and in batches. What the queue has no room for is dropped,
 * a whole frame at a time, and counted; so is what the collector does not take. Frames never wait for any of it.
 */
export class OtlpOutlet implements SpanOutlet {
  readonly counts: SpanCounts = { exported: 0, dropped: 0, failed: 0 };
  readonly #exporter: SpanExporter;
  readonly #processor: BatchSpanProcessor;
  readonly #resource: Resource;
  readonly #scope: ReadableSpan['instrumentationScope'];
  readonly #spansMax: number;
  #waiting = 0;

  constructor({ config, node, version, log }: OtlpOutletOptions) {
    const headers = parseHeaders(config.otlpHeaders ?? '');
    const url = config.otlpUrl;
    this.#exporter = new OTLPTraceExporter({
      url,
      headers,
      timeoutMillis: config.exportTimeoutMs,
      concurrencyLimit: 2,
    });
    this.#resource = resourceFromAttributes({
      'service.name': 'camshard',
      'service.instance.id': node,
      'service.version': version,
    });
    this.#scope = { name: 'camshard', version };
    this.#spansMax = config.queueSpansMax;
    const counting: SpanExporter = {
      export: (spans, done) => this.#export(spans, done, log, url),
      forceFlush: async () => {},
      shutdown: () => this.#exporter.shutdown(),
    };
    this.#processor = new BatchSpanProcessor(counting, {
      maxQueueSize: config.queueSpansMax,
      maxExportBatchSize: Math.min(SPANS_PER_EXPORT_MAX, config.queueSpansMax),
      scheduledDelayMillis: config.exportEveryMs,
      // The exporter keeps time itself, and says so.
      exportTimeoutMillis: 2 * config.exportTimeoutMs,
    });
  }

  put(spans: readonly SpanData[]): void {
    if (this.#waiting + spans.length > this.#spansMax) {
      this.counts.dropped += spans.length;
      return;
    }
    this.#waiting += spans.length;
    for (const span of spans) this.#processor.onEnd(this.#readable(span));
  }

  /** Sends what waits, once. What the collector has not taken by the time its caller gives up is not waited for. */
  close(): Promise<void> {
    return this.#processor.shutdown();
  }

  #export(spans: ReadableSpan[], done: ExportDone, log: Logger, url: string): void {
    this.#waiting -= spans.length;
    this.#exporter.export(spans, (result) => {
      if (result.error === undefined) this.counts.exported += spans.length;
      else {
        this.counts.failed += spans.length;
        const fault = new CamshardError('trace_export_failed', 'the collector takes no spans', { cause: result.error });
        log.warn({ err: fault, code: fault.code, url, spans: spans.length }, 'traces cannot be exported');
      }
      done(result);
    });
  }

  #readable(span: SpanData): ReadableSpan {
    const context = spanContext(span.context, false);
    const { attributes, error } = span;
    return {
      name: span.name,
      kind: KINDS[span.kind],
      spanContext: () => context,
      ...(span.parent && { parentSpanContext: spanContext(span.parent, span.remoteParent) }),
      startTime: hrTime(span.startMs),
      endTime: hrTime(span.endMs),
      duration: hrTime(span.endMs - span.startMs),
      status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
      attributes: attributes as Attributes,
      links: span.links.map((link): Link => ({ context: spanContext(link, false) })),
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

const spanContext = ({ traceId, spanId }: TraceContext, isRemote: boolean) => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote,
});

/** `name=value,name=value`, values %-encoded; one that is malformed is taken as it stands. */
function parseHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => {
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      return [pair.slice(0, pair.indexOf('=')).trim(), decodeValue(value)];
    }),
  );
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** ms since the Unix epoch as seconds and nanoseconds; to a microsecond, which is what a double holds of it. */
function hrTime(ms: number): HrTime {
  const micros = Math.round(ms * 1_000);
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1_000];
}
