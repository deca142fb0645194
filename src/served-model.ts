import type { DeviceConfig, NodeConfig } from '../config/schema.ts';
import type { DeviceModel } from '../models/device/port.ts';
import { COCO_LABELS } from '../models/import/coco-labels.ts';
import { ensureModel, IMPORTABLE_MODELS } from '../models/import/ensure-model.ts';
import { ModelRegistry } from '../models/registry.ts';
import { modelsDir } from './models-dir.ts';

export type DeviceKind = DeviceConfig['kind'];

/** STOPGAP written by the lead so that the node runs: helper C replaces this file (precision per kind). */
export interface ServedModel {
  readonly key: string;
  readonly labels: readonly string[];
  readonly inputSizes: readonly number[];
  readonly scoreThreshold: number;
  readonly padValue: number;
  modelFor(kind: DeviceKind): DeviceModel;
}

const SIZES = [512, 416, 320, 224];

export async function prepareModel(config: NodeConfig): Promise<ServedModel> {
  const { name, inputSize } = config.models;
  const smaller = config.overload.inputSizes ?? SIZES;
  const inputSizes = [inputSize, ...smaller.filter((s) => s < inputSize).sort((a, b) => b - a)];
  const simulated: DeviceModel = {
    key: 'simulated@1',
    graphs: inputSizes.map((s) => ({ path: '', inputSize: s, precision: 'float32' })),
    inputName: '',
    outputName: '',
    labels: COCO_LABELS,
    padValue: 0,
  };
  const base = { inputSizes, labels: COCO_LABELS };
  if (config.devices.every((device) => device.kind === 'simulated')) {
    return { ...base, key: simulated.key, scoreThreshold: config.models.scoreThreshold ?? 0, padValue: 0, modelFor: () => simulated };
  }
  const dir = modelsDir(config);
  const files = await Promise.all(
    inputSizes.map((size) =>
      IMPORTABLE_MODELS.has(name) ? ensureModel({ dir, name, size }) : new ModelRegistry(dir).find(name, size),
    ),
  );
  const first = files[0];
  if (first === undefined) throw new Error('no size');
  const key = `${first.name}@${first.version}`;
  const model: DeviceModel = {
    key,
    graphs: files.map((f) => ({ path: f.path, inputSize: f.size, precision: 'float32' })),
    inputName: first.manifest.input,
    outputName: first.manifest.output,
    labels: first.labels,
    padValue: first.manifest.preprocessing.padValue,
  };
  return {
    ...base,
    key,
    labels: first.labels,
    scoreThreshold: config.models.scoreThreshold ?? first.manifest.scoreThreshold,
    padValue: model.padValue,
    modelFor: (kind) => (kind === 'simulated' ? { ...simulated, key } : model),
  };
}
