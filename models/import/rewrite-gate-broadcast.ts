import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { float32, type Tensor } from './tensor.ts';

/**
 * Multiplies a feature map `[batch, C, H, W]` by one number per channel `[batch, C, 1, 1]` (squeeze-and-excite) as a
 * product of equal shapes: the numbers are first spread over H x W by a nearest-neighbour Resize. That is more work on
 * paper, but ONNX Runtime has both in its blocked layout, and no broadcasting product there: it would convert the whole
 * map back and forth.
 */
export function rewriteGateBroadcast(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map<string, Tensor>(graph.initializers);
  const shapes = new Map(graph.shapes);
  const nodes = graph.nodes.flatMap((node): readonly OnnxNode[] => {
    if (node.opType !== 'Mul') return [node];
    const [a = '', b = ''] = node.inputs;
    const [map, gate] = isGate(shapes.get(a)) ? [b, a] : [a, b];
    const dims = shapes.get(map);
    const [, channels, height, width] = dims ?? [];
    const gateDims = shapes.get(gate);
    const matches = isGate(gateDims) && gateDims?.[1] === channels && dims?.length === 4;
    if (!matches || dims === undefined || typeof height !== 'number' || typeof width !== 'number') return [node];
    const spread = `${node.outputs[0]}/spread`;
    initializers.set(`${spread}/scales`, float32([4], [1, 1, height, width]));
    shapes.set(spread, dims);
    const resize: OnnxNode = {
      opType: 'Resize',
      inputs: [gate, '', `${spread}/scales`],
      outputs: [spread],
      attributes: {
        mode: { string: 'nearest' },
        coordinate_transformation_mode: { string: 'asymmetric' },
        nearest_mode: { string: 'floor' },
      },
    };
    return [resize, { ...node, inputs: [map, spread] }];
  });
  return { ...graph, nodes, initializers, shapes };
}

function isGate(dims: readonly (number | string)[] | undefined): boolean {
  return dims?.length === 4 && dims[2] === 1 && dims[3] === 1;
}
