import { encodeFloat16 } from './float16.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import type { Tensor } from './tensor.ts';
import { ELEMENT_TYPE } from './write-onnx.ts';

/**
 * The graph with weights and arithmetic in float16 up to `float32From`; what is computed from those values stays
 * float32, as do inputs and outputs of the graph:
 *
 *     frames (u8) ► Cast to f16 ► network, f16 ► logits, distances ► Cast to f32 ► peaks, top 100, boxes (f32)
 *
 * Pixels 0..255 are exact in float16. Peaks are cells that equal the maximum of their neighbourhood, and boxes reach 512
 * with fractions: float16 would find peaks twice and put corners onto a grid of half a pixel.
 *
 * @param float32From values that are turned back to float32 right where they are computed
 */
export function toFloat16(graph: OnnxGraph, float32From: readonly string[]): OnnxGraph {
  const wide = new Set<string>();
  const initializers = new Map<string, Tensor>(graph.initializers);
  const nodes: OnnxNode[] = [];
  for (const node of graph.nodes) {
    const isWide = node.inputs.some((input) => wide.has(input));
    if (isWide) {
      for (const output of node.outputs) wide.add(output);
      nodes.push(node);
      continue;
    }
    const inputs = node.inputs.map((input, i) => {
      // The scales of a Resize are float32 whatever it resizes.
      if (node.opType === 'Resize' && i > 0) return input;
      return narrowConstant(initializers, input);
    });
    const attributes = node.opType === 'Cast' ? { to: { int: ELEMENT_TYPE.float16 } } : node.attributes;
    const [output = ''] = node.outputs;
    if (!float32From.includes(output)) {
      nodes.push({ ...node, inputs, attributes });
      continue;
    }
    const half = `${output}/f16`;
    wide.add(output);
    nodes.push({ ...node, inputs, attributes, outputs: [half] });
    nodes.push({
      opType: 'Cast',
      inputs: [half],
      outputs: [output],
      attributes: { to: { int: ELEMENT_TYPE.float32 } },
    });
  }
  const needed = new Set(nodes.flatMap((node) => node.inputs));
  return {
    ...graph,
    nodes,
    initializers: new Map([...initializers].filter(([name]) => needed.has(name))),
    shapes: new Map([...graph.shapes].filter(([name]) => wide.has(name))),
  };
}

/** The name of a constant's float16 form; constants of other types, and values, keep their names. */
function narrowConstant(initializers: Map<string, Tensor>, name: string): string {
  const tensor = initializers.get(name);
  if (tensor?.dtype !== 'float32') return name;
  const half = `${name}/f16`;
  if (!initializers.has(half)) {
    initializers.set(half, { dtype: 'float16', dims: tensor.dims, data: encodeFloat16(tensor.data) });
  }
  return half;
}
