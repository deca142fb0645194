import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { createMemoryReader } from '../../../../models/device/memory/create-memory-reader.ts';
import { type CudaDriver, cudaCard } from '../../../../models/device/memory/cuda-card.ts';
import {
  parseSmiCards,
  parseSmiProcesses,
  pickSmiCard,
  SmiMemoryReader,
} from '../../../../models/device/memory/nvidia-smi.ts';
import { openNvml } from '../../../../models/device/memory/nvml-memory.ts';
import { ownOf } from '../../../../models/device/memory/own-bytes.ts';
import { sameBusId, visibleCard } from '../../../../models/device/memory/visible-card.ts';
import { type FakeCard, fakeNvml } from './fake-nvml.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const UNKNOWN = 2n ** 64n - 1n;
const bare = (pid: number) => ({ pid, onBareMachine: true });

// As `nvidia-smi --query-gpu=index,uuid,pci.bus_id,memory.total,memory.used --format=csv,noheader,nounits` prints it.
const SMI_CARDS = `0, GPU-8a1f2b3c-0000-1111-2222-333344445555, 00000000:3B:00.0, 81559, 1024
1, GPU-9b2e3c4d-0000-1111-2222-333344445555, 00000000:AF:00.0, 81559, [N/A]
2, GPU-7c3d4e5f-0000-1111-2222-333344445555, 00000000:D8:00.0, 24576, 12
`;
const SMI_APPS = `GPU-8a1f2b3c-0000-1111-2222-333344445555, 4711, 512
GPU-7c3d4e5f-0000-1111-2222-333344445555, 4711, 4
GPU-8a1f2b3c-0000-1111-2222-333344445555, 4712, [Insufficient Permissions]
`;

const CARDS: readonly FakeCard[] = [
  { uuid: 'GPU-aaaa-1', busId: '0000:3B:00.0', totalBytes: 80 * GIB, usedBytes: 3 * GIB, processes: [] },
  {
    uuid: 'GPU-bbbb-2',
    busId: '0000:AF:00.0',
    totalBytes: 24 * GIB,
    usedBytes: GIB,
    processes: Array.from({ length: 40 }, (_, i) => ({ pid: 100 + i, bytes: BigInt(i * MIB) })),
  },
];

describe('the card CUDA means', () => {
  it('is the one its list of visible devices has at that place', () => {
    expect(visibleCard(1, undefined)).toEqual({ kind: 'index', index: 1 });
    expect(visibleCard(0, '3, 1')).toEqual({ kind: 'index', index: 3 });
    expect(visibleCard(1, '3,GPU-8a1f')).toEqual({ kind: 'uuid', uuid: 'GPU-8a1f' });
    expect(visibleCard(0, '')).toBeUndefined();
    expect(visibleCard(1, '0,-1,2')).toBeUndefined();
    expect(visibleCard(2, '0,-1,2')).toBeUndefined();
  });

  it('is asked of the driver by its slot, since CUDA may count by speed', () => {
    const driver: CudaDriver = {
      init: () => 0,
      device: (out, id) => {
        out.writeInt32LE(id + 5, 0);
        return id > 1 ? 101 : 0;
      },
      busId: (out, _length, device) => {
        out.write(`0000:${device}F:00.0\0`);
        return 0;
      },
    };
    expect(cudaCard(1, () => driver, undefined)).toEqual({ kind: 'pci', busId: '0000:6F:00.0' });
    expect(cudaCard(2, () => driver, undefined)).toEqual({ kind: 'index', index: 2 });
    expect(cudaCard(0, () => driver, 'MIG-1')).toEqual({ kind: 'uuid', uuid: 'MIG-1' });
    const none = () => {
      throw new Error('no driver');
    };
    expect(cudaCard(0, none, '2')).toEqual({ kind: 'index', index: 2 });
  });

  it('has one slot, however long its domain is written', () => {
    expect(sameBusId('00000000:3B:00.0', '0000:3b:00.0')).toBe(true);
    expect(sameBusId('00010000:3B:00.0', '0000:3b:00.0')).toBe(false);
    expect(sameBusId('00000000:03:00.0', '0000:3:00.0')).toBe(false);
  });
});

