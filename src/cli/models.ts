import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../../config/load.ts';
import type { Precision } from '../../models/device/port.ts';
import { ensureModel, IMPORTABLE_MODELS } from '../../models/import/ensure-model.ts';
import { type ModelManifest, PRECISIONS } from '../../models/manifest.ts';
import { ModelRegistry } from '../../models/registry.ts';
import { modelsDir } from '../models-dir.ts';
import { registerAdd } from './models-add.ts';
import { JSON_HELP } from './options.ts';
import { stdoutTable } from './text/stdout-table.ts';
import { bytesText } from './text/units.ts';

/** The folder asked for, else the one a node with this configuration uses. */
function dirOf(options: Pick<ListOptions, 'config' | 'dir'>): string {
  return options.dir ?? modelsDir(loadConfig({ file: options.config, env: process.env }).config);
}

interface ListOptions {
  readonly config?: string;
  readonly dir?: string;
  readonly json?: boolean;
}

interface ImportOptions extends ListOptions {
  readonly name: string;
  readonly size: readonly number[];
  readonly precision: Precision;
}

/** Adds `camshard models ls`, `show` and `import`. */
export function registerModels(program: Command): void {
  const models = program
    .command('models')
    .description('list the models of this node, build the importable ones and add your own');
  const names = [...IMPORTABLE_MODELS.keys()].join(', ');

  models
    .command('ls')
    .description('list the models in the models directory')
    .option('--config <file>', 'YAML or JSON file that says where models lie (default: $CAMSHARD_CONFIG)')
    .option('--dir <path>', 'models directory (default: as configured)')
    .option('--json', JSON_HELP)
    .action(listModels);

  models
    .command('show')
    .description('show the files of one model: input sizes, precisions, checksums')
    .argument('<model>', 'name for the newest version, or name@version')
    .option('--config <file>', 'YAML or JSON file that says where models lie (default: $CAMSHARD_CONFIG)')
    .option('--dir <path>', 'models directory (default: as configured)')
    .option('--json', JSON_HELP)
    .action(showModel);

  models
    .command('import')
    .description('build a model from its npm package, all of its input sizes, unless it is there already')
    .option('--name <name>', `one of: ${names}`, 'centernet')
    .option('--size <pixels...>', 'list only these input sizes; all are built', parseSizes, [])
    .addOption(
      new Option('--precision <precision>', 'numbers the graph computes with').choices(PRECISIONS).default('float32'),
    )
    .option('--config <file>', 'YAML or JSON file that says where models lie (default: $CAMSHARD_CONFIG)')
    .option('--dir <path>', 'models directory (default: as configured)')
    .option('--json', JSON_HELP)
    .action(importModel);

  registerAdd(models, dirOf);
}

async function listModels(options: ListOptions): Promise<void> {
  const dir = dirOf(options);
  const manifests = await new ModelRegistry(dir).list();
  if (options.json) {
    console.log(JSON.stringify({ dir, models: manifests }, null, 2));
    return;
  }
  if (manifests.length === 0) {
    console.log(`No models in ${dir}. Build the default one: camshard models import`);
    return;
  }
  const head = ['MODEL', 'VERSION', 'TASK', 'CLASSES', 'INPUT PX', 'PRECISIONS', 'SIZE', 'LICENCE', 'SOURCE'];
  console.log(stdoutTable(head, manifests.map(row), { right: [3, 6], optional: [8, 7, 2] }));
}

function row(manifest: ModelManifest): string[] {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    manifest.name,
    manifest.version,
    manifest.task,
    String(manifest.labels.length),
    distinct(manifest.files.map((file) => file.size)),
    distinct(manifest.files.map((file) => file.precision)),
    bytesText(bytes),
    manifest.licence,
    `${manifest.source.package}@${manifest.source.version}`,
  ];
}

function distinct(values: readonly (string | number)[]): string {
  return [...new Set(values)].join(' ');
}

async function showModel(reference: string, options: ListOptions): Promise<void> {
  const dir = dirOf(options);
  const manifest = await new ModelRegistry(dir).manifest(reference);
  if (options.json) {
    console.log(JSON.stringify({ dir, model: manifest }, null, 2));
    return;
  }
  const { name, version, task, labels, licence, source, scoreThreshold } = manifest;
  console.log(`${name}@${version}: ${task}, ${labels.length} classes, scores of ${scoreThreshold} and up`);
  console.log(`${licence}, from ${source.package}@${source.version}`);
  const rows = manifest.files.map(({ precision, size, bytes, file, sha256 }) => [
    ...[precision, String(size), bytesText(bytes), file, sha256.slice(0, 12)],
  ]);
  console.log(stdoutTable(['PRECISION', 'INPUT PX', 'SIZE', 'FILE', 'SHA-256'], rows, { right: [1, 2] }));
}

async function importModel(options: ImportOptions): Promise<void> {
  const { name, precision } = options;
  const dir = dirOf(options);
  const all = IMPORTABLE_MODELS.get(name)?.inputSizes ?? [];
  const [first = 0, ...rest] = options.size.length > 0 ? options.size : all;
  const files = [await ensureModel({ dir, name, size: first, precision })];
  for (const size of rest) files.push(await ensureModel({ dir, name, size, precision }));
  if (options.json) {
    const printed = files.map(({ version, size, path, sha256 }) => ({ name, version, size, precision, path, sha256 }));
    console.log(JSON.stringify({ dir, files: printed }, null, 2));
    return;
  }
  for (const file of files) console.log(`${file.name}@${file.version} ${file.size} ${file.precision}  ${file.path}`);
}

function parseSizes(value: string, earlier: readonly number[]): readonly number[] {
  const size = Number(value);
  if (!Number.isInteger(size) || size <= 0) throw new InvalidArgumentError('not a whole number of pixels');
  return [...earlier, size];
}
