import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import { systemClock } from '../../core/clock.ts';
import { FaultScript } from '../../models/device/fault-script.ts';
import { OnnxDevice } from '../../models/device/onnx-device.ts';
import { type Device, type DeviceModel, DeviceOutOfMemory } from '../../models/device/port.ts';
import { SimulatedCard } from '../../models/device/simulated-card.ts';
import { SimulatedDevice } from '../../models/device/simulated-device.ts';
import { until } from '../support/until.ts';
import {
  batchOf,
  centernetModel,
  DEVICE_ID,
  greedyModel,
  growingMemory,
  simulatedConfig,
  threadCount,
} from '../unit/models/device/devices.ts';

/** One suite for every adapter of the device port. */
const SIZES = [320, 224] as const;
const [LARGE, SMALL] = SIZES;
let dir: string;
let model: DeviceModel;
/** Memory for two frames a batch, and none for one. */
let tightModel: DeviceModel;
let hopelessModel: DeviceModel;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-device-'));
  model = await centernetModel(dir, SIZES);
  tightModel = await greedyModel(dir, SIZES, 2);
  hopelessModel = await greedyModel(dir, SIZES, 0);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Makes the devices that follow one another at one index of the configuration. */
interface Index {
  create(batchMax: number): Device;
}
type MemoryFor = 'plenty' | 'two frames' | 'no frame';

function simulatedIndex(memory: MemoryFor): Index {
  const frameBytes = 1_000;
  const frames = { plenty: 1_000, 'two frames': 2, 'no frame': 0 }[memory];
  const base = { sessionBytes: 100, frameBytes, memoryBytes: 2 * 100 + frames * frameBytes };
  const card = new SimulatedCard(simulatedConfig(base));
  return {
    create: (batchMax) =>
      new SimulatedDevice({
        id: DEVICE_ID,
        config: simulatedConfig({ ...base, batchMax }),
        model,
        clock: systemClock,
        card,
      }),
  };
}

function onnxIndex(memory: MemoryFor): Index {
  const script = new FaultScript();
  return {
    create: (batchMax) =>
      new OnnxDevice({
        id: DEVICE_ID,
        kind: 'cpu',
        executionProviders: ['cpu'],
        model: { plenty: model, 'two frames': tightModel, 'no frame': hopelessModel }[memory],
        threads: 1,
        batchMax,
        memory: growingMemory(),
        script,
      }),
  };
}

const adapters: readonly [name: string, index: (memory: MemoryFor) => Index][] = [
  ['simulated', simulatedIndex],
  ['onnx runtime on the CPU', onnxIndex],
];

