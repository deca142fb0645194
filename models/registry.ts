import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError } from '../core/errors.ts';
import type { Precision } from './device/port.ts';
import { type ModelManifest, readManifest } from './manifest.ts';

/** One ONNX graph on disk whose checksum was right when it was found. */
export interface ModelFile {
  readonly name: string;
  readonly version: string;
  /** Side of the input square in pixels. */
  readonly size: number;
  readonly precision: Precision;
  readonly path: string;
  readonly sha256: string;
  readonly labels: readonly string[];
  /** Of the whole version, with its files in all precisions. */
  readonly manifest: ModelManifest;
}

/** One folder of a version, with its own manifest. */
interface Folder {
  readonly path: string;
  readonly manifest: ModelManifest;
}

/**
 * The models in a directory:
 *
 *     <dir>/<name>/<version>/manifest.json
 *                            <name>-<size>.onnx
 *           <version>.int8/manifest.json        the same version in another precision, where it was asked for
 *                          <name>-<size>.int8.onnx
 *
 * It only reads; importers write. A folder never changes once it is there. Folders whose manifests name the same version
 * are one model with the files of all of them; the folders' names do not matter.
 */
export class ModelRegistry {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Manifests of all models, by name, newest version first, each with the files of all precisions. A folder without a
   * manifest is no model.
   *
   * @throws ModelError `model_corrupt` where a manifest is not valid
   */
  async list(): Promise<readonly ModelManifest[]> {
    const names = await folders(this.#dir);
    const perName = await Promise.all(names.sort().map((name) => this.#folders(name)));
    return perName.flatMap((found) => versionsOf(found).map((version) => merged(version)));
  }

  /**
   * The graph of a model at an input size, its checksum checked.
   *
   * @param reference `name` for the newest version, or `name@version`
   * @param size side of the input square in pixels
   * @throws ModelError `model_not_found` where model, version, size or precision is absent; `model_corrupt` where the
   *   file or its manifest is not what was written
   */
  async find(reference: string, size: number, precision: Precision = 'float32'): Promise<ModelFile> {
    const version = await this.#version(reference);
    const manifest = merged(version);
    const inPrecision = version.flatMap(({ path, manifest: { files } }) =>
      files.filter((file) => file.precision === precision).map((file) => ({ ...file, path: join(path, file.file) })),
    );
    const file = inPrecision.find((each) => each.size === size);
    if (file === undefined) {
      const sizes = inPrecision.map((each) => each.size).join(', ');
      const what =
        sizes === '' ? `is not there in ${precision}` : `has no input size ${size} in ${precision}, only ${sizes}`;
      throw new ModelError('model_not_found', `${reference} ${what}`);
    }
    const { path, sha256 } = file;
    const actual = await sha256OfFile(path);
    if (actual !== sha256) {
      const what = actual === undefined ? 'cannot be read' : `has SHA-256 ${actual}, expected ${sha256}`;
      throw new ModelError('model_corrupt', `${path} ${what}`);
    }
    const { name, labels } = manifest;
    return { name, version: manifest.version, size, precision, path, sha256, labels, manifest };
  }

  /** The manifest of `name` (newest version) or `name@version`, all precisions. @throws ModelError as {@link find} */
  async manifest(reference: string): Promise<ModelManifest> {
    return merged(await this.#version(reference));
  }

  async #version(reference: string): Promise<Version> {
    const [name = '', version] = reference.split('@', 2);
    const versions = versionsOf(await this.#folders(name));
    const found = version === undefined ? versions[0] : versions.find(([first]) => first.manifest.version === version);
    if (found === undefined) throw new ModelError('model_not_found', `no model ${reference} in ${this.#dir}`);
    return found;
  }

  async #folders(name: string): Promise<readonly Folder[]> {
    // A reference comes from outside: nothing in it may lead out of the directory.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return [];
    const paths = (await folders(join(this.#dir, name))).sort().map((folder) => join(this.#dir, name, folder));
    const found = await Promise.all(paths.map(async (path) => ({ path, manifest: await readManifest(path) })));
    return found.flatMap(({ path, manifest }) => (manifest === undefined ? [] : [{ path, manifest }]));
  }
}

/** The folders of one version, at least one. */
type Version = readonly [Folder, ...Folder[]];

/** Newest version first; of one version's folders, the one with the shortest name (float32) first. */
function versionsOf(found: readonly Folder[]): readonly Version[] {
  const versions = new Map<string, [Folder, ...Folder[]]>();
  for (const folder of found) {
    const others = versions.get(folder.manifest.version);
    if (others === undefined) versions.set(folder.manifest.version, [folder]);
    else others.push(folder);
  }
  return [...versions].sort(([a], [b]) => byVersion(b, a)).map(([, ofVersion]) => ofVersion);
}

/** One manifest with the files of all folders. */
function merged([first, ...others]: Version): ModelManifest {
  return { ...first.manifest, files: [first, ...others].flatMap(({ manifest }) => manifest.files) };
}

/** Orders `3.3.6-2` before `3.3.6-10`: digits count as numbers. */
function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Folders whose names start with a dot are an importer's work in progress. */
async function folders(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
  } catch {
    return [];
  }
}

async function sha256OfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
