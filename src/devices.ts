import type { DeviceConfig, NodeConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { deviceId } from '../core/ids.ts';
import { OnnxDevice } from '../models/device/onnx-device.ts';
import type { Device, DeviceModel } from '../models/device/port.ts';
import { SimulatedDevice } from '../models/device/simulated-device.ts';
import { COCO_LABELS } from '../models/import/coco-labels.ts';
import { ensureModel, IMPORTABLE_MODELS } from '../models/import/ensure-model.ts';
import { ModelRegistry } from '../models/registry.ts';
import { modelsDir } from './models-dir.ts';

export interface ServedModel {
  readonly model: DeviceModel;
  readonly scoreThreshold: number;
}

/**
 * The model the node serves, built first where it is the default one and not there yet (seconds, once). A node of
 * simulated devices alone needs none.
 * @throws ModelError
 */
export async function prepareModel(config: NodeConfig): Promise<ServedModel> {
  const { name, inputSize } = config.models;
  if (config.devices.every((device) => device.kind === 'simulated')) {
    const model = {
      key: 'simulated@1',
      path: '',
      inputSize,
      inputName: '',
      outputName: '',
      labels: COCO_LABELS,
      padValue: 0,
    };
    return { model, scoreThreshold: config.models.scoreThreshold ?? 0 };
  }
  const dir = modelsDir(config);
  const file = IMPORTABLE_MODELS.has(name)
    ? await ensureModel({ dir, name, size: inputSize })
    : await new ModelRegistry(dir).find(name, inputSize);
  return {
    model: {
      key: `${file.name}@${file.version}`,
      path: file.path,
      inputSize,
      inputName: file.manifest.input,
      outputName: file.manifest.output,
      labels: file.labels,
      padValue: file.manifest.preprocessing.padValue,
    },
    scoreThreshold: config.models.scoreThreshold ?? file.manifest.scoreThreshold,
  };
}

export const deviceName = (config: DeviceConfig, index: number): string => `${config.kind}-${index}`;

/** Makes the device of one entry of `devices`. */
export function createDevice(config: DeviceConfig, index: number, model: DeviceModel, clock: Clock): Device {
  const id = deviceId(deviceName(config, index));
  switch (config.kind) {
    case 'cpu':
      return new OnnxDevice({
        id,
        kind: config.kind,
        executionProviders: ['cpu'],
        model,
        threads: config.threads,
        batchMax: config.batchMax,
      });
    case 'simulated':
      return new SimulatedDevice({ id, config, inputSize: model.inputSize, classes: model.labels.length, clock });
  }
}
