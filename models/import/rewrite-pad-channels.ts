import { GraphIndex } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { elementCount, type FloatTensor, float32, type Tensor } from './tensor.ts';

/** Channels per block of ONNX Runtime's blocked layout with AVX-512; 8 with AVX2, which divides it. */
export const CHANNEL_BLOCK = 16;

/** Operators whose every input and output of 4 axes has the same channels, each computed from its own. */
const CHANNEL_WISE = new Set(['Add', 'Mul', 'Relu', 'Clip', 'Sigmoid', 'Resize', 'GlobalAveragePool', 'MaxPool']);

/**
 * Pads feature maps to a whole number of channel blocks with channels that nothing reads: zero weights write them and
 * zero weights take them up. Without it ONNX Runtime leaves its blocked layout at each depthwise convolution of, say,
 * 72 channels. The results are unchanged to the bit, since only zeros are added.
 *
 * Values tied together by channel-wise operators (a depthwise convolution and its input, both sides of a sum) form a
 * family of one channel count. A family is padded where dense convolutions write it and dense convolutions read it, and
 * left alone where anything else sees its channels: a Concat, the head, an output.
 */
export function padChannels(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const families = new Families();
  const fixed = new Set<string>();
  for (const port of [...graph.inputs, ...graph.outputs]) fixed.add(port.name);
  for (const node of graph.nodes) {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (node.opType === 'Conv') {
      if (isDepthwise(index, node)) families.join(input, output);
      else if (index.floats(node.inputs[1]) === undefined || groupsOf(node) !== 1) {
        fixed.add(input);
        fixed.add(output);
      }
    } else if (CHANNEL_WISE.has(node.opType) && node.outputs.length === 1) {
      for (const value of node.inputs) if (!graph.initializers.has(value) && value !== '') families.join(value, output);
      // A constant with one value per channel would have to be padded too.
      if (node.inputs.some((value) => (index.floats(value)?.data.length ?? 1) > 1 && node.opType !== 'Resize')) {
        fixed.add(output);
      }
    } else {
      for (const value of [...node.inputs, ...node.outputs]) fixed.add(value);
    }
  }
  const fixedFamilies = new Set([...fixed].map((value) => families.of(value)));
  const padded = (value: string, channels: number) =>
    fixedFamilies.has(families.of(value)) ? channels : Math.ceil(channels / CHANNEL_BLOCK) * CHANNEL_BLOCK;

  const initializers = new Map<string, Tensor>(graph.initializers);
  const nodes = graph.nodes.map((node) => (node.opType === 'Conv' ? padConv(index, initializers, node, padded) : node));
  const shapes = new Map(
    [...graph.shapes].map(([name, dims]) => {
      const [batch = 1, channels = 1, ...space] = dims;
      const grow = dims.length === 4 && typeof channels === 'number';
      return [name, grow ? [batch, padded(name, channels), ...space] : dims];
    }),
  );
  return { ...graph, nodes, initializers, shapes };
}

function padConv(
  index: GraphIndex,
  initializers: Map<string, Tensor>,
  node: OnnxNode,
  padded: (value: string, channels: number) => number,
): OnnxNode {
  const [input = '', weightsName = '', biasName = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const weights = index.floats(weightsName);
  if (weights === undefined) return node;
  const [outputs = 1, inputs = 1, ...kernel] = weights.dims;
  const depthwise = isDepthwise(index, node);
  const newOutputs = padded(output, outputs);
  const newInputs = depthwise ? 1 : padded(input, inputs);
  if (newOutputs === outputs && newInputs === inputs) return node;
  const name = `${output}/padded`;
  initializers.set(`${name}/weights`, zeroExtended(weights, [newOutputs, newInputs, ...kernel]));
  initializers.delete(weightsName);
  const newNames = [input, `${name}/weights`];
  const bias = index.floats(biasName);
  if (bias !== undefined) {
    initializers.set(`${name}/bias`, zeroExtended(bias, [newOutputs]));
    initializers.delete(biasName);
    newNames.push(`${name}/bias`);
  }
  const attributes = depthwise ? { ...node.attributes, group: { int: newOutputs } } : node.attributes;
  return { ...node, inputs: newNames, attributes };
}

/** The tensor in the first corner of a larger one that is zero elsewhere; only the first two axes may grow. */
function zeroExtended(tensor: FloatTensor, dims: readonly number[]): FloatTensor {
  const out = new Float32Array(elementCount(dims));
  const [rows = 1, columns = 1] = tensor.dims;
  const inner = elementCount(tensor.dims.slice(2));
  const rowLength = elementCount(dims.slice(1));
  for (let row = 0; row < rows; row++) {
    const from = row * columns * inner;
    out.set(tensor.data.subarray(from, from + columns * inner), row * rowLength);
  }
  return float32(dims, out);
}

function groupsOf(node: OnnxNode): number {
  const group = node.attributes.group;
  return group !== undefined && 'int' in group ? group.int : 1;
}

/** One input and one output channel per group. */
function isDepthwise(index: GraphIndex, node: OnnxNode): boolean {
  const dims = index.floats(node.inputs[1])?.dims ?? [];
  return groupsOf(node) > 1 && dims[0] === groupsOf(node) && dims[1] === 1;
}

/** Sets of values, joined pairwise (union-find). */
class Families {
  readonly #parents = new Map<string, string>();

  of(value: string): string {
    let root = value;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    return root;
  }

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.of(a), this.of(b)];
    if (rootA !== rootB) this.#parents.set(rootA, rootB);
  }
}
