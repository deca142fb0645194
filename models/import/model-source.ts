import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import type { ImportableModel, SourceFile } from './importable-model.ts';
import { readTfjsGraph, type TfGraph } from './tfjs-graph.ts';

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The folder of an installed npm package. Looked up by folder, because `exports` of the packages that carry models do
 * not let their model files, nor package.json, be resolved by name.
 *
 * @throws ModelError `model_source_missing`
 */
export function packageFolder(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  if (found === undefined) throw new ModelError('model_source_missing', `npm package ${name} is not installed`);
  return found;
}

/**
 * Reads and checks what a model is built from.
 *
 * @param folder where the package lies, for tests; else it is looked up.
 * @throws ModelError `model_source_missing`; `model_source_changed` where a file is not the one the importer was
 *   written and tested for
 */
export async function readModelSource(
  model: ImportableModel,
  folder = packageFolder(model.source.package),
): Promise<TfGraph> {
  const [json, weights] = await Promise.all([
    readChecked(folder, model.source.graph),
    readChecked(folder, model.source.weights),
  ]);
  return readTfjsGraph(json.toString('utf8'), weights);
}

async function readChecked(folder: string, file: SourceFile): Promise<Buffer> {
  const path = join(folder, file.path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ModelError('model_source_missing', `cannot read ${path}`, { cause });
  }
  const sha256 = sha256Of(bytes);
  if (sha256 !== file.sha256) {
    throw new ModelError('model_source_changed', `${path} has SHA-256 ${sha256}, expected ${file.sha256}`);
  }
  return bytes;
}
