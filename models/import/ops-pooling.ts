import {
  activeInput,
  type ConvertContext,
  constantInts,
  inOrder,
  NCHW,
  type OpConverter,
  sameOrder,
  type Value,
} from './convert-context.ts';
import type { OnnxAttribute } from './onnx-graph.ts';
import { planWindow } from './shape-rules.ts';
import { int64 } from './tensor.ts';
import { boolAttr, intsAttr, stringAttr } from './tf-attributes.ts';
import type { TfNode } from './tfjs-graph.ts';

export const convertMaxPool: OpConverter = (node, inputs, context) => writePool('MaxPool', {}, node, inputs, context);

/** TensorFlow leaves padding out of the mean. */
export const convertAvgPool: OpConverter = (node, inputs, context) =>
  writePool('AveragePool', { count_include_pad: { int: 0 } }, node, inputs, context);

function writePool(
  opType: string,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  node: TfNode,
  inputs: readonly Value[],
  context: ConvertContext,
): Value {
  const input = inOrder(activeInput(node, inputs, 0), NCHW, context);
  const [, kernelY = 1, kernelX = 1] = intsAttr(node, 'ksize');
  const [, strideY = 1, strideX = 1] = intsAttr(node, 'strides');
  const padding = stringAttr(node, 'padding');
  const [batch = 1, height = 1, width = 1, channels = 1] = input.dims;
  const y = planWindow(height, { kernel: kernelY, stride: strideY, dilation: 1 }, padding);
  const x = planWindow(width, { kernel: kernelX, stride: strideX, dilation: 1 }, padding);
  const name = context.builder.add(node.name, opType, [input.name], {
    kernel_shape: { ints: [kernelY, kernelX] },
    strides: { ints: [strideY, strideX] },
    pads: { ints: [y.padBefore, x.padBefore, y.padAfter, x.padAfter] },
    ...attributes,
  });
  return { kind: 'active', name, dims: [batch, y.outputSize, x.outputSize, channels], order: NCHW };
}

/** Mean over given axes; over height and width of a feature map it is ONNX's GlobalAveragePool, which runs faster. */
export const convertMean: OpConverter = (node, inputs, context) => {
  const input = activeInput(node, inputs, 0);
  const rank = input.dims.length;
  const axes = constantInts(node, inputs, 1).map((axis) => (axis + rank) % rank);
  const keepDims = boolAttr(node, 'keep_dims', false);
  const reduced = input.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const overSpace = rank === 4 && [...axes].sort().join() === '1,2';
  if (overSpace && keepDims && sameOrder(input.order, NCHW)) {
    return { ...input, name: context.builder.add(node.name, 'GlobalAveragePool', [input.name]), dims: reduced };
  }
  const physicalAxes = axes.map((axis) => input.order.indexOf(axis));
  const name = context.builder.add(
    node.name,
    'ReduceMean',
    [input.name, context.builder.constant(`${node.name}/axes`, int64(physicalAxes))],
    { keepdims: { int: keepDims ? 1 : 0 } },
  );
  if (keepDims) return { ...input, name, dims: reduced };
  const kept = input.dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return {
    kind: 'active',
    name,
    dims: kept.map((axis) => input.dims[axis] ?? 1),
    order: input.order.filter((axis) => kept.includes(axis)).map((axis) => kept.indexOf(axis)),
  };
};
