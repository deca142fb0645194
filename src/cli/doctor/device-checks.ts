import type { DeviceConfig, NodeConfig } from '../../../config/schema.ts';
import { errorCode, errorMessage } from '../../../core/errors.ts';
import { createMemoryReader, type DeviceMemory } from '../../../models/device/memory/create-memory-reader.ts';
import type { MemoryReading } from '../../../models/device/port.ts';
import { cardOf, chooseProvider, deviceName, type StateOf } from '../../devices.ts';
import { AUTO_PRECISION } from '../../served-model.ts';
import { type CheckResult, fail, guarded, ok, warn } from './check.ts';

export type OpenMemory = (device: { readonly kind: string; readonly deviceId: number }) => Promise<DeviceMemory>;

/** What each entry of `devices` would run on, the memory it finds there and who reads it, and its graph. */
export function deviceChecks(
  config: Pick<NodeConfig, 'devices' | 'models'>,
  stateOf: StateOf,
  openMemory: OpenMemory = createMemoryReader,
): readonly Promise<CheckResult>[] {
  return config.devices.map((device, index) => {
    const name = `device ${deviceName(device, index)}`;
    return guarded(name, () => checkDevice(name, device, index, { config, stateOf, openMemory }));
  });
}

async function checkDevice(
  name: string,
  device: DeviceConfig,
  index: number,
  use: {
    readonly config: Pick<NodeConfig, 'models'>;
    readonly stateOf: StateOf;
    readonly openMemory: OpenMemory;
  },
): Promise<CheckResult> {
  if (device.kind === 'simulated')
    return ok(name, `invents its answers; memory of its own: ${gib(device.memoryBytes)}`);
  const { inputSize, precision } = use.config.models;
  try {
    const { kind, note } = await chooseProvider(device, index, use.stateOf);
    const memory = await use.openMemory({ kind, deviceId: cardOf(device) });
    try {
      const reading = await memory.read();
      const graph = `graph ${precision === 'auto' ? AUTO_PRECISION[kind] : precision} at ${inputSize}`;
      const detail = `${note ?? `runs on ${kind}`}; ${memoryText(memory, reading)}; ${graph}`;
      if (note !== undefined) return warn(name, detail, 'see the line of that provider for how to get it');
      if (reading === undefined && kind !== 'webgpu') {
        return warn(name, detail, 'without it nothing is known of memory until a batch does not fit');
      }
      return ok(name, detail);
    } finally {
      memory.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'provider_unavailable') throw error;
    const [why = '', fix] = errorMessage(error).split('. To get it, ');
    return fail(name, why, fix);
  }
}

function memoryText({ source, why }: DeviceMemory, reading: MemoryReading | undefined): string {
  if (reading === undefined) return `memory cannot be read${why === undefined ? '' : ` (${why})`}`;
  const from = `read from ${source === 'machine' ? 'the machine' : source}${why === undefined ? '' : `, since ${why}`}`;
  return `memory ${gib(reading.usedBytes)} of ${gib(reading.totalBytes)} used (${from})`;
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
