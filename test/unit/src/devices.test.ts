import { describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../../config/schema.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import type { DeviceMemory } from '../../../models/device/memory/create-memory-reader.ts';
import type { DeviceModel } from '../../../models/device/port.ts';
import type { ProviderState } from '../../../models/device/providers/provider.ts';
import { closeDevices, createDevice, deviceName, resolveDevices } from '../../../src/devices.ts';

const model: DeviceModel = {
  key: 'm@1',
  graphs: [{ path: '', inputSize: 320, precision: 'float32' }],
  inputName: '',
  outputName: '',
  labels: ['car'],
  padValue: 0,
};

/** A machine on which these providers work, cards counted with CUDA as `cuda-0`. */
function machine(...works: readonly string[]) {
  const tried: string[] = [];
  const read: string[] = [];
  let closed = 0;
  return {
    tried,
    read,
    closed: () => closed,
    checkProvider: (kind: string, card: number): Promise<ProviderState> => {
      const name = kind === 'cuda' ? `cuda-${card}` : kind;
      tried.push(name);
      if (works.includes(name)) return Promise.resolve({ usable: true });
      const missing = [`lib${kind}.so`];
      return Promise.resolve({ usable: false, missing, why: `lib${kind}.so is missing`, fix: `get ${kind}` });
    },
    createMemoryReader: ({ kind, deviceId }: { kind: string; deviceId: number }): Promise<DeviceMemory> => {
      read.push(`${kind}-${deviceId}`);
      return Promise.resolve({
        source: 'none',
        why: undefined,
        read: () => Promise.resolve(undefined),
        close: () => closed++,
      });
    },
  };
}

const configOf = (devices: unknown) => nodeConfigSchema.parse({ devices });

describe('what a device runs on', () => {
  it('is its own kind where that works, and each card is tried once', async () => {
    const here = machine('cuda-0', 'cuda-1', 'webgpu');
    const devices = [
      { kind: 'cuda' },
      { kind: 'cuda', deviceId: 1, fallback: ['cpu'] },
      { kind: 'cuda' },
      { kind: 'webgpu' },
      { kind: 'cpu' },
    ];
    const resolved = await resolveDevices(configOf(devices), here);
    expect(resolved.map(({ id, chosenKind, note }) => [id, chosenKind, note])).toEqual([
      ['cuda-0', 'cuda', undefined],
      ['cuda-1', 'cuda', undefined],
      ['cuda-2', 'cuda', undefined],
      ['webgpu-3', 'webgpu', undefined],
      ['cpu-4', 'cpu', undefined],
    ]);
    expect(here.tried).toEqual(['cuda-0', 'cuda-1', 'webgpu']);
    expect(here.read).toEqual(['cuda-0', 'cuda-1', 'cuda-0', 'webgpu-0', 'cpu-0']);
    closeDevices(resolved);
    expect(here.closed()).toBe(5);
  });

  it('is the first of its fallbacks that works, with the reason, under the name it was given', async () => {
    const here = machine('webgpu');
    const [device] = await resolveDevices(configOf([{ kind: 'cuda', fallback: ['webgpu', 'cpu'] }]), here);
    expect(device).toMatchObject({
      id: 'cuda-0',
      chosenKind: 'webgpu',
      note: 'runs on webgpu, because cuda cannot be used: libcuda.so is missing',
    });
    const [onCpu] = await resolveDevices(configOf([{ kind: 'webgpu', fallback: ['cpu'] }]), machine());
    expect(onCpu).toMatchObject({ id: 'webgpu-0', chosenKind: 'cpu' });
  });

  it('is nothing where none works: the start fails with the library and the way to get it', async () => {
    const here = machine();
    const start = resolveDevices(configOf([{ kind: 'cpu' }, { kind: 'cuda', fallback: ['webgpu'] }]), here);
    await expect(start).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringMatching(
        /device cuda-1.*libcuda\.so is missing; webgpu.*libwebgpu\.so is missing.*get cuda.*get webgpu.*devices\[1\]/,
      ),
    });
    expect(here.read).toEqual([]);
  });
});

describe('a device that is made', () => {
  it('runs batches no larger than the kind it fell back to is meant for', async () => {
    const buckets = async (entry: unknown, ...works: string[]) => {
      const [resolved] = await resolveDevices(configOf([entry]), machine(...works));
      if (resolved === undefined) throw new Error('one entry gives one device');
      return createDevice(resolved, model, new ManualClock()).buckets;
    };
    expect(await buckets({ kind: 'cuda' }, 'cuda-0')).toEqual([1, 2, 4, 8, 16, 32]);
    expect(await buckets({ kind: 'cuda', fallback: ['webgpu'] }, 'webgpu')).toEqual([1, 2, 4, 8]);
    expect(await buckets({ kind: 'cuda', fallback: ['cpu'] })).toEqual([1, 2, 4]);
    expect(await buckets({ kind: 'cuda', batchMax: 2, fallback: ['cpu'] })).toEqual([1, 2]);
    expect(await buckets({ kind: 'cpu', batchMax: 16 })).toEqual([1, 2, 4, 8, 16]);
  });

  it('shares its card and its scripted faults with the one that takes its place', async () => {
    const [resolved] = await resolveDevices(configOf([{ kind: 'simulated' }]), machine());
    if (resolved === undefined) throw new Error('one entry gives one device');
    expect(resolved).toMatchObject({ id: 'simulated-0', chosenKind: 'simulated', note: undefined });
    const clock = new ManualClock();
    const first = createDevice(resolved, model, clock);
    await first.start();
    first.injectFault({ kind: 'start_fails', times: 1 });
    await first.close();
    await expect(createDevice(resolved, model, clock).start()).rejects.toMatchObject({ code: 'device_start_failed' });
    const third = createDevice(resolved, model, clock);
    expect((await third.start()).runs.length).toBeGreaterThan(0);
    await third.close();
  });

  it('keeps the name of its place in the configuration', () => {
    const [cuda] = configOf([{ kind: 'cuda' }]).devices;
    expect(cuda === undefined ? undefined : deviceName(cuda, 7)).toBe('cuda-7');
  });
});