describe('what this process holds of a card', () => {
  it('is the sum of its entries, and nothing where it has none', () => {
    const list = [
      { pid: 1, bytes: 10 },
      { pid: 2, bytes: 5 },
      { pid: 1, bytes: 7 },
    ];
    expect(ownOf(list, bare(1))).toBe(17);
    expect(ownOf(list, bare(3))).toBe(0);
  });

  it('is unknown in a container, whose process numbers are not the driver s, and where the driver does not say', () => {
    expect(ownOf([{ pid: 1, bytes: 10 }], { pid: 1, onBareMachine: false })).toBeUndefined();
    expect(ownOf([{ pid: 1, bytes: undefined }], bare(1))).toBeUndefined();
  });
});

describe('NVML', () => {
  const open = (card: Parameters<typeof openNvml>[0], fake = fakeNvml(CARDS)) => openNvml(card, () => fake.library);

  it('gives a card s memory, found by number, slot or the start of its UUID', async () => {
    for (const card of [
      { kind: 'index', index: 1 },
      { kind: 'pci', busId: '0000:AF:00.0' },
      { kind: 'uuid', uuid: 'GPU-bbbb' },
      { kind: 'uuid', uuid: 'GPU-bbbb-2' },
    ] as const) {
      const opened = open(card);
      if (opened.kind !== 'open') throw new Error(opened.why);
      expect(opened.cards).toBe(2);
      expect(await opened.reader.read()).toMatchObject({ totalBytes: 24 * GIB, usedBytes: GIB });
    }
  });

  it('is asked again with more room where a card has more processes than expected', async () => {
    const fake = fakeNvml(CARDS);
    const opened = open({ kind: 'index', index: 1 }, fake);
    if (opened.kind !== 'open') throw new Error(opened.why);
    await opened.reader.read();
    expect(fake.state.processRooms).toEqual([32, 64]);
  });

  it('does not take "not known" for a number', async () => {
    const card = { ...(CARDS[0] as FakeCard), processes: [{ pid: process.pid, bytes: UNKNOWN }] };
    const opened = open({ kind: 'index', index: 0 }, fakeNvml([card]));
    if (opened.kind !== 'open') throw new Error(opened.why);
    expect((await opened.reader.read())?.ownBytes).toBeUndefined();
  });

  it('is let go once, and reads nothing from then on', async () => {
    const fake = fakeNvml(CARDS);
    const opened = open({ kind: 'index', index: 0 }, fake);
    if (opened.kind !== 'open') throw new Error(opened.why);
    opened.reader.close();
    opened.reader.close();
    expect(fake.state.shutdowns).toBe(1);
    expect(await opened.reader.read()).toBeUndefined();
  });

  it('says why it cannot be used instead of throwing', () => {
    expect(open(undefined)).toMatchObject({ why: expect.stringMatching(/CUDA_VISIBLE_DEVICES hides/) });
    expect(open({ kind: 'index', index: 0 }, fakeNvml(CARDS, { init: 9 }))).toMatchObject({
      why: 'NVML does not start: Driver Not Loaded',
    });
    const fake = fakeNvml(CARDS);
    expect(open({ kind: 'index', index: 7 }, fake)).toMatchObject({ why: 'NVML does not give card 7: error 6' });
    expect(fake.state.shutdowns).toBe(1);
    expect(open({ kind: 'uuid', uuid: 'GPU-cccc' })).toMatchObject({ why: 'NVML knows no card GPU-cccc' });
    const missing = openNvml({ kind: 'index', index: 0 }, () => {
      throw new Error('libnvidia-ml.so.1: cannot open shared object file');
    });
    expect(missing).toMatchObject({
      kind: 'unusable',
      why: expect.stringMatching(/NVML cannot be loaded: libnvidia-ml/),
    });
  });
});

