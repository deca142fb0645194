import { ModelError } from '../../core/errors.ts';
import { GraphIndex } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { elementCount, type FloatTensor, float32, type Tensor } from './tensor.ts';

/** What to divide each channel of a convolution's output by, by that output's name. */
export type ChannelScales = ReadonlyMap<string, readonly number[]>;

/**
 * The same function with the channels of inner maps brought to other scales: a convolution that writes a channel divides
 * its weights by the channel's factor, whoever reads it multiplies (after Nagel et al. 2019, "Data-Free Quantization
 * Through Weight Equalization and Bias Correction", section 4.1). All channels of a map share one scale once it is
 * uint8, so a map whose channels span alike loses least by rounding; a depthwise reader takes the factor for nothing,
 * because its weights have a scale for each channel.
 *
 * What lies between must let a positive factor through: Relu, Add, Concat, Resize, GlobalAveragePool, products with a
 * gate. {@link channelFamilies} says which channels may have a factor and which must share one.
 *
 * @throws ModelError `model_unsupported` where the factors do not go through
 */
export function scaleChannels(graph: OnnxGraph, scales: ChannelScales): OnnxGraph {
  const index = new GraphIndex(graph);
  const initializers = new Map<string, Tensor>(graph.initializers);
  const factors = new Map<string, readonly number[]>();
  const nodes = graph.nodes.map((node): OnnxNode => {
    const [output = ''] = node.outputs;
    if (node.opType === 'Conv') {
      const weights = index.floats(node.inputs[1]);
      const own = scales.get(output);
      const read = factors.get(node.inputs[0] ?? '');
      if (own !== undefined) factors.set(output, own);
      if (weights === undefined || (own === undefined && read === undefined)) return node;
      const bias = index.floats(node.inputs[2]);
      initializers.set(`${output}/scaled/weights`, scaledWeights(weights, isDepthwise(node, weights), own, read));
      const names = [node.inputs[0] ?? '', `${output}/scaled/weights`];
      if (bias !== undefined) {
        initializers.set(
          `${output}/scaled/bias`,
          float32(
            bias.dims,
            bias.data.map((v, c) => v / (own?.[c] ?? 1)),
          ),
        );
        names.push(`${output}/scaled/bias`);
      }
      return { ...node, inputs: names };
    }
    const passed = passedOn(graph, index, node, factors);
    if (passed !== undefined) factors.set(output, passed);
    return node;
  });
  return { ...graph, nodes, initializers };
}

function scaledWeights(
  weights: FloatTensor,
  depthwise: boolean,
  written: readonly number[] | undefined,
  read: readonly number[] | undefined,
): FloatTensor {
  const [, inputs = 1] = weights.dims;
  const kernel = elementCount(weights.dims.slice(2));
  const data = weights.data.map((value, i) => {
    const out = Math.floor(i / (inputs * kernel));
    const input = depthwise ? out : Math.floor(i / kernel) % inputs;
    return (value * (read?.[input] ?? 1)) / (written?.[out] ?? 1);
  });
  return float32(weights.dims, data);
}

/** The factors a node's output has, given those of its inputs; undefined where all are 1. */
function passedOn(
  graph: OnnxGraph,
  index: GraphIndex,
  node: OnnxNode,
  factors: ReadonlyMap<string, readonly number[]>,
): readonly number[] | undefined {
  const given = node.inputs.map((input) => factors.get(input));
  const [first] = given;
  if (given.every((each) => each === undefined)) return undefined;
  switch (node.opType) {
    case 'Relu':
    case 'Resize':
    case 'GlobalAveragePool':
      return first;
    case 'Mul':
      if (given.filter((each) => each !== undefined).length === 1) return given.find((each) => each !== undefined);
      break;
    case 'Add':
      if (given.every((each) => each?.every((factor, c) => factor === first?.[c]))) return first;
      break;
    case 'Concat':
      return node.inputs.flatMap((input, i) => given[i] ?? new Array<number>(channelsOf(graph, index, input)).fill(1));
  }
  throw new ModelError('model_unsupported', `${node.opType} ${node.outputs[0]} lets no channel factors through`);
}

/** Channels of a map; of one whose dimensions were not noted, what its convolution writes. 0 where it is none. */
export function channelsOf(graph: OnnxGraph, index: GraphIndex, value: string): number {
  const dims = graph.shapes.get(value);
  if (dims === undefined) return index.floats(index.producer(value, 'Conv')?.inputs[1])?.dims[0] ?? 0;
  const channels = dims.length === 4 ? dims[1] : 0;
  return typeof channels === 'number' ? channels : 0;
}

/** One input and one output channel per group. */
export function isDepthwise(node: OnnxNode, weights: FloatTensor): boolean {
  const group = node.attributes.group;
  return group !== undefined && 'int' in group && group.int > 1 && weights.dims[1] === 1;
}
