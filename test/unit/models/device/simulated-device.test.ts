import { describe, expect, it } from 'vitest';
import type { SimulatedDeviceConfig } from '../../../../config/schema.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { type BatchOutput, DeviceOutOfMemory } from '../../../../models/device/port.ts';
import { SimulatedCard } from '../../../../models/device/simulated-card.ts';
import { SimulatedDevice } from '../../../../models/device/simulated-device.ts';
import { batchOf, DEVICE_ID, simulatedConfig } from './devices.ts';

function rig(overrides: Partial<SimulatedDeviceConfig> = {}, sizes: readonly number[] = [320, 160]) {
  const config = simulatedConfig({ batchMax: 32, memoryBytes: 1_000, sessionBytes: 10, frameBytes: 16, ...overrides });
  const clock = new ManualClock();
  const card = new SimulatedCard(config);
  const graphs = sizes.map((inputSize) => ({ path: '', inputSize, precision: 'float32' as const }));
  const create = () =>
    new SimulatedDevice({ id: DEVICE_ID, config, model: { graphs, labels: ['a', 'b'] }, clock, card });
  const run = async (device: SimulatedDevice, count: number, size = 320): Promise<BatchOutput> => {
    const output = device.run(batchOf(count, size));
    output.catch(() => {}); // the caller hears of it once time has passed
    await clock.advanceAsync(200, 200);
    return output;
  };
  return { clock, card, create, run };
}

describe('a simulated device', () => {
  it('takes time by batch size and by the area of its input', async () => {
    const { create, run } = rig({ baseMs: 4, perFrameMs: 2 });
    const device = create();
    const { runs } = await device.start();
    expect(runs.find((r) => r.count === 8 && r.inputSize === 320)?.computeMs).toBe(20);
    expect(runs.find((r) => r.count === 8 && r.inputSize === 160)?.computeMs).toBe(5);
    expect((await run(device, 8)).computeMs).toBe(20);
    expect((await run(device, 8, 160)).computeMs).toBe(5);
  });

  it('gives the same times and boxes for the same seed', async () => {
    const outputs: unknown[] = []; // of two devices, two batches each
    for (let i = 0; i < 2; i++) {
      const { create, run } = rig({ noise: 0.2, seed: 7 });
      const device = create();
      await device.start();
      for (const size of [320, 160]) {
        const { computeMs, boxes } = await run(device, 2, size);
        outputs.push([computeMs, Buffer.from(boxes.buffer).toString('base64')]);
      }
    }
    expect(outputs.slice(0, 2)).toEqual(outputs.slice(2));
    expect(outputs[0]).not.toEqual(outputs[1]);
  });

  it('holds memory for its sessions and for the largest batch so far, and gives it back when closed', async () => {
    const { card, create, run } = rig({ batchMax: 4 });
    card.othersBytes = 100;
    const device = create();
    const { memoryBefore, runs } = await device.start();
    expect(memoryBefore).toEqual({ totalBytes: 1_000, usedBytes: 100, ownBytes: 0 });
    expect(runs.filter((r) => r.inputSize === 320).map((r) => r.bytes)).toEqual([36, 52, 84]);
    await run(device, 1);
    expect(await device.readMemory()).toEqual({ totalBytes: 1_000, usedBytes: 184, ownBytes: 84 });
    await device.close();
    expect(card.read()).toEqual({ totalBytes: 1_000, usedBytes: 100, ownBytes: 0 });
  });

  it('runs out of memory when others took it, keeps what it holds, and may hold more once they are gone', async () => {
    const { card, create, run } = rig({ batchMax: 16 });
    card.othersBytes = 900;
    const device = create();
    await device.start();
    expect(device.buckets).toEqual([1, 2, 4]);
    card.othersBytes = 999;
    await run(device, 4);
    await expect(run(device, 8)).rejects.toBeInstanceOf(DeviceOutOfMemory);
    card.othersBytes = 0;
    await run(device, 8);
    expect(card.read().ownBytes).toBe(20 + 8 * 16);
  });

  it('gives back what its arena holds beyond need when renewed, and finds out anew what fits', async () => {
    const { clock, card, create, run } = rig({ batchMax: 16 });
    const device = create();
    await device.start();
    expect(card.read().ownBytes).toBe(20 + 16 * 16);
    card.othersBytes = 900;
    const renewal = device.renew();
    await clock.advanceAsync(1_000, 100);
    await renewal;
    expect(device.buckets).toEqual([1, 2, 4]);
    expect(card.read().ownBytes).toBe(20 + 4 * 16);
    await run(device, 4);
  });

  it('is abandoned when it hangs in native code, and its memory is lost for the devices after it', async () => {
    const { clock, card, create } = rig({ batchMax: 1 });
    const device = create();
    await device.start();
    device.injectFault({ kind: 'hang_native' });
    const run = expect(device.run(batchOf(1, 320))).rejects.toMatchObject({ code: 'device_failed' });
    clock.advance(3_600_000);
    for (let i = 0; i < 2; i++) await expect(device.close()).rejects.toMatchObject({ code: 'device_abandoned' });
    await run;
    expect(card.read().ownBytes).toBe(36);
    expect((await create().start()).memoryBefore?.usedBytes).toBe(36);
  });

  it('leaves no timer and no memory behind over 1,000 replacements, whatever befell the devices', async () => {
    const { clock, card, create } = rig();
    const faults = ['exit', 'throw', 'hang'] as const;
    for (let i = 0; i < 1_000; i++) {
      const device = create();
      await device.start();
      const runs = [device.run(batchOf(1, 160)), device.run(batchOf(2, 320)), device.renew()];
      const fault = faults[i % 4];
      if (fault !== undefined) device.injectFault({ kind: fault });
      runs.push(device.run(batchOf(1, 160)));
      clock.advance(i % 7);
      const closed = Promise.allSettled(runs);
      await device.close();
      await closed;
    }
    expect(clock.pendingTimers).toBe(0);
    expect(card.read().ownBytes).toBe(0);
  });
});