describe('nvidia-smi', () => {
  it('is read to the MiB, lines without figures left out', () => {
    const cards = parseSmiCards(SMI_CARDS);
    expect(cards.map(({ index, totalBytes, usedBytes }) => [index, totalBytes, usedBytes])).toEqual([
      [0, 81559 * MIB, 1024 * MIB],
      [2, 24576 * MIB, 12 * MIB],
    ]);
    expect(parseSmiCards('No devices were found\n')).toEqual([]);
    expect(pickSmiCard(cards, { kind: 'pci', busId: '0000:D8:00.0' })?.index).toBe(2);
    expect(pickSmiCard(cards, { kind: 'uuid', uuid: 'GPU-7c3d' })?.index).toBe(2);
    expect(pickSmiCard(cards, { kind: 'index', index: 1 })).toBeUndefined();
  });

  it('lists the processes of one card', () => {
    expect(parseSmiProcesses(SMI_APPS, 'GPU-8a1f2b3c-0000-1111-2222-333344445555')).toEqual([
      { pid: 4711, bytes: 512 * MIB },
      { pid: 4712, bytes: undefined },
    ]);
  });

  it('is run once for all who ask within a second, and a failure is no reading', async () => {
    const clock = new ManualClock();
    let runs = 0;
    let broken = false;
    const reader = new SmiMemoryReader({ kind: 'index', index: 0 }, clock, (args) => {
      runs++;
      if (broken) return Promise.reject(new Error('gone'));
      return Promise.resolve(args[0]?.startsWith('--query-gpu') === true ? SMI_CARDS : SMI_APPS);
    });
    const [a, b] = await Promise.all([reader.read(), reader.read()]);
    expect(a).toBe(b);
    expect(a).toMatchObject({ totalBytes: 81559 * MIB, usedBytes: 1024 * MIB });
    expect(runs).toBe(2);
    broken = true;
    expect(await reader.read()).toBe(a);
    clock.advance(1_000);
    expect(await reader.read()).toBeUndefined();
  });
});

describe('the choice of a memory reader', () => {
  const noNvml = (): never => {
    throw new Error('no libnvidia-ml.so.1');
  };
  const cardOf = () => ({ kind: 'index', index: 0 }) as const;

  it('is the cgroup or the machine for a CPU', async () => {
    const memory = await createMemoryReader({ kind: 'cpu' });
    expect(memory.source).toMatch(/^(cgroup v[12]|machine)$/);
    expect((await memory.read())?.totalBytes).toBeGreaterThan(0);
  });

  it('is NVML for CUDA, nvidia-smi without it, and a reason without either', async () => {
    const nvml = fakeNvml(CARDS);
    const first = await createMemoryReader({ kind: 'cuda' }, { bindNvml: () => nvml.library, cardOf });
    expect(first).toMatchObject({ source: 'nvml', why: undefined });
    expect((await first.read())?.totalBytes).toBe(80 * GIB);
    first.close();
    expect(nvml.state.shutdowns).toBe(1);

    const runSmi = (args: readonly string[]) =>
      Promise.resolve(args[0]?.startsWith('--query-gpu') === true ? SMI_CARDS : SMI_APPS);
    const second = await createMemoryReader({ kind: 'cuda' }, { bindNvml: noNvml, runSmi, cardOf });
    expect(second).toMatchObject({ source: 'nvidia-smi', why: expect.stringMatching(/libnvidia-ml/) });
    expect((await second.read())?.totalBytes).toBe(81559 * MIB);

    const none = { bindNvml: noNvml, runSmi: () => Promise.reject(new Error('nvidia-smi is not installed')), cardOf };
    const third = await createMemoryReader({ kind: 'cuda' }, none);
    expect(third).toMatchObject({ source: 'none', why: expect.stringMatching(/libnvidia-ml.*nvidia-smi is not/) });
    expect(await third.read()).toBeUndefined();
  });

  it('for WebGPU is NVML only where one card leaves no doubt which it took', async () => {
    const one = await createMemoryReader({ kind: 'webgpu' }, { bindNvml: () => fakeNvml(CARDS.slice(0, 1)).library });
    expect(one.source).toBe('nvml');
    expect(await one.read()).toEqual({ totalBytes: 80 * GIB, usedBytes: 3 * GIB, ownBytes: undefined });
    const two = await createMemoryReader({ kind: 'webgpu' }, { bindNvml: () => fakeNvml(CARDS).library });
    expect(two).toMatchObject({ source: 'none', why: expect.stringMatching(/which of the 2 cards/) });
  });
});
