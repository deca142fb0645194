import type { BatchTrace, FrameTrace } from '../core/frame-trace.ts';

export interface TracedRun extends Pick<BatchTrace, 'device' | 'model' | 'inputSize' | 'sentAtMs'> {
  /** When its answer, or its failure, was here; monotonic ms. */
  readonly endedAtMs: number;
  /** As the device's thread measured them, ms. */
  readonly took: { readonly waitMs: number; readonly computeMs: number } | { readonly failed: string };
}

/**
 * Marks the run of a batch in the frames that are traced, and tells of the batch where there are any. Costs a look at
 * each frame where none is.
 */
export function traceRun(
  entries: readonly { readonly frame: { readonly trace?: FrameTrace | undefined } }[],
  run: TracedRun,
): void {
  if (!entries.some(({ frame }) => frame.trace !== undefined)) return;
  const traces = entries.flatMap(({ frame }) => frame.trace ?? []);
  const first = traces[0];
  if (first === undefined) return;
  const { took, device, model, inputSize, sentAtMs, endedAtMs } = run;
  const context = first.sink.newContext();
  for (const trace of traces) {
    trace.device = device;
    if ('failed' in took) {
      trace.mark('run', endedAtMs, context);
      continue;
    }
    trace.mark('queue', Math.min(sentAtMs + took.waitMs, endedAtMs));
    trace.mark('run', Math.min(sentAtMs + took.waitMs + took.computeMs, endedAtMs), context);
  }
  first.sink.ran({
    context,
    device,
    model,
    inputSize,
    size: entries.length,
    sentAtMs,
    endedAtMs,
    waitMs: 'failed' in took ? undefined : took.waitMs,
    computeMs: 'failed' in took ? undefined : took.computeMs,
    failed: 'failed' in took ? took.failed : undefined,
    wallOffsetMs: first.wallOffsetMs,
    frames: traces.map((trace) => trace.context),
  });
}
