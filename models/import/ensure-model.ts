import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import { errorCode, ModelError } from '../../core/errors.ts';
import type { Precision } from '../device/port.ts';
import { MANIFEST_FILE, MANIFEST_SCHEMA_VERSION, type ModelManifest } from '../manifest.ts';
import { type ModelFile, ModelRegistry } from '../registry.ts';
import { centernet } from './centernet.ts';
import { IMPORTER_REVISION, type ImportableModel, INPUT_NAME, OUTPUT_NAME, versionOf } from './importable-model.ts';
import { readModelSource, sha256Of } from './model-source.ts';
import { putInPlace } from './put-in-place.ts';
import { encodeOnnx, OPSET } from './write-onnx.ts';

/** Models the importer can build, by name. */
export const IMPORTABLE_MODELS: ReadonlyMap<string, ImportableModel> = new Map([[centernet.name, centernet]]);

export interface EnsureModelRequest {
  /** Directory of all models; made where it is missing. */
  readonly dir: string;
  readonly name: string;
  /** Side of the input square in pixels. */
  readonly size: number;
  /** float32 where not said. */
  readonly precision?: Precision | undefined;
}

/**
 * The checked file of an importable model at one size, built first where it is missing or damaged.
 *
 * All sizes of a precision are built together into a folder of their own, which is then renamed into place: a precision
 * is there as a whole or not at all, and its folder never changes. What nobody asks for is not built. Of concurrent calls, in any number of processes, one's
 * folder stays and all of them find it; the bytes would be the same anyway.
 *
 * @throws ModelError `model_not_found` for a name or size that cannot be built; `model_source_missing`,
 *   `model_source_changed`, `model_unsupported`, `model_source_invalid` as the importer's parts say
 */
export async function ensureModel(request: EnsureModelRequest): Promise<ModelFile> {
  const model = IMPORTABLE_MODELS.get(request.name);
  if (model === undefined) {
    const known = [...IMPORTABLE_MODELS.keys()].join(', ');
    throw new ModelError('model_not_found', `no importable model ${request.name}, only ${known}`);
  }
  if (!model.inputSizes.includes(request.size)) {
    const sizes = model.inputSizes.join(', ');
    throw new ModelError('model_not_found', `${model.name} has no input size ${request.size}, only ${sizes}`);
  }
  const precision = request.precision ?? 'float32';
  if (!model.precisions.includes(precision)) {
    const precisions = model.precisions.join(', ');
    throw new ModelError('model_not_found', `${model.name} cannot be built in ${precision}, only ${precisions}`);
  }
  const registry = new ModelRegistry(request.dir);
  const reference = `${model.name}@${versionOf(model)}`;
  try {
    return await registry.find(reference, request.size, precision);
  } catch (error) {
    if (!['model_not_found', 'model_corrupt'].includes(errorCode(error))) throw error;
  }
  await importModel(model, request.dir, precision);
  return registry.find(reference, request.size, precision);
}

/** Where a precision of a version lies beside the others: float32 under the version's own name. */
export function folderOf(model: ImportableModel, precision: Precision): string {
  return precision === 'float32' ? versionOf(model) : `${versionOf(model)}.${precision}`;
}

/** Builds all sizes of a model in one precision and puts them in place of whatever lies there. */
async function importModel(model: ImportableModel, dir: string, precision: Precision): Promise<void> {
  const graph = await readModelSource(model);
  const version = versionOf(model);
  const parent = join(dir, model.name);
  const folder = folderOf(model, precision);
  const work = join(parent, `.${folder}.${process.pid}.${randomBytes(4).toString('hex')}`);
  await mkdir(work, { recursive: true });
  try {
    const files: ModelManifest['files'] = [];
    for (const size of model.inputSizes) {
      const bytes = encodeOnnx(model.build(graph, size, precision), `${model.name}-${size}`, {
        name: 'camshard',
        version,
      });
      const file = `${model.name}-${size}${precision === 'float32' ? '' : `.${precision}`}.onnx`;
      await writeFile(join(work, file), bytes);
      files.push({ size, precision, file, bytes: bytes.byteLength, sha256: sha256Of(bytes) });
    }
    const manifest = `${JSON.stringify(manifestOf(model, files), null, 2)}\n`;
    await writeFile(join(work, MANIFEST_FILE), manifest);
    const registry = new ModelRegistry(dir);
    await putInPlace(work, join(parent, folder), () =>
      allFound(registry, `${model.name}@${version}`, model.inputSizes, precision),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function allFound(
  registry: ModelRegistry,
  reference: string,
  sizes: readonly number[],
  precision: Precision,
): Promise<boolean> {
  try {
    for (const size of sizes) await registry.find(reference, size, precision);
    return true;
  } catch {
    return false;
  }
}

function manifestOf(model: ImportableModel, files: ModelManifest['files']): ModelManifest {
  const { source } = model;
  return {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    name: model.name,
    version: versionOf(model),
    task: model.task,
    labels: [...model.labels],
    inputSizes: [...model.inputSizes],
    files,
    source: { package: source.package, version: source.version, files: [source.graph, source.weights] },
    licence: model.licence,
    preprocessing: model.preprocessing,
    input: INPUT_NAME,
    output: OUTPUT_NAME,
    detectionsMax: BOXES_PER_FRAME,
    opset: OPSET,
    scoreThreshold: model.scoreThreshold,
    importerRevision: IMPORTER_REVISION,
  };
}
