import { describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../../config/schema.ts';
import type { DeviceMemory } from '../../../models/device/memory/create-memory-reader.ts';
import type { MemoryReading } from '../../../models/device/port.ts';
import type { ProviderKind, ProviderState } from '../../../models/device/providers/provider.ts';
import { renderChecks } from '../../../src/cli/doctor/check.ts';
import { deviceChecks, type OpenMemory } from '../../../src/cli/doctor/device-checks.ts';
import { checkMemory, checkNode } from '../../../src/cli/doctor/machine-checks.ts';
import { providerResult } from '../../../src/cli/doctor/provider-checks.ts';

const GIB = 1024 ** 3;
const missing = {
  usable: false,
  missing: ['libcuda.so.1'],
  why: 'libcuda.so.1 is missing',
  fix: 'get a driver',
} as const;

describe('doctor', () => {
  it('knows the versions of Node.js that will do', () => {
    expect(checkNode('20.11.0').status).toBe('ok');
    expect(checkNode('22.1.0').status).toBe('ok');
    expect(checkNode('20.9.0').status).toBe('fail');
    expect(checkNode('21.0.0').status).toBe('fail');
    expect(checkNode('18.20.0').status).toBe('fail');
  });

  it('tells a limit on memory from the memory of the machine', async () => {
    expect((await checkMemory()).detail).toMatch(/^[\d.]+ GiB/);
  });

  it('fails for a CPU that does not work, and warns for the others, naming library and remedy', () => {
    expect(providerResult('cuda', { usable: true }).status).toBe('ok');
    expect(providerResult('cuda', missing)).toEqual({
      check: 'provider cuda',
      status: 'warn',
      detail: 'libcuda.so.1 is missing',
      hint: 'get a driver',
    });
    expect(providerResult('cpu', missing).status).toBe('fail');
  });

  it('puts each hint below its line', () => {
    expect(
      renderChecks([
        { check: 'a', status: 'ok', detail: 'fine' },
        { check: 'bcd', status: 'warn', detail: 'missing', hint: 'get it' },
      ]),
    ).toBe('ok    a    fine\nwarn  bcd  missing\n           → get it');
  });
});

describe('the line of a device', () => {
  const lines = async (
    devices: unknown,
    works: readonly ProviderKind[],
    memory: { readonly source: DeviceMemory['source']; readonly why?: string; readonly reading?: MemoryReading },
  ) => {
    let opened = 0;
    const open: OpenMemory = () => {
      opened++;
      const { source, why, reading } = memory;
      return Promise.resolve({ source, why, read: () => Promise.resolve(reading), close: () => opened-- });
    };
    const stateOf = (kind: ProviderKind): Promise<ProviderState> =>
      Promise.resolve(works.includes(kind) ? { usable: true } : missing);
    const results = await Promise.all(deviceChecks(nodeConfigSchema.parse({ devices }), stateOf, open));
    expect(opened).toBe(0);
    return results;
  };
  const reading = { totalBytes: 80 * GIB, usedBytes: 3 * GIB, ownBytes: 0 };

  it('says what it runs on, its memory and who read it, and its graph', async () => {
    expect(await lines([{ kind: 'cuda' }], ['cuda'], { source: 'nvml', reading })).toEqual([
      {
        check: 'device cuda-0',
        status: 'ok',
        detail: 'runs on cuda; memory 3.0 GiB of 80.0 GiB used (read from nvml); graph float32 at 320',
      },
    ]);
    const [smi] = await lines([{ kind: 'cuda' }], ['cuda'], {
      source: 'nvidia-smi',
      why: 'NVML is not there',
      reading,
    });
    expect(smi?.detail).toMatch(/read from nvidia-smi, since NVML is not there/);
    const [simulated] = await lines([{ kind: 'simulated' }], [], { source: 'none' });
    expect(simulated).toMatchObject({ status: 'ok', detail: expect.stringMatching(/16\.0 GiB/) });
  });

  it('warns where a fallback takes its place, and where its memory cannot be read', async () => {
    const [fallen] = await lines([{ kind: 'cuda', fallback: ['cpu'] }], [], { source: 'machine', reading });
    expect(fallen).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^runs on cpu, because cuda cannot be used: libcuda\.so\.1 is missing; memory/),
    });
    const [blind] = await lines([{ kind: 'cuda' }], ['cuda'], { source: 'none', why: 'no NVML' });
    expect(blind).toMatchObject({ status: 'warn', detail: expect.stringMatching(/memory cannot be read \(no NVML\)/) });
  });

  it('fails where nothing it may run on works', async () => {
    const results = await lines([{ kind: 'cpu' }, { kind: 'cuda' }], [], { source: 'machine', reading });
    expect(results.map(({ status }) => status)).toEqual(['ok', 'fail']);
    expect(results[1]).toMatchObject({
      detail: 'device cuda-1 cannot start. cuda cannot be used: libcuda.so.1 is missing',
      hint: expect.stringMatching(/get a driver.*devices\[1\]\.fallback/),
    });
  });
});