describe.each(adapters)('a device: %s', (_, indexWith) => {
  let device: Device;
  const create = (batchMax: number, memory: MemoryFor = 'plenty') => indexWith(memory).create(batchMax);
  afterEach(() => device.close());

  it('measures every batch size it may run at every input size while warming', async () => {
    device = create(4);
    const warmUp = await device.start();
    expect(warmUp.runs.map(({ count, inputSize }) => [count, inputSize])).toEqual(
      [1, 2, 4].flatMap((count) => SIZES.map((size) => [count, size])),
    );
    expect(device.buckets).toEqual([1, 2, 4]);
    for (const run of warmUp.runs) expect(run.computeMs).toBeGreaterThan(0);
  });

  it('says what memory there was before its sessions, and how far it grew with each batch size', async () => {
    device = create(2);
    const { memoryBefore, runs } = await device.start();
    expect(memoryBefore?.totalBytes).toBeGreaterThan(0);
    expect(memoryBefore?.usedBytes).toBeLessThanOrEqual(memoryBefore?.totalBytes ?? 0);
    for (const run of runs) expect(run.bytes).toBeGreaterThan(0);
    expect((await device.readMemory())?.totalBytes).toBe(memoryBefore?.totalBytes);
  });

  it.each(SIZES)('gives 100 boxes a frame, best scores first, and the buffer back at %i pixels', async (inputSize) => {
    device = create(2);
    await device.start();
    const batch = batchOf(2, inputSize);
    const bytes = batch.pixels.byteLength;
    const output = await device.run(batch);
    expect(output.boxes.length).toBe(2 * BOXES_PER_FRAME * 6);
    const scores = Array.from({ length: BOXES_PER_FRAME }, (_, i) => output.boxes[i * 6 + 4] ?? Number.NaN);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(output.pixels.byteLength).toBe(bytes);
    expect(output.computeMs).toBeGreaterThan(0);
    expect(output.waitMs).toBeGreaterThanOrEqual(0);
  });

  it('refuses an input size its model has not got, and goes on', async () => {
    device = create(1);
    await device.start();
    await expect(device.run(batchOf(1, 64))).rejects.toThrow('no input size 64');
    await device.run(batchOf(1, SMALL));
  });

  it('runs batches in the order given, the second waiting for the first', async () => {
    device = create(2);
    await device.start();
    const order: number[] = [];
    const outputs = await Promise.all(
      [2, 1].map((count, i) =>
        device.run(batchOf(count, i === 0 ? LARGE : SMALL)).then((output) => {
          order.push(i);
          return output;
        }),
      ),
    );
    expect(order).toEqual([0, 1]);
    expect(outputs[1]?.waitMs).toBeGreaterThan(0);
  });

  it('renews its sessions after the batches given before, while those given meanwhile wait', async () => {
    device = create(2);
    await device.start();
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    const earlier = device.run(batchOf(2, LARGE)).then(note('earlier'));
    const renewal = device.renew();
    const later = [1, 2].map((count) => device.run(batchOf(count, SMALL)).then(note(`later ${count}`)));
    const warmUp = await renewal;
    note('renewed')();
    await Promise.all([earlier, ...later]);
    expect(order).toEqual(['earlier', 'renewed', 'later 1', 'later 2']);
    expect(warmUp.runs).toHaveLength(2 * SIZES.length);
    await device.renew();
    await device.run(batchOf(2, LARGE));
  });

  it('gives the same pixels back when a batch runs out of memory, and goes on', async () => {
    device = create(2);
    await device.start();
    device.injectFault({ kind: 'out_of_memory', framesAbove: 1, times: 1 });
    const sent = batchOf(2, SMALL, 77).pixels;
    const copy = sent.slice();
    const error = await device.run({ inputSize: SMALL, count: 2, pixels: sent }).catch((e: unknown) => e);
    if (!(error instanceof DeviceOutOfMemory)) throw error;
    expect(error.code).toBe('device_out_of_memory');
    expect(Buffer.compare(error.pixels, copy)).toBe(0);
    await device.run({ inputSize: SMALL, count: 1, pixels: error.pixels });
    await device.run(batchOf(2, SMALL));
  });

  it('runs out of memory for every larger batch when so scripted, and for no smaller one', async () => {
    device = create(2);
    await device.start();
    device.injectFault({ kind: 'out_of_memory', framesAbove: 1, times: 0 });
    for (let i = 0; i < 3; i++) {
      await expect(device.run(batchOf(2, SMALL))).rejects.toBeInstanceOf(DeviceOutOfMemory);
      await device.run(batchOf(1, SMALL));
    }
  });

  it('leaves out the batch sizes memory is too small for, at all input sizes', async () => {
    device = create(8, 'two frames');
    const { runs } = await device.start();
    expect(device.buckets).toEqual([1, 2]);
    expect(runs.map((run) => run.count)).toEqual([1, 1, 2, 2]);
    await expect(device.run(batchOf(4, LARGE))).rejects.toBeInstanceOf(DeviceOutOfMemory);
    await device.run(batchOf(2, LARGE));
  });

  it('does not start where memory is too small for one frame', async () => {
    device = create(8, 'no frame');
    await expect(device.start()).rejects.toMatchObject({ code: 'device_start_failed' });
  });

  it.each(['exit', 'throw'] as const)(
    'rejects all it was given when it fails (%s), and takes no more',
    async (kind) => {
      device = create(1);
      await device.start();
      device.injectFault({ kind });
      const given = [device.run(batchOf(1, LARGE)), device.run(batchOf(1, SMALL))];
      for (const run of given) await expect(run).rejects.toMatchObject({ code: 'device_failed' });
      await expect(device.run(batchOf(1, SMALL))).rejects.toMatchObject({ code: 'device_failed' });
      await expect(device.renew()).rejects.toMatchObject({ code: 'device_start_failed' });
      await device.close();
      await expect(device.run(batchOf(1, SMALL))).rejects.toMatchObject({ code: 'device_failed' });
    },
  );

  it('can be closed while it hangs, which rejects what it was given', async () => {
    device = create(1);
    await device.start();
    device.injectFault({ kind: 'hang' });
    const given = [
      expect(device.run(batchOf(1, SMALL))).rejects.toMatchObject({ code: 'device_failed' }),
      expect(device.renew()).rejects.toMatchObject({ code: 'device_start_failed' }),
      expect(device.run(batchOf(1, SMALL))).rejects.toMatchObject({ code: 'device_failed' }),
    ];
    await device.close();
    await Promise.all(given);
  });

  it('fails as many starts as scripted, also those of the devices after it', async () => {
    const index = indexWith('plenty');
    device = index.create(1);
    device.injectFault({ kind: 'start_fails', times: 2 });
    for (let i = 0; i < 2; i++) {
      await expect(device.start()).rejects.toMatchObject({ code: 'device_start_failed' });
      await device.close();
      device = index.create(1);
    }
    await device.start();
    await device.run(batchOf(1, SMALL));
  });

  it('is gone when its sessions cannot be made anew, with the batches that waited for them', async () => {
    const index = indexWith('plenty');
    device = index.create(1);
    await device.start();
    device.injectFault({ kind: 'start_fails', times: 1 });
    const renewal = expect(device.renew()).rejects.toMatchObject({ code: 'device_start_failed' });
    const waiting = expect(device.run(batchOf(1, SMALL))).rejects.toMatchObject({ code: 'device_failed' });
    await Promise.all([renewal, waiting]);
    await device.close();
    device = index.create(1);
    await device.start();
  });

  it('can be closed while it starts, runs and renews, and more than once', async () => {
    device = create(4);
    const starting = device.start().catch((error: unknown) => error);
    await device.close();
    await starting;
    for (const work of [() => device.run(batchOf(1, SMALL)), () => device.renew()]) {
      device = create(1);
      await device.start();
      const working = work().catch((error: unknown) => error);
      await Promise.all([device.close(), device.close()]);
      await working;
      await device.close();
    }
  });

  it('leaves no thread behind when it is replaced', async () => {
    const index = indexWith('two frames');
    device = index.create(1);
    await device.start();
    const before = threadCount();
    for (let i = 0; i < 20; i++) {
      await device.run(batchOf(1, SMALL));
      if (i % 2 === 0) device.injectFault({ kind: 'exit' });
      await device.close();
      device = index.create(1);
      await device.start();
    }
    await until('as many threads as before', () => threadCount() <= before);
  });
});

describe('an ONNX device', () => {
  const start = async (overrides: Partial<DeviceModel>) => {
    const device = new OnnxDevice({
      id: DEVICE_ID,
      kind: 'cpu',
      executionProviders: ['cpu'],
      model: { ...model, ...overrides },
      threads: 1,
      batchMax: 1,
      memory: growingMemory(),
    });
    await device.start();
    return device;
  };

  it('says so, with the cause, when its model is no model, and ends its thread', async () => {
    const before = threadCount();
    const path = join(dir, 'nothing-here.onnx');
    const error = await start({ graphs: [{ path, inputSize: SMALL, precision: 'float32' }] }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'device_start_failed', cause: { message: expect.stringContaining(path) } });
    await until('as many threads as before', () => threadCount() <= before);
  });

  it('reads and gives back the part of a buffer that it was given', async () => {
    const device = await start({});
    const whole = new Uint8Array(64 + 3 * SMALL * SMALL).fill(200, 64);
    const { pixels } = await device.run({ inputSize: SMALL, count: 1, pixels: whole.subarray(64) });
    expect([pixels.byteOffset, pixels.byteLength, pixels[0]]).toEqual([64, 3 * SMALL * SMALL, 200]);
    await device.close();
  });
});
