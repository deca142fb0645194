import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeConfigInput } from '../../config/schema.ts';
import { TestCamera } from '../support/camera.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { corruptJpeg, jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';

/** The parts of an inferred frame's way, in order. */
const WAY = 'read route offer wait decode gate batch queue run settle track report answer'
  .split(' ')
  .map((stage) => `frame.${stage}`);
/** Times come in microseconds. */
const CLOSE_MS = 0.01;

let collector: OtlpReceiver;
let picture: Buffer;
beforeAll(async () => {
  picture = await jpeg({ width: 320, height: 240, noise: true });
});

const traced = (over: NonNullable<NonNullable<NodeConfigInput['telemetry']>['traces']> = {}, device = {}) =>
  startTestNode({
    node: { id: 'traced-1' },
    devices: [simulated({ baseMs: 3, decode: true, ...device })],
    batching: { frameDeadlineMs: 10_000 },
    telemetry: { traces: { enabled: true, otlpUrl: collector.url, sampleRatio: 1, exportEveryMs: 100, ...over } },
  });

/** The span of the whole frame that `test` holds for, once it has come. */
const frameSpan = (what: string, test: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> =>
  until(`the span of ${what}`, () => collector.spans.find((span) => span.name.startsWith('frame') && test(span)));
const frameOf = (camera: string, seq = 1): Promise<ReceivedSpan> =>
  frameSpan(`${camera} ${seq}`, ({ attributes }) => {
    return attributes['camshard.camera'] === camera && attributes['camshard.seq'] === seq;
  });
const partsOf = (whole: ReceivedSpan): ReceivedSpan[] =>
  collector.spans.filter((span) => span.parentSpanId === whole.spanId);
const lastsMs = (span: ReceivedSpan): number => span.endMs - span.startMs;

describe('the trace of a frame', () => {
  let node: TestNode;
  beforeAll(async () => {
    collector = await OtlpReceiver.start();
    node = await traced();
  });
  afterAll(async () => {
    await stopTestNodes();
    await collector.close();
  });

  it('has each part of its way, in order, and they add up to the latency its camera was told', async () => {
    const camera = await TestCamera.welcomed(node, 'way');
    camera.send(picture);
    const { latencyMs } = await camera.next('result');
    const whole = await frameOf('way');
    const parts = partsOf(whole);
    expect(parts.map(({ name }) => name)).toEqual(WAY);
    let endMs = whole.startMs;
    for (const part of parts) {
      expect(part.traceId).toBe(whole.traceId);
      expect(Math.abs(part.startMs - endMs)).toBeLessThan(CLOSE_MS);
      expect(part.endMs).toBeGreaterThanOrEqual(part.startMs);
      endMs = part.endMs;
    }
    expect(Math.abs(endMs - whole.endMs)).toBeLessThan(CLOSE_MS);
    const untilAnswer = parts.slice(0, -1).reduce((sum, part) => sum + lastsMs(part), 0);
    expect(Math.abs(untilAnswer - latencyMs)).toBeLessThan(WAY.length * CLOSE_MS);
    // The device says that it took 3 ms and a little: the part that is its run is that long.
    const run = parts.find(({ name }) => name === 'frame.run');
    expect(run && lastsMs(run)).toBeGreaterThan(2);
    await camera.close();
  });

  it('says whose frame it was, where it ran and what became of it', async () => {
    const camera = await TestCamera.welcomed(node, 'named');
    camera.sendEnvelope(picture, 7);
    const result = await camera.next('result');
    const whole = await frameOf('named', 7);
    expect(whole).toMatchObject({ name: 'frame', kind: 5, parentSpanId: undefined });
    expect(whole.attributes).toMatchObject({
      'camshard.camera': 'named',
      'camshard.shard': camera.welcome?.shard,
      'camshard.epoch': camera.welcome?.epoch,
      'camshard.seq': 7,
      'camshard.device': 'simulated-0',
      'camshard.model': result.model,
      'camshard.batch.size': 1,
      'camshard.outcome': 'inferred',
      'camshard.detections': 2,
      'camshard.over': 'stream',
    });
    expect(whole.resource).toMatchObject({
      'service.name': 'camshard',
      'service.instance.id': 'traced-1',
      'service.version': '0.0.0-test',
    });
    await camera.close();
  });

  it('is linked with its batch, both ways', async () => {
    const camera = await TestCamera.welcomed(node, 'batched');
    camera.send(picture);
    const whole = await frameOf('batched');
    const run = partsOf(whole).find(({ name }) => name === 'frame.run');
    const batch = await until('its batch', () =>
      collector.spans.find(({ spanId }) => spanId === run?.links[0]?.spanId),
    );
    expect(batch).toMatchObject({ name: 'device.batch', parentSpanId: undefined });
    expect(batch.traceId).not.toBe(whole.traceId);
    expect(batch.links).toContainEqual({ traceId: whole.traceId, spanId: whole.spanId });
    expect(batch.attributes).toMatchObject({ 'camshard.device': 'simulated-0', 'camshard.batch.size': 1 });
    await camera.close();
  });

  it('goes on with the trace of who posted it, and ends none where that is not recorded', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const spanId = 'b7ad6b7169203331';
    const post = (camera: string, traceparent: string) =>
      node.get(`/v1/cameras/${camera}/frames`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg', traceparent },
        body: picture,
      });
    expect((await post('unrecorded', `00-${traceId}-${spanId}-00`)).status).toBe(200);
    expect((await post('posted', `00-${traceId}-${spanId}-01`)).status).toBe(200);
    expect((await post('malformed', `00-${traceId}`)).status).toBe(200);
    const whole = await frameOf('posted');
    expect(whole).toMatchObject({ traceId, parentSpanId: spanId, kind: 2 });
    expect(partsOf(whole).map(({ name }) => name)).toEqual(WAY);
    // One that is not valid is as if there were none: a trace of its own.
    expect((await frameOf('malformed')).traceId).not.toBe(traceId);
    expect(collector.spans.some(({ attributes }) => attributes['camshard.camera'] === 'unrecorded')).toBe(false);
  });

  it('ends with the reason where a frame is rejected, shed or lost', async () => {
    const camera = await TestCamera.welcomed(node, 'ends');
    camera.send(Buffer.from('no picture at all'));
    expect((await frameOf('ends', 1)).attributes).toMatchObject({
      'camshard.outcome': 'rejected',
      'camshard.reason': 'not_an_image',
    });
    camera.send(await corruptJpeg());
    const corrupt = await frameOf('ends', 2);
    expect(corrupt.attributes).toMatchObject({ 'camshard.outcome': 'rejected', 'camshard.reason': 'image_corrupt' });
    expect(partsOf(corrupt).map(({ name }) => name)).toEqual([...WAY.slice(0, 5), 'frame.settle', 'frame.answer']);
    camera.sendEnvelope(picture, 9);
    await camera.next('result', ({ seq }) => seq === 9);
    camera.sendEnvelope(picture, 5);
    const late = await frameOf('ends', 5);
    expect(late.attributes).toMatchObject({ 'camshard.outcome': 'shed', 'camshard.reason': 'out_of_order' });
    // Neither a camera's faults nor overload are errors of the service.
    for (const span of [corrupt, late]) expect(span.status.code ?? 0).toBe(0);

    await node.get('/v1/debug/faults', { method: 'POST', body: JSON.stringify({ fault: 'throw' }) });
    camera.sendEnvelope(picture, 10);
    const lost = await frameOf('ends', 10);
    expect(lost).toMatchObject({ status: { code: 2, message: 'device_failed' } });
    expect(lost.attributes).toMatchObject({ 'camshard.outcome': 'lost', 'camshard.reason': 'device_failed' });
    const failed = await until('the batch that failed', () =>
      collector.spans.find(({ name, status }) => name === 'device.batch' && status.code === 2),
    );
    expect(failed.links).toContainEqual({ traceId: lost.traceId, spanId: lost.spanId });
    await camera.close();
  });

  it('waits in the line of the device where the frame did, whatever became of it', async () => {
    await until('the device to be back', async () => (await node.stats()).ready);
    const camera = await TestCamera.welcomed(node, 'line');
    for (let i = 0; i < 12; i++) camera.send(picture);
    await node.settledLedger();
    const shed = await frameSpan('one that was superseded', ({ attributes }) => {
      return attributes['camshard.camera'] === 'line' && attributes['camshard.reason'] === 'superseded';
    });
    expect(partsOf(shed).map(({ name }) => name)).toEqual([...WAY.slice(0, 4), 'frame.settle', 'frame.answer']);
    await camera.close();
  });
});

