import { GraphIndex, withoutDeadParts } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { float32, int64, type Tensor, transposed } from './tensor.ts';

/**
 * Lets the first convolution read interleaved pixels, so that no plane is ever written:
 *
 *     frames [b, H, W, 3] ► Transpose ► Cast ► Conv kh x kw, stride (sy, sx)
 *     frames [b, H, W, 3] ► Reshape to [b, 1, H, 3W] ► Cast ► Conv kh x 3kw, stride (sy, 3sx)
 *
 * In a row r g b r g b ..., kw neighbouring pixels are 3·kw neighbouring numbers and the next pixel begins 3 further,
 * so the weight of column x and channel c moves to column 3x + c. The products and their number stay the same.
 */
export function rewriteInterleavedInput(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const initializers = new Map<string, Tensor>(graph.initializers);
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const node of graph.nodes) {
    const cast = index.producer(node.inputs[0], 'Cast');
    const transpose = index.producer(cast?.inputs[0], 'Transpose');
    const port = graph.inputs.find((input) => input.name === transpose?.inputs[0]);
    const weights = index.floats(node.inputs[1]);
    if (node.opType !== 'Conv' || cast === undefined || port === undefined || weights === undefined) continue;
    const perm = ints(transpose, 'perm');
    const strides = ints(node, 'strides');
    const pads = ints(node, 'pads');
    const [, height, width, channels] = port.dims;
    const [outputs = 1, inputs = 1, kernelY = 1, kernelX = 1] = weights.dims;
    const plain = ints(node, 'dilations').every((dilation) => dilation === 1) && inputs === channels;
    if (perm.join() !== '0,3,1,2' || !plain || typeof height !== 'number' || typeof width !== 'number') continue;

    const name = `${node.outputs[0]}/interleaved`;
    initializers.set(`${name}/shape`, int64([-1, 1, height, width * channels]));
    const moved = transposed(weights, [0, 2, 3, 1]);
    initializers.set(`${name}/weights`, float32([outputs, 1, kernelY, kernelX * channels], moved.data));
    const [strideY = 1, strideX = 1] = strides;
    const [top = 0, left = 0, bottom = 0, right = 0] = pads;
    replaced.set(node, [
      { opType: 'Reshape', inputs: [port.name, `${name}/shape`], outputs: [`${name}/row`], attributes: {} },
      { ...cast, inputs: [`${name}/row`], outputs: [`${name}/numbers`] },
      {
        ...node,
        inputs: [`${name}/numbers`, `${name}/weights`, ...node.inputs.slice(2)],
        attributes: {
          ...node.attributes,
          kernel_shape: { ints: [kernelY, kernelX * channels] },
          strides: { ints: [strideY, strideX * channels] },
          pads: { ints: [top, left * channels, bottom, right * channels] },
        },
      },
    ]);
  }
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return withoutDeadParts({ ...graph, nodes, initializers });
}

function ints(node: OnnxNode | undefined, name: string): readonly number[] {
  const attribute = node?.attributes[name];
  return attribute !== undefined && 'ints' in attribute ? attribute.ints : [];
}
