import type {
  CpuDeviceConfig,
  CudaDeviceConfig,
  DeviceConfig,
  NodeConfig,
  SimulatedDeviceConfig,
  WebgpuDeviceConfig,
} from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { DeviceError } from '../core/errors.ts';
import { type DeviceId, deviceId } from '../core/ids.ts';
import { FaultScript } from '../models/device/fault-script.ts';
import { createMemoryReader, type DeviceMemory } from '../models/device/memory/create-memory-reader.ts';
import { OnnxDevice } from '../models/device/onnx-device.ts';
import type { Device, DeviceModel } from '../models/device/port.ts';
import { checkProvider } from '../models/device/providers/check-provider.ts';
import type { ProviderKind, ProviderState } from '../models/device/providers/provider.ts';
import { SimulatedCard } from '../models/device/simulated-card.ts';
import { SimulatedDevice } from '../models/device/simulated-device.ts';

/** `cpu-0`: the kind that is configured, also where a fallback runs in its place, so that the name stays. */
export const deviceName = (config: DeviceConfig, index: number): string => `${config.kind}-${index}`;

interface ResolvedBase {
  /** Place in `devices`. */
  readonly index: number;
  readonly id: DeviceId;
  /** Why it runs on something else than what is configured; undefined where it does not. */
  readonly note: string | undefined;
}

/**
 * An entry of `devices` with what it runs on, and with what outlives the devices that are made for it one after the
 * other. Made once, when the node starts; {@link closeDevices} ends it.
 */
export type ResolvedDevice =
  | (ResolvedBase & {
      readonly chosenKind: ProviderKind;
      readonly config: OnnxDeviceConfig;
      readonly memory: DeviceMemory;
      readonly script: FaultScript;
    })
  | (ResolvedBase & {
      readonly chosenKind: 'simulated';
      readonly config: SimulatedDeviceConfig;
      readonly card: SimulatedCard;
    });

type OnnxDeviceConfig = CpuDeviceConfig | CudaDeviceConfig | WebgpuDeviceConfig;

export interface ResolveDependencies {
  readonly checkProvider: StateOf;
  readonly createMemoryReader: (device: { readonly kind: string; readonly deviceId: number }) => Promise<DeviceMemory>;
}

/**
 * Chooses what each entry of `devices` runs on: its own kind, else the first of its `fallback` that works here. Each
 * provider is tried once, in a process of its own; `cpu` is taken on trust, since a device that cannot start says so.
 * @throws DeviceError `provider_unavailable` naming what is missing and how to get it, where nothing works
 */
export async function resolveDevices(
  config: Pick<NodeConfig, 'devices'>,
  given: Partial<ResolveDependencies> = {},
): Promise<readonly ResolvedDevice[]> {
  const use: ResolveDependencies = { checkProvider, createMemoryReader, ...given };
  const stateOf = triedOnce(use.checkProvider);
  // All are chosen before anything is opened, so that a failure leaves nothing behind.
  const choices = await Promise.all(
    config.devices.map(async (device, index) => ({
      device,
      index,
      choice: await chooseProvider(device, index, stateOf),
    })),
  );
  return Promise.all(
    choices.map(async ({ device, index, choice }): Promise<ResolvedDevice> => {
      const base = { index, id: deviceId(deviceName(device, index)), note: choice.note };
      if (device.kind === 'simulated' || choice.kind === 'simulated') {
        if (device.kind !== 'simulated') throw new Error('only a simulated device runs simulated');
        return { ...base, chosenKind: 'simulated', config: device, card: new SimulatedCard(device) };
      }
      const memory = await use.createMemoryReader({ kind: choice.kind, deviceId: cardOf(device) });
      return { ...base, chosenKind: choice.kind, config: device, memory, script: new FaultScript() };
    }),
  );
}

/** Lets go what resolving opened. The devices made from it must be closed before. */
export function closeDevices(resolved: readonly ResolvedDevice[]): void {
  for (const device of resolved) if (device.chosenKind !== 'simulated') device.memory.close();
}

/** Asks the state of a provider; `card` matters to `cuda` alone. */
export type StateOf = (kind: ProviderKind, card: number) => Promise<ProviderState>;

/** Tries each provider, and each card of CUDA, once however often it is asked for. */
export function triedOnce(check: StateOf): StateOf {
  const states = new Map<string, Promise<ProviderState>>();
  return (kind, card) => {
    const key = kind === 'cuda' ? `${kind}-${card}` : kind;
    const state = states.get(key) ?? check(kind, card);
    states.set(key, state);
    return state;
  };
}

/**
 * What one entry of `devices` runs on, with the reason where that is not what is configured.
 * @throws DeviceError `provider_unavailable` naming what is missing and how to get it, where nothing works
 */
export async function chooseProvider(
  config: DeviceConfig,
  index: number,
  stateOf: StateOf,
): Promise<{ readonly kind: ProviderKind | 'simulated'; readonly note: string | undefined }> {
  if (config.kind === 'simulated') return { kind: 'simulated', note: undefined };
  const candidates = new Set<ProviderKind>(config.kind === 'cpu' ? ['cpu'] : [config.kind, ...config.fallback]);
  const refused: string[] = [];
  const fixes: string[] = [];
  for (const kind of candidates) {
    // Taken on trust, since a device that cannot start says so, and trying costs time.
    const state: ProviderState = kind === 'cpu' ? { usable: true } : await stateOf(kind, cardOf(config));
    if (state.usable) {
      const note = refused.length === 0 ? undefined : `runs on ${kind}, because ${refused.join('; ')}`;
      return { kind, note };
    }
    refused.push(`${kind} cannot be used: ${state.why}`);
    fixes.push(`for ${kind}: ${state.fix}`);
  }
  const why = `device ${deviceName(config, index)} cannot start. ${refused.join('; ')}. To get it, ${fixes.join('; ')}`;
  throw new DeviceError('provider_unavailable', `${why}. Or let it fall back: devices[${index}].fallback: [cpu]`);
}

/** Which card, where the kind has several. */
export const cardOf = (config: DeviceConfig): number => (config.kind === 'cuda' ? config.deviceId : 0);

/** Makes the device of one entry; each call makes another one, to take the place of the one before. */
export function createDevice(resolved: ResolvedDevice, model: DeviceModel, clock: Clock): Device {
  const { id } = resolved;
  if (resolved.chosenKind === 'simulated') {
    return new SimulatedDevice({ id, config: resolved.config, model, clock, card: resolved.card });
  }
  const { chosenKind, config, memory, script } = resolved;
  return new OnnxDevice({
    id,
    kind: chosenKind,
    executionProviders: [chosenKind === 'cuda' ? { name: 'cuda', deviceId: cardOf(config) } : chosenKind],
    model,
    threads: threadsOf(resolved),
    batchMax: Math.min(config.batchMax, config.kind === chosenKind ? config.batchMax : FALLBACK_BATCH_MAX[chosenKind]),
    memory,
    script,
  });
}

/** A GPU does the work itself: more threads would only wait for it. */
function threadsOf({ chosenKind, config }: Extract<ResolvedDevice, { chosenKind: ProviderKind }>): number {
  if (chosenKind !== 'cpu') return 1;
  return config.kind === 'cpu' ? config.threads : 0;
}

/**
 * A batch size meant for one kind is wrong for another: 32 frames at once keep a CPU busy past every deadline. The
 * defaults of the schema for each kind; an entry may ask for less.
 */
const FALLBACK_BATCH_MAX: Readonly<Record<ProviderKind, number>> = { cuda: 32, webgpu: 8, cpu: 4 };
