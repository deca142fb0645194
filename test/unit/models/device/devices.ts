import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeConfigSchema, type SimulatedDeviceConfig } from '../../../../config/schema.ts';
import { deviceId } from '../../../../core/ids.ts';
import type { MemoryReader } from '../../../../models/device/memory/memory-reader.ts';
import type { DeviceModel, InferenceBatch } from '../../../../models/device/port.ts';
import { ensureModel } from '../../../../models/import/ensure-model.ts';
import { greedyGraph } from './greedy-graph.ts';

export const DEVICE_ID = deviceId('device-0');

/** The default model at these input sizes. */
export async function centernetModel(dir: string, sizes: readonly number[]): Promise<DeviceModel> {
  const files = await Promise.all(sizes.map((size) => ensureModel({ dir, name: 'centernet', size })));
  const first = files[0];
  if (first === undefined) throw new Error('no input size');
  return {
    key: `${first.name}@${first.version}`,
    graphs: files.map((file, i) => ({ path: file.path, inputSize: sizes[i] ?? 0, precision: 'float32' })),
    inputName: first.manifest.input,
    outputName: first.manifest.output,
    labels: first.labels,
    padValue: first.manifest.preprocessing.padValue,
  };
}

/** A model that loads at once, finds nothing and has memory for `framesMax` frames a batch; see {@link greedyGraph}. */
export async function greedyModel(dir: string, sizes: readonly number[], framesMax: number): Promise<DeviceModel> {
  const graphs = sizes.map((inputSize) => ({
    path: join(dir, `greedy-${inputSize}-${framesMax}.onnx`),
    inputSize,
    precision: 'float32' as const,
  }));
  for (const { path, inputSize } of graphs) await writeFile(path, greedyGraph(inputSize, framesMax));
  return { key: 'greedy@1', graphs, inputName: 'frames', outputName: 'boxes', labels: ['nothing'], padValue: 0 };
}

/** A simulated device's configuration: what is not given is quick and without noise. */
export function simulatedConfig(overrides: Partial<SimulatedDeviceConfig> = {}): SimulatedDeviceConfig {
  const config = nodeConfigSchema.parse({
    devices: [{ kind: 'simulated', baseMs: 5, perFrameMs: 1, noise: 0, batchMax: 4, decode: true, detections: 2 }],
  }).devices[0];
  if (config?.kind !== 'simulated') throw new Error('not the device asked for');
  return { ...config, ...overrides };
}

/** A card of which this process holds a byte more each time somebody looks. */
export function growingMemory(): MemoryReader {
  let ownBytes = 0;
  return {
    read: () => {
      ownBytes++;
      return Promise.resolve({ totalBytes: 1_000_000, usedBytes: 1_000 + ownBytes, ownBytes });
    },
  };
}

export function batchOf(count: number, inputSize: number, value = 90): InferenceBatch {
  return { inputSize, count, pixels: new Uint8Array(count * inputSize * inputSize * 3).fill(value) };
}

/** Operating-system threads of this process, native ones included. */
export const threadCount = (): number => readdirSync('/proc/self/task').length;
