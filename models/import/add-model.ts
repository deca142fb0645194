import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import { errorCode, ModelError } from '../../core/errors.ts';
import { MANIFEST_FILE, MANIFEST_SCHEMA_VERSION, type ModelManifest, manifestSchema } from '../manifest.ts';
import { ModelRegistry } from '../registry.ts';
import type { DetectorLayout } from './detector-layout.ts';
import { IMPORTABLE_MODELS } from './ensure-model.ts';
import { YOLO_FAMILIES } from './graft-yolo.ts';
import { graphsOf, type ServableGraph } from './graphs-of-file.ts';
import { sha256Of } from './model-source.ts';
import { MODEL_FILE_BYTES_MAX, readOnnxFile } from './onnx-file.ts';
import { putInPlace } from './put-in-place.ts';

/** Counts up with every change of what is grafted onto a file. */
const GRAFT_REVISION = 1;

export interface AddModelRequest {
  /** Directory of all models; made where it is missing. */
  readonly dir: string;
  readonly name: string;
  readonly version: string;
  /** ONNX files of the same detector: one, or one a size. */
  readonly files: readonly string[];
  /** Class names by class number. */
  readonly labels: readonly string[];
  /** Guessed where not given. */
  readonly layout?: DetectorLayout | undefined;
  /** Input sizes to build from a file whose size is open; a file of fixed size has its own. */
  readonly sizes: readonly number[];
  readonly scoreThreshold: number;
  readonly licence: string;
  /** As the family does it where not given. */
  readonly overlapMax?: number | undefined;
  readonly classWise?: boolean | undefined;
  /** Puts it in the place of the same version. */
  readonly replace: boolean;
}

export interface AddedModel {
  readonly manifest: ModelManifest;
  readonly folder: string;
  readonly layout: DetectorLayout;
  /** Frames of a batch run one after the other, because a file takes one only. */
  readonly oneByOne: boolean;
}

/**
 * Makes a detector somebody exported one that a node can serve, and puts it into the models directory: as a whole or not
 * at all. Each graph is run before (see {@link graphsOf}).
 *
 * @throws ModelError `model_name_reserved`, `model_exists`, `model_file_unreadable`, `model_size_unknown`,
 *   `model_size_unsupported`, and what {@link readOnnxFile} and {@link graphsOf} throw; messages begin with the file's name
 */
export async function addModel(request: AddModelRequest): Promise<AddedModel> {
  const { dir, name, version } = request;
  if (IMPORTABLE_MODELS.has(name)) {
    throw new ModelError('model_name_reserved', `${name} is the model that comes along: choose another name`);
  }
  if (!request.replace && (await isThere(dir, name, version))) throw exists(name, version);
  const files: ModelManifest['files'] = [];
  const sources: ModelManifest['source']['files'] = [];
  const made: ServableGraph[] = [];
  const opsets: number[] = [];
  const parent = join(dir, name);
  const work = join(parent, `.${version}.${process.pid}.${randomBytes(4).toString('hex')}`);
  try {
    for (const path of request.files) {
      const source = await readSource(path);
      sources.push({ path: basename(path), sha256: sha256Of(source) });
      await told(path, async () => {
        const file = readOnnxFile(source);
        opsets.push(file.opset);
        for (const graph of await graphsOf(file, request)) {
          const { size, bytes } = graph;
          const { precision } = file;
          if (files.some((each) => each.size === size && each.precision === precision)) {
            throw new ModelError('model_size_unsupported', `another file has ${size} pixels in ${precision} already`);
          }
          const own = `${name}-${size}${precision === 'float32' ? '' : `.${precision}`}.onnx`;
          await mkdir(work, { recursive: true });
          await writeFile(join(work, own), bytes);
          files.push({ size, precision, file: own, bytes: bytes.byteLength, sha256: sha256Of(bytes) });
          made.push(graph);
        }
      });
    }
    const [first] = made;
    if (first === undefined) throw new Error('no file given');
    if (
      made.some(
        (each) =>
          each.layout !== first.layout || each.inputName !== first.inputName || each.outputName !== first.outputName,
      )
    ) {
      throw new ModelError('model_layout_unknown', 'the files differ in their layout or in the names of their ports');
    }
    const manifest: ModelManifest = manifestSchema.parse({
      schemaVersion: MANIFEST_SCHEMA_VERSION,
      name,
      version,
      task: 'detect',
      labels: [...request.labels],
      inputSizes: [...new Set(files.map(({ size }) => size))].sort((a, b) => a - b),
      files: files.toSorted((a, b) => a.size - b.size),
      source: { package: sources[0]?.path ?? '', version: sources[0]?.sha256.slice(0, 12) ?? '', files: sources },
      licence: request.licence,
      preprocessing: {
        colorOrder: 'rgb',
        range: [0, 255],
        letterbox: 'centre',
        padValue: first.layout === 'boxes' ? 0 : YOLO_FAMILIES[first.layout].padValue,
      },
      input: first.inputName,
      output: first.outputName,
      detectionsMax: BOXES_PER_FRAME,
      opset: Math.min(...opsets),
      scoreThreshold: request.scoreThreshold,
      importerRevision: GRAFT_REVISION,
      layout: first.layout,
    });
    await writeFile(join(work, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    const folder = join(parent, version);
    if (!(await putInPlace(work, folder, async () => !request.replace))) throw exists(name, version);
    return { manifest, folder, layout: first.layout, oneByOne: made.some((each) => each.oneByOne) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const exists = (name: string, version: string): ModelError =>
  new ModelError('model_exists', `${name}@${version} is there already: give another version, or --force`);

async function isThere(dir: string, name: string, version: string): Promise<boolean> {
  try {
    await new ModelRegistry(dir).manifest(`${name}@${version}`);
    return true;
  } catch (error) {
    return errorCode(error) !== 'model_not_found';
  }
}

async function readSource(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MODEL_FILE_BYTES_MAX) {
      throw new ModelError('model_file_too_large', `${path}: ${size} bytes, at most ${MODEL_FILE_BYTES_MAX}`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('model_file_unreadable', `cannot read ${path}: ${errorCode(cause)}`, { cause });
  }
}

/** Says of what goes wrong in which file it does. */
async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${basename(path)}: ${error.message}`, { cause: error });
  }
}
