import { describe, expect, it } from 'vitest';
import { traceRun } from '../../../../../actors/batch-trace.ts';
import type { FrameTrace } from '../../../../../core/frame-trace.ts';
import { parseCameraId } from '../../../../../core/ids.ts';
import { ManualClock } from '../../../../../core/manual-clock.ts';
import { type Arrival, FrameTracer } from '../../../../../src/telemetry/traces/frame-tracer.ts';
import type { SpanData } from '../../../../../src/telemetry/traces/span.ts';
import { isTraceContext, parseTraceparent } from '../../../../../src/telemetry/traces/traceparent.ts';

const camera = parseCameraId('gate-3');
if (camera === undefined) throw new Error('a good id');
const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const INFERRED = {
  ...({ kind: 'inferred', model: 'centernet@1', inputSize: 320, batchSize: 2 } as const),
  detections: [],
  weakDetections: [],
  timing: { queueMs: 0, decodeMs: 0, deviceWaitMs: 0, computeMs: 0 },
};

function start(over: { sampleRatio?: number; framesPerSecondMax?: number; random?: () => number } = {}) {
  const clock = new ManualClock();
  const spans: SpanData[] = [];
  let id = 0;
  const tracer = new FrameTracer({
    ...{ clock, sampleRatio: 1, framesPerSecondMax: 1_000, ...over },
    outlet: { put: (more) => void spans.push(...more) },
    randomHex: (bytes) => (++id).toString(16).padStart(2 * bytes, '0'),
  });
  const begin = (more: Partial<Arrival> = {}): FrameTrace | undefined =>
    tracer.begin({
      camera,
      over: 'stream',
      receivedAtMs: clock.nowMs(),
      receivedWallMs: clock.wallMs(),
      ...more,
    } as Arrival);
  return { clock, tracer, spans, begin };
}

function traced(trace: FrameTrace | undefined): FrameTrace {
  if (trace === undefined) throw new Error('it is to be sampled');
  return trace;
}

describe('the tracer', () => {
  it('samples the share of frames it is told to', () => {
    let next = 0;
    const { begin, tracer } = start({ sampleRatio: 0.25, random: () => (next++ % 100) / 100 });
    const sampled = Array.from({ length: 400 }, () => begin()).filter((trace) => trace !== undefined);
    expect(sampled).toHaveLength(100);
    expect(tracer.counts).toEqual({ sampled: 100, limited: 0 });
  });

  it('records what its sender records and nothing else of it, whatever the ratio is', () => {
    const { begin } = start({ sampleRatio: 0 });
    expect(begin({ asked: { context: PARENT, sampled: true } })).toMatchObject({
      parent: PARENT,
      context: { traceId: PARENT.traceId },
    });
    const always = start({ sampleRatio: 1 });
    expect(always.begin({ asked: { context: PARENT, sampled: false } })).toBeUndefined();
  });

  it('records no more in a second than it may, and again in the next', () => {
    const { begin, clock, tracer } = start({ framesPerSecondMax: 3 });
    expect(Array.from({ length: 10 }, () => begin()).filter(Boolean)).toHaveLength(3);
    clock.advance(1_000);
    expect(begin()).toBeDefined();
    expect(tracer.counts).toEqual({ sampled: 4, limited: 7 });
  });

  it('goes on with the trace of another node, and with nothing that is none', () => {
    const { tracer } = start();
    expect(tracer.goOn(camera, PARENT)).toMatchObject({
      over: 'link',
      parent: PARENT,
      context: { traceId: PARENT.traceId },
    });
    expect(tracer.goOn(camera, { traceId: 'x', spanId: '' })).toBeUndefined();
  });
});

