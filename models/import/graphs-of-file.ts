import { INPUT_SIDE_MAX, INPUT_SIDE_MIN, INPUT_SIDE_STEP } from '../../config/limits.ts';
import { ModelError } from '../../core/errors.ts';
import { type DetectorLayout, yoloOutputOf } from './detector-layout.ts';
import { type GraftedDetector, graftDetector } from './graft-detector.ts';
import { YOLO_FAMILIES } from './graft-yolo.ts';
import type { OnnxFile, OnnxFilePort } from './onnx-file.ts';
import { checkContract, outputsSeen } from './run-detector.ts';

/** A graph that keeps the contract, at one size. */
export interface ServableGraph extends GraftedDetector {
  readonly size: number;
  readonly layout: DetectorLayout;
  readonly oneByOne: boolean;
}

export interface GraphsRequest {
  readonly labels: readonly string[];
  /** Guessed where not given. */
  readonly layout?: DetectorLayout | undefined;
  /** Input sizes to build where the file's own is open. */
  readonly sizes: readonly number[];
  /** As the family does it where not given. */
  readonly overlapMax?: number | undefined;
  readonly classWise?: boolean | undefined;
}

/**
 * The graphs a node can serve that a file gives, one a size, each having run on the CPU (see {@link checkContract}).
 *
 * @throws ModelError `model_size_unknown`, `model_size_unsupported`, `model_input_unsupported`, and what
 *   {@link yoloOutputOf} and {@link checkContract} throw
 */
export async function graphsOf(file: OnnxFile, request: GraphsRequest): Promise<readonly ServableGraph[]> {
  const [input, ...others] = file.inputs;
  if (input === undefined || others.length > 0) {
    throw inputUnsupported(`it takes ${file.inputs.length} values (${file.inputs.map(portText).join(', ')}), not one`);
  }
  const isContract = input.elementType === 'uint8' && input.dims.length === 4 && input.dims[3] === 3;
  const layout = request.layout ?? (isContract ? 'boxes' : undefined);
  checkInput(input, layout);
  const graphs: ServableGraph[] = [];
  for (const size of sizesOf(input, layout === 'boxes' ? [1, 2] : [2, 3], request.sizes)) {
    const graph =
      layout === 'boxes' ? asItIs(file, input, size) : await grafted(file, input, size, { ...request, layout });
    const { bytes, inputName, outputName } = graph;
    await checkContract(bytes, { inputName, outputName, size, labels: request.labels.length });
    graphs.push(graph);
  }
  return graphs;
}

function checkInput(input: OnnxFilePort, layout: DetectorLayout | undefined): void {
  const { elementType, dims } = input;
  const [batch, second, , last] = dims;
  if (layout === 'boxes') {
    if (elementType !== 'uint8' || dims.length !== 4 || last !== 3) {
      throw inputUnsupported(`it takes ${portText(input)}; a graph with boxes takes uint8 [batch, size, size, 3]`);
    }
    if (batch !== undefined) throw inputUnsupported('its batch is fixed: export it with the batch open');
    return;
  }
  const isFloat = elementType === 'float32' || elementType === 'float16';
  if (!isFloat || dims.length !== 4 || (second !== undefined && second !== 3)) {
    throw inputUnsupported(`it takes ${portText(input)}, not float32 or float16 [batch, 3, size, size]`);
  }
  if (batch !== undefined && batch !== 1) {
    throw inputUnsupported(`its batch is fixed at ${batch}: export it with the batch open`);
  }
}

function asItIs(file: OnnxFile, input: OnnxFilePort, size: number): ServableGraph {
  const [output] = file.outputs;
  if (file.outputs.length !== 1 || output === undefined) {
    throw new ModelError('model_layout_unknown', `it has ${file.outputs.length} outputs, not one`);
  }
  const { bytes } = file;
  return { bytes, inputName: input.name, outputName: output.name, size, layout: 'boxes', oneByOne: false };
}

async function grafted(
  file: OnnxFile,
  input: OnnxFilePort,
  size: number,
  request: Omit<GraphsRequest, 'layout'> & { readonly layout: Exclude<DetectorLayout, 'boxes'> | undefined },
): Promise<ServableGraph> {
  const output = yoloOutputOf(await outputsSeen(file.bytes, input, size), size, request.labels.length, request.layout);
  const family = YOLO_FAMILIES[output.layout];
  const oneByOne = input.dims[0] === 1;
  const detector = graftDetector(file, {
    input,
    output,
    size,
    oneByOne,
    overlapMax: request.overlapMax ?? family.overlapMax,
    classWise: request.classWise ?? family.classWise,
  });
  return { ...detector, size, layout: output.layout, oneByOne };
}

/** Input sizes a file is built for: its own, or those asked for where it has none. */
function sizesOf(input: OnnxFilePort, axes: readonly [number, number], asked: readonly number[]): readonly number[] {
  const [height, width] = [input.dims[axes[0]], input.dims[axes[1]]];
  const fixed = height ?? width;
  if (height !== undefined && width !== undefined && height !== width) {
    throw new ModelError('model_size_unsupported', `its input is ${width}x${height}, not a square`);
  }
  if (fixed === undefined && asked.length === 0) {
    throw new ModelError('model_size_unknown', 'its input size is open: say which sizes to build (--size 640)');
  }
  if (fixed !== undefined && asked.length > 0 && !asked.includes(fixed)) {
    throw new ModelError(
      'model_size_unsupported',
      `its input size is fixed at ${fixed}, ${asked.join(', ')} asked for`,
    );
  }
  const sizes = fixed === undefined ? [...new Set(asked)] : [fixed];
  for (const size of sizes) {
    if (size % INPUT_SIDE_STEP !== 0 || size < INPUT_SIDE_MIN || size > INPUT_SIDE_MAX) {
      throw new ModelError(
        'model_size_unsupported',
        `${size} pixels: a multiple of ${INPUT_SIDE_STEP} from ${INPUT_SIDE_MIN} to ${INPUT_SIDE_MAX} is needed`,
      );
    }
  }
  return sizes;
}

const inputUnsupported = (what: string): ModelError => new ModelError('model_input_unsupported', what);

const portText = ({ name, elementType, dims }: OnnxFilePort): string =>
  `${name} ${elementType === 'other' ? 'of another type' : elementType} [${dims.map((dim) => dim ?? '?').join(', ')}]`;
