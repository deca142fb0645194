import type { TraceContext } from '../../../core/frame-trace.ts';

/** One finished span, before it is anything of OpenTelemetry's. */
export interface SpanData {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'consumer';
  readonly context: TraceContext;
  readonly parent: TraceContext | undefined;
  /** Its parent is a span of another process. */
  readonly remoteParent: boolean;
  /** ms since the Unix epoch, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly TraceContext[];
  /** Why it failed; undefined where it did not. */
  readonly error: string | undefined;
}
