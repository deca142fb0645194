import * as ort from 'onnxruntime-node';
import { type ActiveValue, NHWC, onnxDims } from '../../../../models/import/convert-context.ts';
import { convertGraph } from '../../../../models/import/convert-graph.ts';
import { type OnnxGraph, OnnxGraphBuilder } from '../../../../models/import/onnx-graph.ts';
import { BATCH } from '../../../../models/import/shape-rules.ts';
import { elementCount, type Tensor } from '../../../../models/import/tensor.ts';
import type { TfAttribute, TfGraph, TfNode } from '../../../../models/import/tfjs-graph.ts';
import { encodeOnnx } from '../../../../models/import/write-onnx.ts';

/** Hand-made TensorFlow graphs with one input `x`, and what they compute once converted. */

export const text = (value: string): TfAttribute => ({ s: Buffer.from(value).toString('base64') });
export const texts = (...values: string[]): TfAttribute => ({
  list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
});
export const ints = (...values: number[]): TfAttribute => ({ list: { i: values.map(String) } });

export function node(name: string, op: string, input: readonly string[], attr: TfNode['attr'] = {}): TfNode {
  return { name, op, input, attr };
}

/** A graph whose input was `exportedDims` (batch first) when it was exported. */
export function tinyGraph(
  exportedDims: readonly number[],
  nodes: readonly TfNode[],
  weights: Readonly<Record<string, Tensor>> = {},
): TfGraph {
  const placeholder = node('x', 'Placeholder', [], {
    shape: { shape: { dim: exportedDims.map((size) => ({ size: String(size) })) } },
  });
  const constants = Object.keys(weights).map((name) => node(name, 'Const', []));
  return {
    nodes: new Map([placeholder, ...constants, ...nodes].map((each) => [each.name, each])),
    weights: new Map(Object.entries(weights)),
  };
}

/** Converts for inputs of `dims` (batch first) and wants `output`. */
export function converted(graph: TfGraph, dims: readonly number[], output: string): OnnxGraph {
  const builder = new OnnxGraphBuilder();
  const inputValue: ActiveValue = {
    kind: 'active',
    name: 'x',
    dims: [BATCH, ...dims.slice(1)],
    order: NHWC.slice(0, dims.length),
  };
  builder.input({ name: 'x', elementType: 'float32', dims: onnxDims(inputValue) });
  builder.describe('x', onnxDims(inputValue));
  const value = convertGraph(graph, { input: 'x', inputValue, wanted: [output] }, builder).get(output);
  if (value === undefined) throw new Error(`no value ${output}`);
  // Tests read TensorFlow's axis order.
  const perm = value.dims.map((_, axis) => value.order.indexOf(axis));
  builder.add('y', 'Transpose', [value.name], { perm: { ints: perm } });
  builder.output({ name: 'y', elementType: 'float32', dims: value.dims.map((dim) => (dim === BATCH ? 'batch' : dim)) });
  return builder.build();
}

export interface Evaluated {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** Runs an ONNX graph with one input `x`, without ONNX Runtime's own optimisations, and returns `y`. */
export async function run(graph: OnnxGraph, dims: readonly number[], data: ArrayLike<number>): Promise<Evaluated> {
  const session = await ort.InferenceSession.create(encodeOnnx(graph, 'tiny', { name: 'test', version: '0' }), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
  });
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.from(data), dims) });
  await session.release();
  if (y === undefined) throw new Error('no output y');
  return { dims: y.dims, data: [...(y.data as Float32Array)] };
}

export async function evaluate(
  graph: TfGraph,
  dims: readonly number[],
  data: ArrayLike<number>,
  output: string,
): Promise<Evaluated> {
  return run(converted(graph, dims, output), dims, data);
}

/** 1, 2, 3, ... for tensors whose every element must be told apart. */
export function counting(dims: readonly number[]): Float32Array {
  return Float32Array.from({ length: elementCount(dims) }, (_, i) => i + 1);
}

/** Numbers in -1..1 that look like noise but are the same each time. */
export function spread(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 7919 + 13) % 1009) / 504.5 - 1);
}
