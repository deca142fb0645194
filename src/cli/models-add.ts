import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { INPUT_SIDE_MAX, INPUT_SIDE_MIN } from '../../config/limits.ts';
import { COCO_LABELS } from '../../models/import/coco-labels.ts';
import { type DetectorLayout, LAYOUTS } from '../../models/import/detector-layout.ts';
import { UsageError } from './exit.ts';
import { JSON_HELP, numberWithin, wholeNumber } from './options.ts';

interface AddOptions {
  readonly name: { readonly name: string; readonly version: string };
  readonly labels: string;
  readonly layout?: DetectorLayout;
  readonly size?: readonly number[];
  readonly scoreThreshold: number;
  readonly overlap?: number;
  readonly suppress?: 'class' | 'any';
  readonly licence: string;
  readonly force?: boolean;
  readonly config?: string;
  readonly dir?: string;
  readonly json?: boolean;
}

const side = wholeNumber(INPUT_SIDE_MIN, INPUT_SIDE_MAX);

/** Adds `camshard models add`. @param dirOf the models directory that the options mean */
export function registerAdd(models: Command, dirOf: (options: AddOptions) => string): void {
  models
    .command('add')
    .description('make a detector exported as ONNX one that a node can serve; it is run on the CPU before it is kept')
    .argument('<file...>', 'ONNX file; several are one model at several input sizes')
    .requiredOption('--name <name>', 'name, or name@version (version 1 where not given)', parseName)
    .requiredOption('--labels <list>', 'class names: a,b,c, or a file with one a line, or coco')
    .addOption(new Option('--layout <layout>', 'of its output (default: seen from its shape)').choices(LAYOUTS))
    .option(
      '--size <pixels...>',
      'input sizes to build where the file leaves it open',
      (text: string, before: readonly number[] = []) => [...before, side(text)],
    )
    .option('--score-threshold <score>', 'detections under it are not reported', numberWithin(0, 1), 0.25)
    .option('--overlap <iou>', 'two boxes that overlap more are one (default: as its family)', numberWithin(0, 1))
    .addOption(
      new Option('--suppress <which>', 'boxes that may be one: of a class, or any (default: as its family)').choices([
        'class',
        'any',
      ]),
    )
    .option('--licence <text>', 'of the weights, as the manifest will say it', 'unknown')
    .option('--force', 'put it in the place of the same version')
    .option('--config <file>', 'YAML or JSON file that says where models lie (default: $CAMSHARD_CONFIG)')
    .option('--dir <path>', 'models directory (default: as configured)')
    .option('--json', JSON_HELP)
    .action(async (files: readonly string[], options: AddOptions) => {
      const { addModel } = await import('../../models/import/add-model.ts');
      const dir = dirOf(options);
      const { manifest, folder, layout, oneByOne } = await addModel({
        dir,
        ...options.name,
        files,
        labels: labelsOf(options.labels),
        layout: options.layout,
        sizes: options.size ?? [],
        scoreThreshold: options.scoreThreshold,
        licence: options.licence,
        overlapMax: options.overlap,
        classWise: options.suppress === undefined ? undefined : options.suppress === 'class',
        replace: options.force === true,
      });
      if (options.json) {
        console.log(JSON.stringify({ dir, folder, oneByOne, model: manifest }, null, 2));
        return;
      }
      const { name, version, labels, inputSizes } = manifest;
      const how = options.layout === undefined ? ', as its shape says' : '';
      console.log(
        `${name}@${version}: ${layout}${how}, ${labels.length} classes, ${inputSizes.join(' ')} px  ${folder}`,
      );
      if (oneByOne)
        console.log('It takes one frame: those of a batch run one after the other. See --dynamic of its exporter.');
      console.log(`Serve it: camshard up --set models.name=${name} --set models.inputSize=${inputSizes.at(-1)}`);
    });
}

/** `name` or `name@version`, as models are named everywhere. */
function parseName(text: string): AddOptions['name'] {
  const [, name, version] =
    /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})(?:@([A-Za-z0-9][A-Za-z0-9._-]{0,39}))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError('allowed: name or name@version of letters, digits, ".", "_", "-"; at most 40 each');
  }
  return { name, version: version ?? '1' };
}

/** The labels of a list, a file, or COCO. */
function labelsOf(text: string): readonly string[] {
  if (text === 'coco') return COCO_LABELS;
  const isFile = !text.includes(',') && existsSync(text);
  if (!isFile && /[/\\]|\.(txt|names)$/.test(text) && !text.includes(',')) {
    throw new UsageError(`--labels: no file ${text}`);
  }
  const parts = isFile ? readFileSync(text, 'utf8').split('\n') : text.split(',');
  const labels = parts.map((label) => label.trim());
  while (labels.at(-1) === '') labels.pop();
  if (labels.length === 0 || labels.includes('')) throw new UsageError('--labels: a label is empty');
  return labels;
}
