import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import { nodeConfigSchema, type SimulatedDeviceConfig } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { deviceId } from '../../core/ids.ts';
import { OnnxDevice } from '../../models/device/onnx-device.ts';
import type { Device, DeviceModel, InferenceBatch } from '../../models/device/port.ts';
import { SimulatedDevice } from '../../models/device/simulated-device.ts';
import { prepareModel } from '../../src/devices.ts';

/** One suite for every adapter of the device port. */
const INPUT_SIZE = 224;
let dir: string;
let model: DeviceModel;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-device-'));
  const config = nodeConfigSchema.parse({ models: { dir, inputSize: INPUT_SIZE } });
  model = (await prepareModel(config)).model;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const simulated: SimulatedDeviceConfig = {
  kind: 'simulated',
  baseMs: 5,
  perFrameMs: 1,
  noise: 0,
  batchMax: 4,
  decode: true,
  detections: 2,
  seed: 1,
};

const adapters: readonly [name: string, create: (batchMax: number) => Device][] = [
  [
    'simulated',
    (batchMax) =>
      new SimulatedDevice({
        id: deviceId('sim-0'),
        config: { ...simulated, batchMax },
        inputSize: INPUT_SIZE,
        classes: 80,
        clock: systemClock,
      }),
  ],
  [
    'onnx runtime on the CPU',
    (batchMax) =>
      new OnnxDevice({ id: deviceId('cpu-0'), kind: 'cpu', executionProviders: ['cpu'], model, threads: 1, batchMax }),
  ],
];

const batchOf = (count: number): InferenceBatch => ({
  count,
  pixels: new Uint8Array(count * INPUT_SIZE * INPUT_SIZE * 3).fill(90),
});

describe.each(adapters)('a device: %s', (_, create) => {
  let device: Device;
  afterEach(() => device.close());

  it('measures every batch size it may run while warming', async () => {
    device = create(4);
    const warmUp = await device.start();
    expect([...warmUp.keys()]).toEqual([1, 2, 4]);
    expect([...device.buckets]).toEqual([1, 2, 4]);
    for (const ms of warmUp.values()) expect(ms).toBeGreaterThan(0);
  });

  it('gives 100 boxes a frame, best scores first, and the buffer back', async () => {
    device = create(2);
    await device.start();
    const batch = batchOf(2);
    const bytes = batch.pixels.byteLength;
    const output = await device.run(batch);
    expect(output.boxes.length).toBe(2 * BOXES_PER_FRAME * 6);
    const scores = Array.from({ length: BOXES_PER_FRAME }, (_, i) => output.boxes[i * 6 + 4] ?? Number.NaN);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(output.pixels.byteLength).toBe(bytes);
    expect(output.computeMs).toBeGreaterThan(0);
    expect(output.waitMs).toBeGreaterThanOrEqual(0);
  });

  it('runs batches in the order given, the second waiting for the first', async () => {
    device = create(2);
    await device.start();
    const order: number[] = [];
    const outputs = await Promise.all(
      [2, 1].map((count, i) =>
        device.run(batchOf(count)).then((output) => {
          order.push(i);
          return output;
        }),
      ),
    );
    expect(order).toEqual([0, 1]);
    expect(outputs[1]?.waitMs).toBeGreaterThan(0);
  });

  it.each(['exit', 'throw'] as const)(
    'rejects what it was running when it fails (%s), and leaves nothing behind',
    async (fault) => {
      device = create(1);
      await device.start();
      device.injectFault(fault);
      await expect(device.run(batchOf(1))).rejects.toMatchObject({ code: 'device_failed' });
      await device.close();
      await expect(device.run(batchOf(1))).rejects.toMatchObject({ code: 'device_failed' });
    },
  );

  it('can be closed while it starts and while it runs', async () => {
    device = create(4);
    const starting = device.start().catch((error: unknown) => error);
    await device.close();
    await starting;
    device = create(1);
    await device.start();
    const running = device.run(batchOf(1)).catch((error: unknown) => error);
    await device.close();
    await running;
  });
});

describe('a device whose model is no model', () => {
  it('says so, with the cause, and ends its thread', async () => {
    const broken = { ...model, path: join(dir, 'nothing-here.onnx') };
    const device = new OnnxDevice({
      id: deviceId('cpu-0'),
      kind: 'cpu',
      executionProviders: ['cpu'],
      model: broken,
      threads: 1,
      batchMax: 1,
    });
    await expect(device.start()).rejects.toMatchObject({ code: 'device_start_failed' });
  });
});
