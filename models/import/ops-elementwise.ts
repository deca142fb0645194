import {
  type ConvertContext,
  inOrder,
  type OpConverter,
  unsupported,
  type Value,
  writeConstant,
} from './convert-context.ts';
import { foldBinary } from './fold-constants.ts';
import { broadcastDims } from './shape-rules.ts';

/** TensorFlow's element-wise operators of two inputs → ONNX's. */
export const BINARY_OPS: Readonly<Record<string, string>> = {
  Add: 'Add',
  AddV2: 'Add',
  BiasAdd: 'Add',
  Sub: 'Sub',
  Mul: 'Mul',
  RealDiv: 'Div',
  Maximum: 'Max',
  Minimum: 'Min',
};

export const convertBinary: OpConverter = (node, inputs, context) => {
  const [a, b] = inputs;
  const opType = BINARY_OPS[node.op];
  if (a === undefined || b === undefined || opType === undefined) throw unsupported(node, 'takes two inputs');
  if (a.kind === 'constant' && b.kind === 'constant') {
    const folded = foldBinary(opType, a.tensor, b.tensor);
    if (folded === undefined) throw unsupported(node, 'cannot fold constants of these kinds');
    return { kind: 'constant', name: node.name, tensor: folded };
  }
  const leader = a.kind === 'active' && (b.kind === 'constant' || a.dims.length >= b.dims.length) ? a : b;
  if (leader.kind !== 'active') throw unsupported(node, 'takes a computed input');
  const rank = leader.dims.length;
  const aDims = a.kind === 'active' ? a.dims : a.tensor.dims;
  const bDims = b.kind === 'active' ? b.dims : b.tensor.dims;
  const dims = broadcastDims(aDims, bDims);
  if (dims.length !== rank) throw unsupported(node, 'a constant has more axes than the computed input');
  const operand = (value: Value) => alignedOperand(value, rank, leader.order, context);
  const names = [operand(a), operand(b)];
  if (names.includes(undefined)) throw unsupported(node, 'computed inputs have different ranks');
  const name = context.builder.add(
    node.name,
    opType,
    names.filter((n) => n !== undefined),
  );
  return { kind: 'active', name, dims, order: leader.order };
};

function alignedOperand(
  value: Value,
  rank: number,
  order: readonly number[],
  context: ConvertContext,
): string | undefined {
  if (value.kind === 'constant') return writeConstant(value, rank, order, context);
  return value.dims.length === rank ? inOrder(value, order, context).name : undefined;
}
