import {
  type ActiveValue,
  activeInput,
  constantInput,
  constantInts,
  inOrder,
  NCHW,
  type OpConverter,
  unsupported,
  type Value,
} from './convert-context.ts';
import { float32 } from './tensor.ts';
import { boolAttr } from './tf-attributes.ts';

export const convertIdentity: OpConverter = (node, inputs) => {
  const [value] = inputs;
  if (value === undefined) throw unsupported(node, 'takes one input');
  return value;
};

/** TensorFlow's axis `i` of the result is axis `perm[i]` of the input. Nothing is written: only the labels move. */
export const convertTranspose: OpConverter = (node, inputs) => {
  const input = activeInput(node, inputs, 0);
  const perm = constantInts(node, inputs, 1);
  return {
    ...input,
    dims: perm.map((axis) => input.dims[axis] ?? 1),
    order: input.order.map((axis) => perm.indexOf(axis)),
  };
};

/** ConcatV2: the last input is the axis. */
export const convertConcat: OpConverter = (node, inputs, context) => {
  const parts = inputs.slice(0, -1).map((_, i) => activeInput(node, inputs, i));
  const [first] = parts;
  const [rawAxis = 0] = constantInts(node, inputs, inputs.length - 1);
  if (first === undefined) throw unsupported(node, 'has no inputs');
  const rank = first.dims.length;
  const axis = (rawAxis + rank) % rank;
  const aligned = parts.map((part) => inOrder(part, first.order, context).name);
  const size = parts.reduce((sum, part) => sum + (part.dims[axis] ?? 0), 0);
  const name = context.builder.add(node.name, 'Concat', aligned, { axis: { int: first.order.indexOf(axis) } });
  return { ...first, name, dims: first.dims.map((dim, i) => (i === axis ? size : dim)) };
};

/** Pad and PadV2 with constants: TensorFlow lists `[before, after]` per axis, ONNX all befores and then all afters. */
export const convertPad: OpConverter = (node, inputs, context) => {
  const input = activeInput(node, inputs, 0);
  const pads = constantInts(node, inputs, 1);
  const before = (axis: number) => pads[2 * axis] ?? 0;
  const after = (axis: number) => pads[2 * axis + 1] ?? 0;
  const value = inputs.length > 2 ? constantInput(node, inputs, 2) : float32([], [0]);
  const name = context.builder.add(node.name, 'Pad', [
    input.name,
    context.builder.constant(`${node.name}/pads`, {
      dtype: 'int64',
      dims: [2 * input.dims.length],
      data: [...input.order.map(before), ...input.order.map(after)],
    }),
    context.builder.constant(`${node.name}/value`, { ...value, dims: [] }),
  ]);
  return {
    ...input,
    name,
    dims: input.dims.map((dim, axis) => (before(axis) + after(axis) === 0 ? dim : dim + before(axis) + after(axis))),
  };
};

/**
 * ResizeBilinear and ResizeNearestNeighbor. The constant output size is that of the size the model was exported at; at
 * another input size the *ratio* counts, so that is what is written.
 */
export const convertResize: OpConverter = (node, inputs, context) => {
  const input: ActiveValue = inOrder(activeInput(node, inputs, 0), NCHW, context);
  const [batch = 1, height = 1, width = 1, channels = 1] = input.dims;
  const [targetHeight = 1, targetWidth = 1] = constantInts(node, inputs, 1);
  const source = context.exportedDims?.get((node.input[0] ?? '').replace(/:0$/, '')) ?? input.dims;
  const scaleY = targetHeight / (source[1] ?? 1);
  const scaleX = targetWidth / (source[2] ?? 1);
  const outputSize = [height * scaleY, width * scaleX];
  if (!outputSize.every(Number.isInteger))
    throw unsupported(node, `${scaleY}x${scaleX} of ${height}x${width} is not whole`);
  const alignCorners = boolAttr(node, 'align_corners', false);
  const halfPixel = boolAttr(node, 'half_pixel_centers', false);
  const scales = context.builder.constant(`${node.name}/scales`, float32([4], [1, 1, scaleY, scaleX]));
  const name = context.builder.add(node.name, 'Resize', [input.name, '', scales], {
    mode: { string: node.op === 'ResizeBilinear' ? 'linear' : 'nearest' },
    coordinate_transformation_mode: {
      string: alignCorners ? 'align_corners' : halfPixel ? 'half_pixel' : 'asymmetric',
    },
    nearest_mode: { string: alignCorners ? 'round_prefer_ceil' : 'floor' },
  });
  const result: Value = { kind: 'active', name, dims: [batch, ...outputSize, channels], order: NCHW };
  return result;
};
