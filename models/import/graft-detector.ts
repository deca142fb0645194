import { BOXES_PER_FRAME } from '../../config/limits.ts';
import type { YoloOutput } from './detector-layout.ts';
import { appendBestBoxes } from './graft-best-boxes.ts';
import { appendInput } from './graft-input.ts';
import { appendYoloCandidates, YOLO_FAMILIES } from './graft-yolo.ts';
import { INPUT_NAME, OUTPUT_NAME } from './importable-model.ts';
import type { OnnxFile, OnnxFilePort } from './onnx-file.ts';
import { OnnxGraphBuilder } from './onnx-graph.ts';
import { int64 } from './tensor.ts';
import { delimited, joined, splitFields } from './wire-fields.ts';
import { encodeGraphPart, encodeScanNode } from './write-onnx.ts';

/** Best rows that are looked at for overlaps; the 100 boxes come from these. */
const CANDIDATES_MAX = 1_000;
/** Rows up to this score are nothing: below what any camera would ask for. */
const SCORE_MIN = 0.01;

/** Fields of ONNX's messages by number (onnx.proto3). */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, input: 11, output: 12, valueInfo: 13 } as const;
const PORT_NAME = 1;

export interface DetectorGraft {
  readonly input: OnnxFilePort;
  readonly output: YoloOutput;
  /** Side of the input square in pixels. */
  readonly size: number;
  /** The graph takes one frame only: frames of a batch run one after the other. */
  readonly oneByOne: boolean;
  readonly overlapMax: number;
  readonly classWise: boolean;
}

export interface GraftedDetector {
  readonly bytes: Uint8Array;
  readonly inputName: string;
  readonly outputName: string;
}

/**
 * The file with uint8 `[batch, size, size, 3]` in front of it and `[batch, 100, 6]` behind it, as docs/models.md wants
 * it. What lies between is moved byte for byte.
 *
 * A graph that takes one frame only becomes the body of a Scan over the frames of the batch.
 */
export function graftDetector(file: OnnxFile, graft: DetectorGraft): GraftedDetector {
  const { size, oneByOne } = graft;
  const free = (name: string): string => (file.names.has(name) ? free(`${name}_`) : name);
  let prefix = 'camshard/';
  while ([...file.names].some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  const inputName = free(INPUT_NAME);
  const outputName = free(OUTPUT_NAME);

  const frames = { name: inputName, elementType: 'uint8', dims: ['batch', size, size, 3] } as const;
  const boxes = { name: outputName, elementType: 'float32', dims: ['batch', BOXES_PER_FRAME, 6] } as const;
  const front = new OnnxGraphBuilder();
  const back = new OnnxGraphBuilder();
  let entry = inputName;
  if (oneByOne) {
    const frame = front.input({ name: `${prefix}frame`, elementType: 'uint8', dims: [size, size, 3] });
    entry = front.add(`${prefix}one`, 'Reshape', [
      frame,
      front.constant(`${prefix}one/shape`, int64([1, size, size, 3])),
    ]);
  } else {
    front.input(frames);
  }
  appendPicture(front, prefix, entry, graft);
  const rows = appendRows(back, `${prefix}head/`, file, graft);
  if (oneByOne) {
    const shape = back.constant(`${prefix}rows/shape`, int64([BOXES_PER_FRAME, 6]));
    const name = back.add(`${prefix}rows`, 'Reshape', [rows, shape]);
    back.output({ name, elementType: 'float32', dims: [BOXES_PER_FRAME, 6] });
  } else {
    back.add(outputName, 'Identity', [rows]);
    back.output(boxes);
  }

  const model = [...splitFields(file.bytes)];
  const own = model.filter(({ number }) => number === MODEL_GRAPH).flatMap(({ payload }) => [...splitFields(payload)]);
  const kept = own.filter(({ number, payload }) => {
    if (number === GRAPH.input) return nameOf(payload) !== graft.input.name;
    return number !== GRAPH.output && number !== GRAPH.valueInfo;
  });
  const whole = joined([
    encodeGraphPart(front.build()),
    ...kept.map((field) => field.whole),
    encodeGraphPart(back.build()),
  ]);
  const graph = oneByOne ? scanOver(whole, frames, boxes) : whole;
  const others = model.filter(({ number }) => number !== MODEL_GRAPH).map((field) => field.whole);
  return { bytes: joined([...others, delimited(MODEL_GRAPH, graph)]), inputName, outputName };
}

function appendPicture(
  builder: OnnxGraphBuilder,
  prefix: string,
  entry: string,
  { input, output }: DetectorGraft,
): void {
  const { colorOrder, white } = YOLO_FAMILIES[output.layout];
  const elementType = input.elementType === 'float16' ? 'float16' : 'float32';
  builder.add(input.name, 'Identity', [appendInput(builder, entry, prefix, { colorOrder, white, elementType })]);
}

function appendRows(builder: OnnxGraphBuilder, prefix: string, file: OnnxFile, graft: DetectorGraft): string {
  const { output, size, overlapMax, classWise } = graft;
  const { layout, name, rows, classes } = output;
  const candidates = appendYoloCandidates(builder, prefix, {
    layout,
    // float16 where the network is: boxes reach hundreds of pixels with fractions, which float16 has not.
    value: builder.add(`${prefix}value`, 'Cast', [name], { to: { int: 1 } }),
    rows,
    classes,
    size,
    opset: file.opset,
    candidates: Math.min(rows, CANDIDATES_MAX),
  });
  const suppression = { overlapMax, classWise, scoreMin: SCORE_MIN, size, rows: BOXES_PER_FRAME };
  return appendBestBoxes(builder, prefix, candidates, suppression);
}

type Ports = Parameters<OnnxGraphBuilder['input']>[0];

function scanOver(body: Uint8Array, frames: Ports, boxes: Ports): Uint8Array {
  const outer = new OnnxGraphBuilder();
  outer.input(frames);
  outer.output(boxes);
  const name = delimited(2, new TextEncoder().encode('frames-one-by-one'));
  return joined([
    delimited(GRAPH.node, encodeScanNode(frames.name, boxes.name, body)),
    name,
    encodeGraphPart(outer.build()),
  ]);
}

function nameOf(port: Uint8Array): string {
  const field = [...splitFields(port)].find(({ number }) => number === PORT_NAME);
  return new TextDecoder().decode(field?.payload);
}
