import { type Clock, systemClock } from '../../../core/clock.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { MemoryReading } from '../port.ts';
import { CgroupMemoryReader } from './cgroup-memory.ts';
import { cudaCard } from './cuda-card.ts';
import type { MemoryReader } from './memory-reader.ts';
import { type RunSmi, runSmi, SmiMemoryReader } from './nvidia-smi.ts';
import { bindNvml, type NvmlLibrary } from './nvml-library.ts';
import { openNvml } from './nvml-memory.ts';
import type { CardName } from './visible-card.ts';

/** A reader that knows what it reads from. It outlives the devices made in its place, one after the other. */
export interface DeviceMemory extends MemoryReader {
  readonly source: 'nvml' | 'nvidia-smi' | 'cgroup v1' | 'cgroup v2' | 'machine' | 'none';
  /** Why it is not a better source; undefined where it is the best one. */
  readonly why: string | undefined;
  /** Lets go what it holds. */
  close(): void;
}

export interface MemoryReaderDependencies {
  readonly clock: Clock;
  readonly bindNvml: () => NvmlLibrary;
  readonly runSmi: RunSmi;
  readonly cardOf: (deviceId: number) => CardName | undefined;
}

/**
 * Picks what reads the memory of a device: for `cuda` NVML, else `nvidia-smi`; for `cpu` the cgroup, or the machine
 * where none limits it; for `webgpu` as for `cuda` where the machine has one NVIDIA card, since WebGPU does not tell which
 * card it took. Where nothing can be read the reader says why and reads `undefined`: a reason, never an error.
 */
export async function createMemoryReader(
  device: { readonly kind: string; readonly deviceId?: number },
  given: Partial<MemoryReaderDependencies> = {},
): Promise<DeviceMemory> {
  const use: MemoryReaderDependencies = { clock: systemClock, bindNvml, runSmi, cardOf: cudaCard, ...given };
  switch (device.kind) {
    case 'cpu': {
      const reader = new CgroupMemoryReader();
      return { source: (await reader.bound()).from, why: undefined, read: () => reader.read(), close: () => {} };
    }
    case 'cuda':
      return nvidiaReader(use.cardOf(device.deviceId ?? 0), use);
    case 'webgpu':
      return onlyCardReader(use);
    default:
      return noReader(`a ${device.kind} device has no memory of its own to read`);
  }
}

async function nvidiaReader(card: CardName | undefined, use: MemoryReaderDependencies): Promise<DeviceMemory> {
  const nvml = openNvml(card, use.bindNvml);
  if (nvml.kind === 'open') {
    const { reader } = nvml;
    return { source: 'nvml', why: undefined, read: () => reader.read(), close: () => reader.close() };
  }
  if (card === undefined) return noReader(nvml.why);
  const smi = new SmiMemoryReader(card, use.clock, use.runSmi);
  try {
    await smi.readNow();
  } catch (error) {
    return noReader(`${nvml.why}; ${errorMessage(error)}`);
  }
  return { source: 'nvidia-smi', why: nvml.why, read: () => smi.read(), close: () => {} };
}

async function onlyCardReader(use: MemoryReaderDependencies): Promise<DeviceMemory> {
  const nvml = openNvml({ kind: 'index', index: 0 }, use.bindNvml);
  if (nvml.kind === 'unusable') return noReader(`WebGPU does not tell its memory, and ${nvml.why}`);
  const { reader, cards } = nvml;
  if (cards !== 1) {
    reader.close();
    return noReader(`WebGPU does not tell which of the ${cards} cards it took`);
  }
  // NVML lists what computes with CUDA; Vulkan's share is not in that list.
  const read = async (): Promise<MemoryReading | undefined> => {
    const reading = await reader.read();
    return reading === undefined ? undefined : { ...reading, ownBytes: undefined };
  };
  return { source: 'nvml', why: undefined, read, close: () => reader.close() };
}

function noReader(why: string): DeviceMemory {
  return { source: 'none', why, read: () => Promise.resolve(undefined), close: () => {} };
}
