import type { NodeConfig } from '../../../config/schema.ts';
import { errorCode, errorMessage } from '../../../core/errors.ts';
import { IMPORTABLE_MODELS } from '../../../models/import/ensure-model.ts';
import { ModelRegistry } from '../../../models/registry.ts';
import { modelsDir } from '../../models-dir.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';

/** Whether the model that would serve is there and is what was written. */
export async function checkModel(config: NodeConfig): Promise<CheckResult> {
  const { name, inputSize } = config.models;
  if (config.devices.every((device) => device.kind === 'simulated')) {
    return ok('model', 'none needed: all devices are simulated');
  }
  const dir = modelsDir(config);
  try {
    const registry = new ModelRegistry(dir);
    const { files } = await registry.manifest(name);
    // One that somebody added may be there in another precision only.
    const precision = files.find(({ size }) => size === inputSize)?.precision;
    const file = await registry.find(name, inputSize, precision);
    return ok('model', `${file.name}@${file.version} at ${inputSize}: checksum right (${file.path})`);
  } catch (error) {
    const importable = IMPORTABLE_MODELS.has(name);
    if (importable && errorCode(error) === 'model_not_found') {
      return warn(
        'model',
        `${name} is not built yet in ${dir}`,
        'the first start builds it in seconds; or: camshard models import',
      );
    }
    const hint = importable
      ? `remove ${dir}/${name} and run: camshard models import`
      : 'camshard models ls lists what is there';
    return fail('model', errorMessage(error), hint);
  }
}
