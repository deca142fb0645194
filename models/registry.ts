import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError } from '../core/errors.ts';
import { type ModelManifest, readManifest } from './manifest.ts';

/** One ONNX graph on disk whose checksum was right when it was found. */
export interface ModelFile {
  readonly name: string;
  readonly version: string;
  /** Side of the input square in pixels. */
  readonly size: number;
  readonly path: string;
  readonly sha256: string;
  readonly labels: readonly string[];
  readonly manifest: ModelManifest;
}

/**
 * The models in a directory:
 *
 *     <dir>/<name>/<version>/manifest.json
 *                            <name>-<size>.onnx
 *
 * It only reads; importers write. A version's folder never changes once it is there.
 */
export class ModelRegistry {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * Manifests of all models, by name, newest version first. A folder without a manifest is no model.
   *
   * @throws ModelError `model_corrupt` where a manifest is not valid
   */
  async list(): Promise<readonly ModelManifest[]> {
    const names = await folders(this.#dir);
    const perName = await Promise.all(names.sort().map((name) => this.#versions(name)));
    return perName.flat();
  }

  /**
   * The graph of a model at an input size, its checksum checked.
   *
   * @param reference `name` for the newest version, or `name@version`
   * @param size side of the input square in pixels
   * @throws ModelError `model_not_found` where model, version or size is absent; `model_corrupt` where the file or its
   *   manifest is not what was written
   */
  async find(reference: string, size: number): Promise<ModelFile> {
    const manifest = await this.manifest(reference);
    const entry = manifest.files.find((file) => file.size === size);
    if (entry === undefined) {
      const sizes = manifest.files.map((file) => file.size).join(', ');
      throw new ModelError('model_not_found', `${reference} has no input size ${size}, only ${sizes}`);
    }
    const { name, version, labels } = manifest;
    const path = join(this.#dir, name, version, entry.file);
    const actual = await sha256OfFile(path);
    if (actual !== entry.sha256) {
      const what = actual === undefined ? 'cannot be read' : `has SHA-256 ${actual}, expected ${entry.sha256}`;
      throw new ModelError('model_corrupt', `${path} ${what}`);
    }
    return { name, version, size, path, sha256: entry.sha256, labels, manifest };
  }

  /** The manifest of `name` (newest version) or `name@version`. @throws ModelError as {@link find} */
  async manifest(reference: string): Promise<ModelManifest> {
    const [name = '', version] = reference.split('@', 2);
    const versions = await this.#versions(name);
    const found = version === undefined ? versions[0] : versions.find((manifest) => manifest.version === version);
    if (found === undefined) throw new ModelError('model_not_found', `no model ${reference} in ${this.#dir}`);
    return found;
  }

  async #versions(name: string): Promise<readonly ModelManifest[]> {
    // A reference comes from outside: nothing in it may lead out of the directory.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return [];
    const versions = (await folders(join(this.#dir, name))).sort(byVersion).reverse();
    const manifests = await Promise.all(versions.map((version) => readManifest(join(this.#dir, name, version))));
    return manifests.filter((manifest) => manifest !== undefined);
  }
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
