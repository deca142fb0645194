import { GraphIndex, withoutDeadParts } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { type FloatTensor, float32, type Tensor } from './tensor.ts';

/** clip(slope·x + offset, low, high): what hard sigmoid is made of. */
interface ClippedLine {
  readonly x: string;
  readonly slope: number;
  readonly offset: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Writes hard sigmoid `c·relu6(x + 3)` and hard swish `(c·x)·relu6(x + 3)`, as TensorFlow spells them, as
 *
 *     gate = clip(c·x + 3c, 0, 6c)          hard swish = x·gate
 *
 * where the line is a 1x1 depthwise convolution. ONNX Runtime fuses a clip into a convolution and keeps both, and the
 * product, in its blocked layout; a plain Add or HardSigmoid would make it convert the tensor back and forth. Where x
 * comes from a convolution that nothing else reads, the line is folded into that one's weights.
 *
 * ONNX's HardSwish is not used: its slope is 1/6, the model's constant is 1/6 rounded to float16 (0.16662598), and
 * ONNX Runtime would run it as two unblocked operators.
 */
export function rewriteHardGates(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const initializers = new Map<string, Tensor>(graph.initializers);
  const shapes = new Map(graph.shapes);
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();

  for (const node of graph.nodes) {
    if (node.opType !== 'Mul') continue;
    const name = node.outputs[0] ?? '';
    const sigmoid = hardSigmoid(index, node);
    const swish = hardSwish(index, node);
    const line = sigmoid ?? swish;
    const dims = shapes.get(line?.x ?? '');
    const channels = dims?.[1];
    if (line === undefined || dims?.length !== 4 || typeof channels !== 'number') continue;
    const gate = swish === undefined ? name : `${name}/gate`;
    shapes.set(gate, dims);
    replaced.set(node, [
      ...clippedLine(index, initializers, gate, line, channels),
      ...(swish === undefined ? [] : [{ ...node, inputs: [line.x, gate] }]),
    ]);
  }
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return withoutDeadParts({ ...graph, nodes, initializers, shapes });
}

/** c·clip(x + b, low, high) with c > 0 is clip(c·x + c·b, c·low, c·high). */
function hardSigmoid(index: GraphIndex, node: OnnxNode): ClippedLine | undefined {
  const product = index.scalarAndOther(node);
  const line = product === undefined ? undefined : clippedSum(index, product.other);
  return product === undefined || line === undefined || product.scalar <= 0 ? undefined : scaled(line, product.scalar);
}

/** (c·x)·clip(x + b, low, high), in either order. */
function hardSwish(index: GraphIndex, node: OnnxNode): ClippedLine | undefined {
  const [a = '', b = ''] = node.inputs;
  for (const [inner, clip] of [
    [a, b],
    [b, a],
  ] as const) {
    const product = index.scalarAndOther(index.producer(inner, 'Mul'));
    const line = clippedSum(index, clip);
    if (product !== undefined && line?.x === product.other && product.scalar > 0) return scaled(line, product.scalar);
  }
  return undefined;
}

function clippedSum(index: GraphIndex, value: string): ClippedLine | undefined {
  const clip = index.producer(value, 'Clip');
  const sum = index.scalarAndOther(index.producer(clip?.inputs[0], 'Add'));
  const low = index.scalar(clip?.inputs[1]);
  const high = index.scalar(clip?.inputs[2]);
  if (sum === undefined || low === undefined || high === undefined) return undefined;
  return { x: sum.other, slope: 1, offset: sum.scalar, low, high };
}

function scaled(line: ClippedLine, by: number): ClippedLine {
  return { x: line.x, slope: by * line.slope, offset: by * line.offset, low: by * line.low, high: by * line.high };
}

/** Nodes that compute the line and clip it to `name`. */
function clippedLine(
  index: GraphIndex,
  initializers: Map<string, Tensor>,
  name: string,
  line: ClippedLine,
  channels: number,
): readonly OnnxNode[] {
  const lineName = `${name}/line`;
  initializers.set(`${name}/low`, float32([], [line.low]));
  initializers.set(`${name}/high`, float32([], [line.high]));
  const clip: OnnxNode = {
    opType: 'Clip',
    inputs: [lineName, `${name}/low`, `${name}/high`],
    outputs: [name],
    attributes: {},
  };

  const conv = index.producer(line.x, 'Conv');
  const weights = index.floats(conv?.inputs[1]);
  const bias = index.floats(conv?.inputs[2]);
  // The sum inside the clip is x's only reader here; a hard swish reads x itself as well.
  const sums = index.consumers(line.x);
  if (
    conv !== undefined &&
    weights !== undefined &&
    bias !== undefined &&
    sums.length === 1 &&
    !index.isOutput(line.x)
  ) {
    const of = (tensor: FloatTensor, f: (v: number) => number) => float32(tensor.dims, tensor.data.map(f));
    initializers.set(
      `${lineName}/weights`,
      of(weights, (v) => v * line.slope),
    );
    initializers.set(
      `${lineName}/bias`,
      of(bias, (v) => v * line.slope + line.offset),
    );
    const inputs = [conv.inputs[0] ?? '', `${lineName}/weights`, `${lineName}/bias`];
    return [{ ...conv, inputs, outputs: [lineName] }, clip];
  }
  initializers.set(`${lineName}/weights`, float32([channels, 1, 1, 1], new Float32Array(channels).fill(line.slope)));
  initializers.set(`${lineName}/bias`, float32([channels], new Float32Array(channels).fill(line.offset)));
  const attributes: OnnxNode['attributes'] = { kernel_shape: { ints: [1, 1] }, group: { int: channels } };
  const inputs = [line.x, `${lineName}/weights`, `${lineName}/bias`];
  return [{ opType: 'Conv', inputs, outputs: [lineName], attributes }, clip];
}