describe('a node that traces', () => {
  beforeEach(async () => {
    collector = await OtlpReceiver.start();
  });
  afterEach(async () => {
    await stopTestNodes();
    await collector.close();
  });

  it('makes no spans of frames that are not sampled', async () => {
    const node = await traced({ sampleRatio: 0 });
    const camera = await TestCamera.welcomed(node, 'unsampled');
    for (let i = 0; i < 20; i++) {
      camera.send(picture);
      await camera.next('result', ({ seq }) => seq === camera.sent);
    }
    expect(await node.metric('camshard_traced_frames_total')).toBe(0);
    await node.stop();
    expect(collector.requests).toBe(0);
  });

  it('traces no more frames in a second than it may, and counts the others', async () => {
    const node = await traced({ framesPerSecondMax: 1 });
    const camera = await TestCamera.welcomed(node, 'many');
    for (let i = 0; i < 30; i++) camera.send(picture);
    await node.settledLedger();
    const sampled = await node.metric('camshard_traced_frames_total');
    expect(sampled + (await node.metric('camshard_traces_limited_total'))).toBe(30);
    expect(sampled).toBeLessThan(30);
  });

  it('sends the last spans when it stops, with the headers it was given', async () => {
    const node = await traced({ exportEveryMs: 60_000, otlpHeaders: 'x-team=road%20works,x-key=k' });
    const camera = await TestCamera.welcomed(node, 'last');
    camera.send(picture);
    await camera.next('result');
    expect(collector.requests).toBe(0);
    await node.stop();
    expect(collector.spans.filter(({ name }) => name === 'frame')).toHaveLength(1);
    expect(collector.headers).toMatchObject({ 'x-team': 'road works', 'x-key': 'k' });
  });

  it.each(['refuse', 'hang'] as const)(
    'answers frames and stops as ever where the collector would %s',
    async (mode) => {
      collector.mode = mode;
      const node = await traced({ exportEveryMs: 100, exportTimeoutMs: 300, queueSpansMax: 64 });
      const camera = await TestCamera.welcomed(node, 'away');
      for (let i = 0; i < 20; i++) {
        camera.send(picture);
        await camera.next('result', ({ seq }) => seq === camera.sent);
      }
      const failed = 'camshard_trace_spans_lost_total{reason="export_failed"}';
      await until('a failed export', async () => (await node.metric(failed)) > 0);
      // 20 frames of 14 spans each: the queue does not hold them all.
      expect(await node.metric('camshard_trace_spans_lost_total{reason="queue_full"}')).toBeGreaterThan(0);
      expect(await node.metric('camshard_trace_spans_exported_total')).toBe(0);
      const line = JSON.parse(node.logLines.find((text) => text.includes('traces cannot be exported')) ?? '{}');
      expect(line).toMatchObject({ level: 40, code: 'trace_export_failed', url: collector.url });
      const beganMs = performance.now();
      await node.stop();
      expect(performance.now() - beganMs).toBeLessThan(10_000);
    },
  );
});
