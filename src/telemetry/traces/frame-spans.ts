import type { BatchTrace, FrameEnd, FrameTrace } from '../../../core/frame-trace.ts';
import type { SpanData } from './span.ts';

/** Makes an id of 8 bytes, hex. */
export type NewSpanId = () => string;

type Attributes = SpanData['attributes'];
const KINDS = { stream: 'consumer', request: 'server', link: 'server' } as const;

/**
 * The spans of one frame: one for the whole of it, and below it one for each part of its way, in order, each beginning
 * where the one before ended. So they add up to the whole, and all but `frame.answer` to the latency the camera is told.
 *
 *     frame ──────────────────────────────────────────────────────────────────────────────
 *      ├ read ├ route ├ offer ├ wait ├ decode ├ gate ├ batch ├ queue ├ run ├ settle ├ track ├ report ├ answer
 *                                                                       └ link ─► device.batch
 */
export function frameSpans(trace: FrameTrace, end: FrameEnd, newSpanId: NewSpanId): SpanData[] {
  const { context, marks, wallOffsetMs, beganAtMs } = trace;
  const { outcome } = end;
  const wall = (atMs: number): number => atMs + wallOffsetMs;
  const lastMs = marks.at(-1)?.endedAtMs ?? beganAtMs;
  const whole: SpanData = {
    name: trace.over === 'link' ? 'frame.owned' : 'frame',
    kind: KINDS[trace.over],
    context,
    parent: trace.parent,
    remoteParent: trace.parent !== undefined,
    startMs: wall(beganAtMs),
    endMs: wall(lastMs),
    attributes: { ...frameAttributes(trace, end), ...outcomeAttributes(end) },
    links: [],
    // What a camera or an overload did is no error of ours: only frames that were lost are.
    error: outcome.kind === 'lost' ? outcome.reason : undefined,
  };
  let startedMs = beganAtMs;
  const parts = marks.map(({ stage, endedAtMs, batch }): SpanData => {
    const startMs = wall(startedMs);
    startedMs = endedAtMs;
    return {
      name: `frame.${stage}`,
      kind: 'internal',
      context: { traceId: context.traceId, spanId: newSpanId() },
      parent: context,
      remoteParent: false,
      startMs,
      endMs: wall(endedAtMs),
      attributes: {},
      links: batch === undefined ? [] : [batch],
      error: undefined,
    };
  });
  return [whole, ...parts];
}

/** The span of a batch, in a trace of its own: its frames are of several. */
export function batchSpan(batch: BatchTrace): SpanData {
  const { device, model, inputSize, size, waitMs, computeMs, failed, wallOffsetMs } = batch;
  return {
    name: 'device.batch',
    kind: 'internal',
    context: batch.context,
    parent: undefined,
    remoteParent: false,
    startMs: batch.sentAtMs + wallOffsetMs,
    endMs: batch.endedAtMs + wallOffsetMs,
    attributes: given({
      'camshard.device': device,
      'camshard.model': model,
      'camshard.input_size': inputSize,
      'camshard.batch.size': size,
      'camshard.batch.traced': batch.frames.length,
      'camshard.batch.wait_ms': waitMs,
      'camshard.batch.compute_ms': computeMs,
      'error.type': failed,
    }),
    links: batch.frames,
    error: failed,
  };
}

function frameAttributes(trace: FrameTrace, { seq, latencyMs }: FrameEnd): Attributes {
  return given({
    'camshard.camera': trace.camera,
    'camshard.shard': trace.shard,
    'camshard.epoch': trace.epoch,
    'camshard.seq': seq,
    'camshard.over': trace.over,
    'camshard.device': trace.device,
    'camshard.owner': trace.owner,
    'camshard.latency_ms': latencyMs,
  });
}

function outcomeAttributes({ outcome }: FrameEnd): Attributes {
  switch (outcome.kind) {
    case 'inferred':
      return {
        'camshard.outcome': outcome.kind,
        'camshard.model': outcome.model,
        'camshard.input_size': outcome.inputSize,
        'camshard.batch.size': outcome.batchSize,
        'camshard.detections': outcome.detections.length,
      };
    case 'gated':
      return { 'camshard.outcome': outcome.kind };
    case 'lost':
      return { 'camshard.outcome': outcome.kind, 'camshard.reason': outcome.reason, 'error.type': outcome.reason };
    default:
      return { 'camshard.outcome': outcome.kind, 'camshard.reason': outcome.reason };
  }
}

function given(all: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string | number] => pair[1] !== undefined),
  );
}