describe('the spans of a frame', () => {
  it('follow each other without a gap from the first mark to the last, at wall times', () => {
    const { begin, clock, spans } = start();
    const beganWallMs = clock.wallMs();
    const trace = traced(begin());
    clock.advance(2);
    trace.mark('read');
    trace.mark('wait', clock.nowMs() + 5);
    // A device's thread may say a little less than passed here: time does not run backwards.
    trace.mark('run', clock.nowMs() + 4);
    clock.advance(10);
    trace.end({ outcome: INFERRED, latencyMs: 11.5, seq: 9 });
    const [whole, ...parts] = spans;
    expect(parts.map(({ name, startMs, endMs }) => [name, startMs - beganWallMs, endMs - beganWallMs])).toEqual([
      ['frame.read', 0, 2],
      ['frame.wait', 2, 7],
      ['frame.run', 7, 7],
      ['frame.answer', 7, 12],
    ]);
    expect(whole).toMatchObject({
      name: 'frame',
      startMs: beganWallMs,
      endMs: beganWallMs + 12,
      parent: undefined,
      error: undefined,
    });
    for (const part of parts)
      expect(part).toMatchObject({ parent: whole?.context, context: { traceId: whole?.context.traceId } });
    expect(new Set(spans.map(({ context }) => context.spanId)).size).toBe(5);
    expect(whole?.attributes).toEqual({
      'camshard.camera': 'gate-3',
      'camshard.over': 'stream',
      'camshard.seq': 9,
      'camshard.latency_ms': 11.5,
      'camshard.outcome': 'inferred',
      'camshard.model': 'centernet@1',
      'camshard.input_size': 320,
      'camshard.batch.size': 2,
      'camshard.detections': 0,
    });
  });

  it('are made once, and hold a bounded number of parts', () => {
    const { begin, spans } = start();
    const trace = traced(begin());
    for (let i = 0; i < 500; i++) trace.mark('wait');
    trace.end({ outcome: { kind: 'shed', reason: 'superseded' }, latencyMs: 0, seq: 1 });
    trace.end({ outcome: { kind: 'lost', reason: 'shutdown' }, latencyMs: 0, seq: 1 });
    trace.mark('run');
    expect(spans.length).toBeLessThan(64);
    expect(spans.filter(({ name }) => name === 'frame')).toMatchObject([
      { error: undefined, attributes: { 'camshard.outcome': 'shed', 'camshard.reason': 'superseded' } },
    ]);
  });

  it('name a loss as an error', () => {
    const { begin, spans } = start();
    traced(begin()).end({ outcome: { kind: 'lost', reason: 'device_failed' }, latencyMs: 3, seq: 1 });
    expect(spans[0]).toMatchObject({ error: 'device_failed', attributes: { 'error.type': 'device_failed' } });
  });
});

describe('the span of a batch', () => {
  const RUN = { device: 'cpu-0', model: 'centernet@1', inputSize: 320 };

  it('is linked with those of its frames that are traced, and they with it', () => {
    const { begin, clock, spans } = start();
    const [one, two] = [traced(begin()), traced(begin())];
    const entries = [{ frame: { trace: one } }, { frame: {} }, { frame: { trace: two } }];
    const sentAtMs = clock.nowMs();
    traceRun(entries, { ...RUN, sentAtMs, endedAtMs: sentAtMs + 20, took: { waitMs: 4, computeMs: 15 } });
    const [batch] = spans;
    expect(batch).toMatchObject({
      name: 'device.batch',
      parent: undefined,
      links: [one.context, two.context],
      error: undefined,
    });
    expect(batch?.attributes).toMatchObject({
      'camshard.batch.size': 3,
      'camshard.batch.traced': 2,
      'camshard.batch.compute_ms': 15,
    });
    for (const { marks, device } of [one, two]) {
      expect(device).toBe('cpu-0');
      expect(marks.map(({ stage, endedAtMs }) => [stage, endedAtMs - sentAtMs])).toEqual([
        ['queue', 4],
        ['run', 19],
      ]);
      expect(marks[1]?.batch).toEqual(batch?.context);
    }
  });

  it('is not made where no frame of it is traced', () => {
    const { spans, clock } = start();
    traceRun([{ frame: {} }], {
      ...RUN,
      sentAtMs: clock.nowMs(),
      endedAtMs: clock.nowMs(),
      took: { waitMs: 0, computeMs: 1 },
    });
    expect(spans).toEqual([]);
  });

  it('says why a batch never came back', () => {
    const { begin, spans, clock } = start();
    const trace = traced(begin());
    const endedAtMs = clock.nowMs() + 7;
    traceRun([{ frame: { trace } }], { ...RUN, sentAtMs: clock.nowMs(), endedAtMs, took: { failed: 'device_hung' } });
    expect(spans[0]).toMatchObject({ error: 'device_hung', attributes: { 'error.type': 'device_hung' } });
    expect(trace.marks.map(({ stage }) => stage)).toEqual(['run']);
  });
});

describe('a traceparent header', () => {
  const { traceId, spanId } = PARENT;

  it('says whose trace it is, and whether it is recorded', () => {
    expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ context: PARENT, sampled: true });
    expect(parseTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ context: PARENT, sampled: false });
    // A later version may have more behind it, and more flags.
    expect(parseTraceparent(`cc-${traceId}-${spanId}-ff-more`)).toEqual({ context: PARENT, sampled: true });
  });

  it.each([
    '',
    'nonsense',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
  ])('that is not valid is as good as none: "%s"', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('of a link is looked at before it is believed', () => {
    expect(isTraceContext(PARENT)).toBe(true);
    for (const bad of [null, 'x', {}, { traceId }, { traceId, spanId: 7 }, { traceId: `${traceId}0`, spanId }]) {
      expect(isTraceContext(bad)).toBe(false);
    }
  });
});
