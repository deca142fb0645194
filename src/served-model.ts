import type { DeviceConfig, NodeConfig } from '../config/schema.ts';
import { ModelError } from '../core/errors.ts';
import type { DeviceModel, ModelGraph, Precision } from '../models/device/port.ts';
import { COCO_LABELS } from '../models/import/coco-labels.ts';
import { ensureModel, IMPORTABLE_MODELS } from '../models/import/ensure-model.ts';
import { ModelRegistry } from '../models/registry.ts';
import { modelsDir } from './models-dir.ts';

/** Kind of a device, and of what it may fall back to. */
export type DeviceKind = DeviceConfig['kind'];

/** The model a node serves, on whatever its devices are. */
export interface ServedModel {
  /** `name@version`, the same for every kind of device. */
  readonly key: string;
  readonly labels: readonly string[];
  /** Descending: the one that serves without overload, then those the ladder may fall back to. */
  readonly inputSizes: readonly number[];
  readonly scoreThreshold: number;
  readonly padValue: number;
  /**
   * The model as a device of this kind runs it, `inputSizes` in the same order; the precision may differ by kind.
   * Prepared for the kinds in `devices` and in their `fallback`, and for `simulated`; another one is a bug.
   */
  modelFor(kind: DeviceKind): DeviceModel;
}

/**
 * What `models.precision: auto` means: the fastest measured at under 1 % of detections lost (docs/models.md). int8 loses
 * more than that on the CPU; float16 loses nothing, but how fast it is on a GPU is not measured, so it is not taken
 * unasked.
 */
export const AUTO_PRECISION: Readonly<Record<DeviceKind, Precision>> = {
  cpu: 'float32',
  cuda: 'float32',
  webgpu: 'float32',
  simulated: 'float32',
};

/** Input sizes of nodes whose devices look at no pixels. */
const SIMULATED_SIZES: readonly number[] = [512, 416, 320, 224];

/**
 * The model the node serves, built first where it is the default one and not there yet (seconds, once): every size the
 * node may use, in the precisions its devices need and no other. A node of simulated devices alone needs no files.
 *
 * @throws ModelError `model_not_found` where a size or precision cannot be had, and as {@link ensureModel}
 */
export async function prepareModel(config: NodeConfig): Promise<ServedModel> {
  const kinds = realKinds(config.devices);
  if (kinds.size === 0) return simulatedModel(config);

  const { name } = config.models;
  const dir = modelsDir(config);
  const find = finder(dir, name);
  const { available, precisions } = await formsOf(dir, name);
  const { inputSize } = config.models;
  if (!available.includes(inputSize)) {
    const has = `${name} has no input size ${inputSize}, only ${available.join(', ')}`;
    throw new ModelError('model_not_found', `${has}: set models.inputSize`);
  }
  const sizes = sizesToServe(config, available);
  const precisionFor = (kind: DeviceKind): Precision => precisionOf(config.models.precision, kind, precisions);

  const graphs = new Map<Precision, readonly ModelGraph[]>();
  for (const precision of new Set([...kinds].map(precisionFor))) {
    const found: ModelGraph[] = [];
    for (const size of sizes) found.push({ path: (await find(size, precision)).path, inputSize: size, precision });
    graphs.set(precision, found);
  }
  const [first = inputSize] = sizes;
  const [anyPrecision = 'float32'] = graphs.keys();
  const file = await find(first, anyPrecision);
  const { manifest, labels } = file;
  const common = {
    key: `${file.name}@${file.version}`,
    inputName: manifest.input,
    outputName: manifest.output,
    labels,
    padValue: manifest.preprocessing.padValue,
  };
  return {
    key: common.key,
    labels,
    inputSizes: sizes,
    scoreThreshold: config.models.scoreThreshold ?? manifest.scoreThreshold,
    padValue: common.padValue,
    modelFor: (kind) => {
      if (kind === 'simulated') return { ...common, graphs: withoutFiles(sizes) };
      const own = graphs.get(precisionFor(kind));
      if (!kinds.has(kind) || own === undefined) throw new Error(`no model was prepared for ${kind}`);
      return { ...common, graphs: own };
    },
  };
}

/** Kinds of devices that run a model, those they fall back to included. */
function realKinds(devices: NodeConfig['devices']): ReadonlySet<DeviceKind> {
  const all = devices.flatMap((device) => [device.kind, ...('fallback' in device ? device.fallback : [])]);
  return new Set(all.filter((kind) => kind !== 'simulated'));
}

/** `models.inputSize` first, then the smaller ones the overload ladder may use, descending. */
function sizesToServe(config: NodeConfig, available: readonly number[]): readonly number[] {
  const { inputSize } = config.models;
  const smaller = (config.overload.inputSizes ?? available).filter((size) => size < inputSize);
  return [inputSize, ...[...new Set(smaller)].sort((a, b) => b - a)];
}

/** What is asked for; `auto` takes what {@link AUTO_PRECISION} says or, of a model that has it not, what it has. */
export function precisionOf(
  asked: NodeConfig['models']['precision'],
  kind: DeviceKind,
  precisions: readonly Precision[],
): Precision {
  if (asked !== 'auto') return asked;
  const [first = AUTO_PRECISION[kind]] = precisions;
  return precisions.includes(AUTO_PRECISION[kind]) ? AUTO_PRECISION[kind] : first;
}

/** Sizes and precisions a model can be had in. */
async function formsOf(dir: string, name: string) {
  const importable = IMPORTABLE_MODELS.get(name);
  if (importable !== undefined) return { available: importable.inputSizes, precisions: importable.precisions };
  const { inputSizes, files } = await new ModelRegistry(dir).manifest(name);
  return { available: inputSizes, precisions: [...new Set(files.map(({ precision }) => precision))] };
}

function finder(dir: string, name: string) {
  if (IMPORTABLE_MODELS.has(name)) {
    return (size: number, precision: Precision) => ensureModel({ dir, name, size, precision });
  }
  const registry = new ModelRegistry(dir);
  return (size: number, precision: Precision) => registry.find(name, size, precision);
}

function simulatedModel(config: NodeConfig): ServedModel {
  const sizes = sizesToServe(config, SIMULATED_SIZES);
  const model: DeviceModel = {
    key: 'simulated@1',
    graphs: withoutFiles(sizes),
    inputName: '',
    outputName: '',
    labels: COCO_LABELS,
    padValue: 0,
  };
  return {
    key: model.key,
    labels: model.labels,
    inputSizes: sizes,
    scoreThreshold: config.models.scoreThreshold ?? 0,
    padValue: model.padValue,
    modelFor: (kind) => {
      if (kind !== 'simulated') throw new Error(`no model was prepared for ${kind}`);
      return model;
    },
  };
}

function withoutFiles(sizes: readonly number[]): readonly ModelGraph[] {
  return sizes.map((inputSize) => ({ path: '', inputSize, precision: 'float32' as const }));
}
