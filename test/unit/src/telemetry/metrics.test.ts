import { describe, expect, it } from 'vitest';
import { CameraBook } from '../../../../actors/camera-book.ts';
import { CameraFlow } from '../../../../actors/camera-flow.ts';
import { DeviceView } from '../../../../actors/device-view.ts';
import type { ActorSystem } from '../../../../actors/runtime/types.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { OverloadStatus } from '../../../../core/overload.ts';
import { IngestCounters } from '../../../../src/ingest/ingest-counters.ts';
import { Metrics } from '../../../../src/telemetry/metrics.ts';

const overload: OverloadStatus = {
  node: 'n',
  rung: 2,
  rungs: [
    { kind: 'normal', inputSize: 320 },
    { kind: 'lower_fps', inputSize: 320 },
    { kind: 'smaller_input', inputSize: 224 },
  ],
  sinceAt: 0,
  why: '',
  load: {
    receivedFps: 90,
    wantedFps: 200,
    grantedFps: 60,
    capacityFps: 75.5,
    satisfaction: 0.7,
    lateShare: 0.25,
    queueDelayMsMax: 60,
  },
};

async function scrape(view: DeviceView): Promise<Map<string, number>> {
  const clock = new ManualClock();
  const metrics = new Metrics({
    ...{ clock, version: '1.2.3', node: 'n', cluster: { name: 'north', adapter: 'local' }, isReady: () => true },
    certificateEndsAtMs: Date.UTC(2030, 0, 1),
    quarantine: { list: () => ({ frames: [], cameras: [], rejected: 0 }) },
    book: new CameraBook({
      clock,
      camerasMax: 10,
      newFlow: () => new CameraFlow('low', { fpsMin: 2, fpsMax: 7.25 }, 2),
    }),
    ingest: new IngestCounters(),
    live: { watchers: 0, framesSent: 0, framesSkipped: 0 },
    devices: [view],
    actors: { size: 0, queued: 0 } as ActorSystem,
    deadLetters: () => 0,
    overload: () => overload,
    events: { counts: () => new Map([['rung_changed', 3] as const, ['breaker_opened', 0] as const]) },
  });
  const lines = (await metrics.expose()).text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const device = () => new DeviceView({ device: 'gpu-0', configuredKind: 'cuda', model: 'm@1', inputSize: 320 });

describe('metrics of overload', () => {
  it('show the rung and the figures it is decided by', async () => {
    const series = await scrape(device());
    expect(series.get('camshard_overload_rung')).toBe(2);
    expect(series.get('camshard_overload_rungs')).toBe(3);
    expect(series.get('camshard_overload_capacity_frames_per_second')).toBe(75.5);
    expect(series.get('camshard_overload_granted_frames_per_second')).toBe(60);
    expect(series.get('camshard_overload_wanted_frames_per_second')).toBe(200);
    expect(series.get('camshard_overload_satisfaction_ratio')).toBe(0.7);
    expect(series.get('camshard_queue_late_ratio')).toBe(0.25);
    expect(series.get('camshard_events_total{kind="rung_changed"}')).toBe(3);
    expect(series.get('camshard_events_total{kind="breaker_opened"}')).toBe(0);
  });

  it('show what a device may run, its breaker and its faults', async () => {
    const view = device();
    view.batchMax = 4;
    view.inputSize = 224;
    view.breaker = 'half_open';
    view.outOfMemory = 7;
    view.renewals = 2;
    const series = await scrape(view);
    const of = (name: string) => series.get(`${name}{device="gpu-0"}`);
    expect(of('camshard_device_batch_max_frames')).toBe(4);
    expect(of('camshard_device_input_size_pixels')).toBe(224);
    expect(of('camshard_device_breaker_open')).toBe(1);
    expect(of('camshard_device_out_of_memory_total')).toBe(7);
    expect(of('camshard_device_renewals_total')).toBe(2);
    view.breaker = 'closed';
    expect((await scrape(view)).get('camshard_device_breaker_open{device="gpu-0"}')).toBe(0);
  });

  it('leave a device’s memory out until it is known, and its planned peak until there is a plan', async () => {
    const view = device();
    const memory = async () => {
      const series = await scrape(view);
      return ['size', 'used', 'planned_peak'].map((what) =>
        series.get(`camshard_device_memory_${what}_bytes{device="gpu-0"}`),
      );
    };
    expect(await memory()).toEqual([undefined, undefined, undefined]);
    view.memory = { totalBytes: 8e9, usedBytes: 3e9, ownBytes: undefined };
    expect(await memory()).toEqual([8e9, 3e9, undefined]);
    view.plannedPeakBytes = 7e9;
    expect(await memory()).toEqual([8e9, 3e9, 7e9]);
  });
});
