import { ModelError } from '../../core/errors.ts';
import type { OnnxGraphBuilder } from './onnx-graph.ts';
import { BATCH } from './shape-rules.ts';
import { type Tensor, transposed } from './tensor.ts';
import type { TfNode } from './tfjs-graph.ts';

/**
 * A value under conversion. `dims` are in TensorFlow's axis order; the ONNX value holds them in the order `order`:
 * its axis `i` is TensorFlow's axis `order[i]`. A feature map that TensorFlow sees as NHWC travels as NCHW with
 * `order = [0, 3, 1, 2]`, so that no transpose is written between convolutions, and TensorFlow's own Transpose costs
 * nothing: it only relabels axes.
 */
export interface ActiveValue {
  readonly kind: 'active';
  readonly name: string;
  readonly dims: readonly number[];
  readonly order: readonly number[];
}

/** A constant, in TensorFlow's order until an operator writes it. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly name: string;
  readonly tensor: Tensor;
}

export type Value = ActiveValue | ConstantValue;

export interface ConvertContext {
  readonly builder: OnnxGraphBuilder;
  /** What dimensions a node's first output had at the size the model was exported at; absent while they are found. */
  readonly exportedDims: ReadonlyMap<string, readonly number[]> | undefined;
}

/** Turns one node into ONNX nodes and returns its first output. */
export type OpConverter = (node: TfNode, inputs: readonly Value[], context: ConvertContext) => Value;

export const NHWC: readonly number[] = [0, 1, 2, 3];
export const NCHW: readonly number[] = [0, 3, 1, 2];

export function identityOrder(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, i) => i);
}

export function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

export function unsupported(node: TfNode, why: string): ModelError {
  return new ModelError('model_unsupported', `${node.op} ${node.name}: ${why}`);
}

export function activeInput(node: TfNode, inputs: readonly Value[], index: number): ActiveValue {
  const value = inputs[index];
  if (value?.kind !== 'active') throw unsupported(node, `input ${index} must be computed, not constant`);
  return value;
}

export function constantInput(node: TfNode, inputs: readonly Value[], index: number): Tensor {
  const value = inputs[index];
  if (value?.kind !== 'constant') throw unsupported(node, `input ${index} must be a constant`);
  return value.tensor;
}

/** A constant list of whole numbers, such as axes. */
export function constantInts(node: TfNode, inputs: readonly Value[], index: number): readonly number[] {
  const tensor = constantInput(node, inputs, index);
  if (tensor.dtype !== 'int64') throw unsupported(node, `input ${index} must be whole numbers`);
  return tensor.data;
}

/** The value with its ONNX axes in `order`; writes a Transpose only where they are not. */
export function inOrder(value: ActiveValue, order: readonly number[], context: ConvertContext): ActiveValue {
  if (sameOrder(value.order, order)) return value;
  const perm = order.map((axis) => value.order.indexOf(axis));
  const name = context.builder.add(`${value.name}/transpose`, 'Transpose', [value.name], { perm: { ints: perm } });
  return { ...value, name, order };
}

/** Writes a constant so that it broadcasts against a value of `rank` axes held in `order`. */
export function writeConstant(
  constant: ConstantValue,
  rank: number,
  order: readonly number[],
  context: ConvertContext,
): string {
  const { tensor } = constant;
  if (tensor.dtype !== 'float32') return context.builder.constant(constant.name, tensor);
  if (tensor.data.length === 1) return context.builder.constant(constant.name, { ...tensor, dims: [] });
  const dims = [...new Array<number>(rank - tensor.dims.length).fill(1), ...tensor.dims];
  return context.builder.constant(constant.name, transposed({ ...tensor, dims }, order));
}

/** The ONNX dimensions of a value: its own order, the batch by its name. */
export function onnxDims(value: ActiveValue): readonly (number | string)[] {
  return value.order.map((axis) => {
    const dim = value.dims[axis] ?? 1;
    return dim === BATCH ? 'batch' : dim;
  });
}
