import {
  type ActiveValue,
  activeInput,
  type ConvertContext,
  constantInput,
  inOrder,
  NCHW,
  type OpConverter,
  unsupported,
  type Value,
} from './convert-context.ts';
import { writeActivation } from './ops-activation.ts';
import { planWindow } from './shape-rules.ts';
import { type FloatTensor, transposed } from './tensor.ts';
import { intsAttr, stringAttr, stringsAttr } from './tf-attributes.ts';
import type { TfNode } from './tfjs-graph.ts';

/** Conv2D and _FusedConv2D: weights HWIO. */
export const convertConv2d: OpConverter = (node, inputs, context) => {
  const weights = floatWeights(node, inputs);
  return writeConvolution(node, inputs, context, transposed(weights, [3, 2, 0, 1]), 1);
};

/**
 * DepthwiseConv2dNative and its fused form: weights HWCM, where output channel c·M + m looks at input channel c only.
 * As ONNX that is a convolution of C groups with weights (C·M)1HW.
 */
export const convertDepthwiseConv2d: OpConverter = (node, inputs, context) => {
  const weights = floatWeights(node, inputs);
  const [height = 1, width = 1, channels = 1, multiplier = 1] = weights.dims;
  const grouped = transposed(weights, [2, 3, 0, 1]);
  return writeConvolution(
    node,
    inputs,
    context,
    { ...grouped, dims: [channels * multiplier, 1, height, width] },
    channels,
  );
};

function floatWeights(node: TfNode, inputs: readonly Value[]): FloatTensor {
  const weights = constantInput(node, inputs, 1);
  if (weights.dtype !== 'float32' || weights.dims.length !== 4) throw unsupported(node, 'weights must be 4-D floats');
  return weights;
}

/** `weights` are OIHW; what the node fuses (bias, activation) is written along. */
function writeConvolution(
  node: TfNode,
  inputs: readonly Value[],
  context: ConvertContext,
  weights: FloatTensor,
  groups: number,
): Value {
  if (stringAttr(node, 'data_format', 'NHWC') !== 'NHWC') throw unsupported(node, 'data format is not NHWC');
  const input = inOrder(activeInput(node, inputs, 0), NCHW, context);
  const [, strideY = 1, strideX = 1] = intsAttr(node, 'strides');
  const [, dilationY = 1, dilationX = 1] = intsAttr(node, 'dilations', [1, 1, 1, 1]);
  const padding = stringAttr(node, 'padding');
  const explicit = intsAttr(node, 'explicit_paddings', [0, 0, 0, 0, 0, 0, 0, 0]);
  const [outputs = 1, , kernelY = 1, kernelX = 1] = weights.dims;
  const [batch = 1, height = 1, width = 1] = input.dims;
  const y = planWindow(height, { kernel: kernelY, stride: strideY, dilation: dilationY }, padding, [
    explicit[2] ?? 0,
    explicit[3] ?? 0,
  ]);
  const x = planWindow(width, { kernel: kernelX, stride: strideX, dilation: dilationX }, padding, [
    explicit[4] ?? 0,
    explicit[5] ?? 0,
  ]);

  const fused = stringsAttr(node, 'fused_ops');
  const hasBias = fused[0] === 'BiasAdd';
  const activation = fused[hasBias ? 1 : 0];
  if (fused.length > (hasBias ? 2 : 1)) throw unsupported(node, `fused operators ${fused.join(', ')}`);
  const parameters = [context.builder.constant(`${node.name}/weights`, weights)];
  if (hasBias) parameters.push(context.builder.constant(`${node.name}/bias`, constantInput(node, inputs, 2)));

  const name = context.builder.add(
    activation === undefined ? node.name : `${node.name}/conv`,
    'Conv',
    [input.name, ...parameters],
    {
      kernel_shape: { ints: [kernelY, kernelX] },
      strides: { ints: [strideY, strideX] },
      dilations: { ints: [dilationY, dilationX] },
      pads: { ints: [y.padBefore, x.padBefore, y.padAfter, x.padAfter] },
      group: { int: groups },
    },
  );
  const dims = [batch, y.outputSize, x.outputSize, outputs];
  const result: ActiveValue = { kind: 'active', name, dims, order: NCHW };
  return activation === undefined ? result : writeActivation(activation, node, result, context);
}
