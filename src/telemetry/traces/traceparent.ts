import type { TraceContext } from '../../../core/frame-trace.ts';

/** What a caller's `traceparent` header says. */
export interface Traceparent {
  readonly context: TraceContext;
  /** The caller records its trace, and wants ours in it. */
  readonly sampled: boolean;
}

/** Version 00 as it is; of a later version what 00 knows of it (W3C Trace Context, 3.2 and 4.3). */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const SAMPLED = 1;

/** Reads a `traceparent` header; `undefined` where it is empty or not valid, which is to be treated as absent. */
export function parseTraceparent(header: string): Traceparent | undefined {
  if (header === '') return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const context = { traceId, spanId };
  return isTraceContext(context) ? { context, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 } : undefined;
}

/** Whether ids that came from elsewhere are ids. */
export function isTraceContext(value: unknown): value is TraceContext {
  if (typeof value !== 'object' || value === null || !('traceId' in value) || !('spanId' in value)) return false;
  const { traceId, spanId } = value;
  return typeof traceId === 'string' && TRACE_ID.test(traceId) && typeof spanId === 'string' && SPAN_ID.test(spanId);
}
