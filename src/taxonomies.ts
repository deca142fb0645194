import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parse } from 'yaml';
import { type Taxonomy, taxonomyOf } from '../analytics/waste/taxonomy.ts';
import type { FaultPath } from '../config/camera-settings/fault.ts';
import { type CameraSettings, settingsName } from '../config/camera-settings/schema.ts';
import type { NodeConfig } from '../config/schema.ts';
import { suggestKey } from '../config/suggest.ts';
import { coco } from '../config/taxonomies/coco.ts';
import { sorting } from '../config/taxonomies/sorting.ts';
import { TAXONOMY_BYTES_MAX, taxonomySchema } from '../config/taxonomy.ts';
import { ConfigError, errorCode, errorMessage } from '../core/errors.ts';

/** Those that come with the product. */
const BUILT_IN = { coco, sorting };
/** Files looked at in the folder. */
const FILES_MAX = 200;

/** A file in the folder that is no taxonomy. */
export interface TaxonomyFault {
  readonly file: string;
  readonly message: string;
}

/** The tables that say which material each class of a model is: built-in ones, and those of a folder. */
export class Taxonomies {
  /** Files that were passed over. */
  readonly faults: readonly TaxonomyFault[];
  readonly #byName: ReadonlyMap<string, Taxonomy>;
  readonly #inline = new WeakMap<object, Taxonomy>();

  private constructor(byName: ReadonlyMap<string, Taxonomy>, faults: readonly TaxonomyFault[]) {
    this.#byName = byName;
    this.faults = faults;
  }

  /**
   * @param dir its `<name>.yaml`, `.yml` and `.json` are read, and stand before built-in ones of the same name; it need
   * not exist. Faulty files are passed over: see {@link faults}.
   */
  static async open(dir: string): Promise<Taxonomies> {
    const byName = new Map<string, Taxonomy>();
    const faults: TaxonomyFault[] = [];
    for (const [name, table] of Object.entries(BUILT_IN)) byName.set(name, taxonomyOf(name, table));
    const files = await listFiles(dir, faults);
    const given = new Set<string>();
    for (const file of files) {
      try {
        const name = file.slice(0, -extname(file).length);
        if (!settingsName.safeParse(name).success) throw new Error('its name may hold letters, digits, . _ and - only');
        if (given.has(name)) throw new Error(`there is another file for "${name}"`);
        byName.set(name, await readTaxonomy(join(dir, file), name));
        given.add(name);
      } catch (error) {
        faults.push({ file: join(dir, file), message: errorMessage(error) });
      }
    }
    return new Taxonomies(byName, faults);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** What a camera's settings have chosen. Undefined where it measures no waste or where there is none of this name. */
  of({ pipeline, waste: { taxonomy } }: CameraSettings): Taxonomy | undefined {
    if (pipeline !== 'waste') return undefined;
    if (typeof taxonomy === 'string') return this.#byName.get(taxonomy);
    let made = this.#inline.get(taxonomy);
    if (made === undefined) {
      made = taxonomyOf('inline', taxonomy);
      this.#inline.set(taxonomy, made);
    }
    return made;
  }

  /** What is wrong with a camera's taxonomy: there is none of this name, or it has no such material. */
  check(settings: CameraSettings): { at: FaultPath; message: string }[] {
    const { taxonomy: given, allowed } = settings.waste;
    if (settings.pipeline !== 'waste' || typeof given !== 'string') return [];
    const taxonomy = this.#byName.get(given);
    if (taxonomy === undefined) {
      return [{ at: ['waste', 'taxonomy'], message: unknown('taxonomy', given, this.names) }];
    }
    return (allowed ?? []).flatMap((material, i) =>
      taxonomy.materials.includes(material)
        ? []
        : [{ at: ['waste', 'allowed', i], message: unknown('material', material, taxonomy.materials) }],
    );
  }
}

/**
 * The taxonomy of one camera's settings.
 * @returns undefined unless it measures waste
 * @throws ConfigError `settings_refused` where the settings name none there is, or materials it does not have
 */
export async function taxonomyFor(settings: CameraSettings, config: NodeConfig): Promise<Taxonomy | undefined> {
  if (settings.pipeline !== 'waste') return undefined;
  const taxonomies = await Taxonomies.open(join(config.node.dataDir, 'taxonomies'));
  const [fault] = taxonomies.check(settings);
  if (fault !== undefined) throw new ConfigError('settings_refused', fault.message);
  return taxonomies.of(settings);
}

async function listFiles(dir: string, faults: TaxonomyFault[]): Promise<readonly string[]> {
  try {
    const files = await readdir(dir);
    return files
      .filter((f) => ['.yaml', '.yml', '.json'].includes(extname(f)))
      .sort()
      .slice(0, FILES_MAX);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') faults.push({ file: dir, message: errorMessage(error) });
    return [];
  }
}

async function readTaxonomy(path: string, name: string): Promise<Taxonomy> {
  const { size } = await stat(path);
  if (size > TAXONOMY_BYTES_MAX) throw new Error(`over ${TAXONOMY_BYTES_MAX} bytes`);
  const table = taxonomySchema.safeParse(parse(await readFile(path, 'utf8')));
  if (table.success) return taxonomyOf(name, table.data);
  const [issue] = table.error.issues;
  const at = issue?.path.join('.') ?? '';
  throw new Error(`${at === '' ? '' : `${at}: `}${issue?.message ?? 'is no table of materials by class'}`);
}

function unknown(what: string, name: string, known: readonly string[]): string {
  const meant = suggestKey(name, known);
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `there is no ${what} "${name}"; ${hint}`;
}
