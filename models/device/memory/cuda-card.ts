import koffi from 'koffi';
import { type CardName, visibleCard } from './visible-card.ts';

/** What is used of the CUDA driver. Answers are CUresult, 0 for success. */
export interface CudaDriver {
  init(): number;
  /** Writes an int32. */
  device(out: Buffer, deviceId: number): number;
  /** Writes a string that ends with a zero. */
  busId(out: Buffer, length: number, device: number): number;
}

/** @throws Error where libcuda.so.1 cannot be loaded. */
export function bindCudaDriver(path = 'libcuda.so.1'): CudaDriver {
  const lib = koffi.load(path);
  const init = lib.func('cuInit', 'int', ['uint32_t']);
  const device = lib.func('cuDeviceGet', 'int', ['void *', 'int']);
  const busId = lib.func('cuDeviceGetPCIBusId', 'int', ['void *', 'int', 'int']);
  return {
    init: () => init(0) as number,
    device: (out, id) => device(out, id) as number,
    busId: (out, length, id) => busId(out, length, id) as number,
  };
}

/**
 * The card that CUDA calls number `deviceId`. CUDA counts by speed unless told otherwise, NVML by the PCI bus, so the
 * driver itself is asked for the slot; where it does not answer, the environment must do.
 */
export function cudaCard(
  deviceId: number,
  bind: () => CudaDriver = bindCudaDriver,
  visibleDevices: string | undefined = process.env.CUDA_VISIBLE_DEVICES,
): CardName | undefined {
  const visible = visibleCard(deviceId, visibleDevices);
  // The slot would name the whole card, of which a MIG slice is a part with memory of its own.
  if (visible?.kind === 'uuid' && visible.uuid.startsWith('MIG-')) return visible;
  try {
    const driver = bind();
    const device = Buffer.alloc(4);
    const text = Buffer.alloc(32);
    if (
      driver.init() === 0 &&
      driver.device(device, deviceId) === 0 &&
      driver.busId(text, text.length, device.readInt32LE(0)) === 0
    ) {
      return { kind: 'pci', busId: cString(text) };
    }
  } catch {
    // No driver to ask: NVML or nvidia-smi will say so in better words.
  }
  return visible;
}

/** Text up to the first zero byte. */
export function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
