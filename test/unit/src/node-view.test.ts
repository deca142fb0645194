import { beforeEach, describe, expect, it } from 'vitest';
import { CameraBook, type CameraRecord } from '../../../actors/camera-book.ts';
import { CameraFlow } from '../../../actors/camera-flow.ts';
import { DeviceView } from '../../../actors/device-view.ts';
import { parseCameraId, shardId } from '../../../core/ids.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import { IngestCounters } from '../../../src/ingest/ingest-counters.ts';
import { NodeView } from '../../../src/node-view.ts';
import { LatencyWindow } from '../../../src/telemetry/latency-window.ts';

describe('NodeView', () => {
  let clock: ManualClock;
  let book: CameraBook;
  let device: DeviceView;
  let latencies: LatencyWindow;
  let draining: boolean;
  let view: NodeView;
  let record: CameraRecord;

  beforeEach(() => {
    clock = new ManualClock();
    book = new CameraBook({
      clock,
      camerasMax: 10,
      newFlow: () => new CameraFlow('low', { fpsMin: 2, fpsMax: 7.25 }, 2),
    });
    device = new DeviceView({ device: 'cpu-0', configuredKind: 'cpu', model: 'm@1', inputSize: 320 });
    device.state = 'ready';
    latencies = new LatencyWindow();
    draining = false;
    const counters = new IngestCounters();
    const isDraining = () => draining;
    const cameraCrashes = (camera: string) => (camera === 'cam-1' ? 2 : 0);
    const devices = [device];
    view = new NodeView({ clock, nodeId: 'n', book, devices, counters, latencies, isDraining, cameraCrashes });
    const camera = parseCameraId('cam-1');
    const opened = camera === undefined ? undefined : book.open(camera, shardId(3));
    if (opened === undefined) throw new Error('no record');
    record = opened;
  });

  const state = (): string => {
    const readiness = view.readiness();
    return readiness.ready ? 'ready' : readiness.code;
  };

  describe('readiness', () => {
    it('fails until a device is ready, and while the node stops', () => {
      expect(state()).toBe('ready');
      for (const other of ['starting', 'failed', 'stopped'] as const) {
        device.state = other;
        expect(view.readiness()).toEqual({ ready: false, code: 'no_device_ready', why: `cpu-0 is ${other}` });
      }
      device.state = 'ready';
      draining = true;
      expect(state()).toBe('draining');
    });

    it('holds while frames come through, and fails once one waits for over five seconds', () => {
      for (let i = 0; i < 20; i++) {
        book.receive(record);
        clock.advance(1_000);
        book.settle(record, { kind: 'inferred' }, 1_000);
      }
      book.receive(record);
      clock.advance(5_000);
      expect(state()).toBe('ready');
      clock.advance(1);
      expect(state()).toBe('wedged');
      book.settle(record, { kind: 'inferred' }, 5_001);
      expect(state()).toBe('ready');
    });

    it('holds for the first frame after an hour without any, though nobody asked meanwhile', () => {
      book.receive(record);
      book.settle(record, { kind: 'inferred' }, 1);
      clock.advance(3_600_000);
      book.receive(record);
      expect(state()).toBe('ready');
    });

    it('is not fooled by frames that are shed, refused at the door, or lost', () => {
      book.receive(record); // hangs on its device
      for (let i = 0; i < 60; i++) {
        clock.advance(100);
        book.receive(record);
        book.settle(record, { kind: 'shed', reason: 'superseded' }, 50);
        book.receive(record);
        book.settle(record, { kind: 'rejected', reason: 'not_an_image' });
        book.receive(record);
        book.settle(record, { kind: 'lost', reason: 'device_failed' }, 50);
      }
      expect(state()).toBe('wedged');
    });

    it('takes a picture that its decoder refused for progress', () => {
      book.receive(record);
      clock.advance(4_000);
      book.receive(record);
      book.settle(record, { kind: 'rejected', reason: 'image_corrupt' }, 3);
      clock.advance(4_000);
      expect(state()).toBe('ready');
    });
  });

  it('shows a camera’s rates, latency and upright size, null before the first picture', () => {
    expect(view.camera(record)).toMatchObject({
      camera: 'cam-1',
      shard: 3,
      latencyMs: null,
      width: null,
      lastFrameAt: null,
    });
    record.lastHeader = { format: 'jpeg', width: 1920, height: 1080, orientation: 6, components: 3 };
    book.receive(record);
    book.settle(record, { kind: 'inferred' }, 12.34);
    expect(view.camera(record)).toMatchObject({
      latencyMs: 12.3,
      width: 1080,
      height: 1920,
      lastFrameAt: clock.wallMs(),
    });
  });

  it('shows how a camera ranks, what is asked of it, and the crashes it was part of', () => {
    expect(view.camera(record)).toMatchObject({
      priority: 'low',
      targetFps: 7.3,
      crashes: 2,
    });
  });

  describe('a device', () => {
    it('shows what it was to run on only where it runs on something else', () => {
      expect(view.devices()[0]).not.toHaveProperty('configuredKind');
      device.kind = 'webgpu';
      expect(view.devices()[0]).toMatchObject({ kind: 'webgpu', configuredKind: 'cpu' });
    });

    it('shows its memory and plan once they are known', () => {
      expect(view.devices()[0]).toMatchObject({ memory: null, breaker: 'closed', outOfMemory: 0, renewals: 0 });
      device.memory = { totalBytes: 100, usedBytes: 40, ownBytes: 30 };
      expect(view.devices()[0]?.memory).toEqual({
        ...{ totalBytes: 100, usedBytes: 40, ownBytes: 30, plannedPeakBytes: null, limitBytes: 0 },
      });
      device.plannedPeakBytes = 89.6;
      device.memoryLimitBytes = 88.1;
      device.batchMax = 8;
      device.breaker = 'open';
      expect(view.devices()[0]).toMatchObject({
        memory: { totalBytes: 100, usedBytes: 40, plannedPeakBytes: 90, limitBytes: 88 },
        batchMax: 8,
        breaker: 'open',
      });
    });
  });

  it('shows what a device has run of late, and batches by size with what they are expected to take', () => {
    expect(view.devices()[0]).toMatchObject({ fps: 0, queueMs: 0, busyShare: 0, buckets: [] });
    device.buckets = [1, 4];
    device.predictMs = (inputSize, frames) => (frames === 4 ? 0 : inputSize / 100);
    for (let i = 0; i < 30; i++) {
      device.ran(clock.nowMs(), { frames: i % 2 === 0 ? 1 : 3, waitedMs: 40, computeMs: 50 });
      clock.advance(100);
    }
    const shown = view.devices()[0];
    expect(shown).toMatchObject({ batchSize: expect.closeTo(2, 0), computeMs: 50, busyShare: expect.any(Number) });
    expect(shown?.queueMs).toBeCloseTo(20, 0);
    expect(shown?.busyShare).toBeGreaterThan(0.2);
    expect(shown?.buckets).toEqual([
      { frames: 1, batches: 15, expectedMs: 3.2 },
      { frames: 3, batches: 15, expectedMs: 3.2 },
      { frames: 4, batches: 0, expectedMs: null },
    ]);
  });

  it('sums the node up', () => {
    book.receive(record);
    book.settle(record, { kind: 'inferred' }, 20);
    latencies.observe(clock.nowMs(), 20);
    clock.advance(1_500);
    expect(view.stats()).toMatchObject({
      node: 'n',
      uptimeMs: 1_500,
      cameras: 1,
      connections: 0,
      latencyMs: { p50: 20, p99: 20 },
      ledger: { received: 1, inferred: 1 },
      devices: [{ device: 'cpu-0', state: 'ready', pending: 0 }],
    });
    expect(view.cameras(0)).toEqual([]);
    expect(view.cameras(5)).toHaveLength(1);
  });
});
