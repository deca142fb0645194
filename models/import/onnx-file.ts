import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { ModelError } from '../../core/errors.ts';
import type { Precision } from '../device/port.ts';
import { splitFields } from './wire-fields.ts';
import { ELEMENT_TYPE } from './write-onnx.ts';

// onnx-proto is CommonJS whose named exports Node cannot see from ESM.
const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

/** 11 is the first with the operators grafted: Pad, TopK and Clip as they are today, GatherND, ScatterND. */
export const OPSET_MIN = 11;
/** Protocol buffers end at 2 GiB; detectors that see many cameras a second are far below this. */
export const MODEL_FILE_BYTES_MAX = 512 * 1024 ** 2;

export type OnnxFileElementType = 'float32' | 'float16' | 'uint8' | 'other';

/** A value at the border of a graph somebody else made. */
export interface OnnxFilePort {
  readonly name: string;
  readonly elementType: OnnxFileElementType;
  /** `undefined` where a dimension is open. */
  readonly dims: readonly (number | undefined)[];
}

/** An ONNX file somebody else made, and what has to be known of it. */
export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly opset: number;
  /** Without those that only repeat initializers, as old exporters write. */
  readonly inputs: readonly OnnxFilePort[];
  readonly outputs: readonly OnnxFilePort[];
  /** Names of all values, so that new ones can be told apart. */
  readonly names: ReadonlySet<string>;
  /** What most of its weights are; int8 where anything is quantised. */
  readonly precision: Precision;
}

/**
 * Reads an ONNX file. Nothing is run.
 *
 * @throws ModelError `model_file_invalid`, `model_file_too_large`, `model_external_data`, `model_opset_unsupported`
 */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  if (bytes.byteLength > MODEL_FILE_BYTES_MAX) {
    throw new ModelError('model_file_too_large', `${bytes.byteLength} bytes, at most ${MODEL_FILE_BYTES_MAX}`);
  }
  const model = decoded(bytes);
  const { graph } = model;
  if (!graph?.node?.length || !graph.output?.length) throw invalid('it holds no graph');
  const opset = Number(model.opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 0);
  if (opset < OPSET_MIN) {
    throw new ModelError(
      'model_opset_unsupported',
      `opset ${opset}: export it anew with opset ${OPSET_MIN} or later (17 is a good choice)`,
    );
  }
  const tensors = [...tensorsOf(graph)];
  if (tensors.some(isExternal)) {
    throw new ModelError(
      'model_external_data',
      'its weights lie in other files: save it as one file (onnx.save_model with save_as_external_data=False)',
    );
  }
  const constants = new Set((graph.initializer ?? []).map((tensor) => tensor.name ?? ''));
  return {
    bytes,
    opset,
    inputs: (graph.input ?? []).map(portOf).filter(({ name }) => !constants.has(name)),
    outputs: graph.output.map(portOf),
    names: namesOf(graph),
    precision: precisionOf(graph.node, tensors),
  };
}

function decoded(bytes: Uint8Array): OnnxProto.onnx.ModelProto {
  try {
    // Walks all fields first: the decoder alone takes much that is no protocol buffer for an empty one.
    for (const _ of splitFields(bytes));
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw invalid('it is no ONNX file', cause);
  }
}

const invalid = (what: string, cause?: unknown): ModelError => new ModelError('model_file_invalid', what, { cause });

function* tensorsOf(graph: OnnxProto.onnx.IGraphProto): Generator<OnnxProto.onnx.ITensorProto> {
  yield* graph.initializer ?? [];
  for (const attribute of (graph.node ?? []).flatMap((node) => node.attribute ?? [])) {
    if (attribute.t) yield attribute.t;
    yield* attribute.tensors ?? [];
    if (attribute.g) yield* tensorsOf(attribute.g);
    for (const inner of attribute.graphs ?? []) yield* tensorsOf(inner);
  }
}

const isExternal = ({ dataLocation, externalData }: OnnxProto.onnx.ITensorProto): boolean =>
  dataLocation === onnx.TensorProto.DataLocation.EXTERNAL || (externalData?.length ?? 0) > 0;

function portOf({ name, type }: OnnxProto.onnx.IValueInfoProto): OnnxFilePort {
  const tensor = type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) => {
    const value = Number(dimValue ?? 0);
    return value > 0 ? value : undefined;
  });
  return { name: name ?? '', elementType: elementTypeOf(tensor?.elemType ?? 0), dims };
}

function elementTypeOf(code: number): OnnxFileElementType {
  const known = (['float32', 'float16', 'uint8'] as const).find((type) => ELEMENT_TYPE[type] === code);
  return known ?? 'other';
}

function namesOf(graph: OnnxProto.onnx.IGraphProto): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string | null | undefined) => names.add(name ?? '');
  for (const { name } of [...(graph.initializer ?? []), ...(graph.input ?? [])]) add(name);
  for (const node of graph.node ?? []) {
    for (const name of [...(node.input ?? []), ...(node.output ?? [])]) add(name);
    for (const { g } of node.attribute ?? []) if (g) for (const name of namesOf(g)) add(name);
  }
  return names;
}

function precisionOf(
  nodes: readonly OnnxProto.onnx.INodeProto[],
  tensors: readonly OnnxProto.onnx.ITensorProto[],
): Precision {
  if (nodes.some(({ opType }) => /^(QuantizeLinear|QLinear\w+|ConvInteger|MatMulInteger)$/.test(opType ?? ''))) {
    return 'int8';
  }
  const elements = (type: 'float32' | 'float16'): number =>
    tensors
      .filter(({ dataType }) => dataType === ELEMENT_TYPE[type])
      .reduce((sum, { dims }) => sum + (dims ?? []).reduce<number>((product, dim) => product * Number(dim), 1), 0);
  return elements('float16') > elements('float32') ? 'float16' : 'float32';
}
