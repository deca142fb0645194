import { encodeFloat16, float16ToNumber } from '../../models/import/float16.ts';
import type { OnnxGraph, OnnxNode } from '../../models/import/onnx-graph.ts';
import type { Tensor } from '../../models/import/tensor.ts';
import { ELEMENT_TYPE } from '../../models/import/write-onnx.ts';

/**
 * A float32 graph that rounds as a float16 one does on a GPU: weights, and every value behind the operator that computes
 * it. ONNX Runtime's CPU provider has no float16 kernels for most operators: it runs a float16 graph in float32 and drops
 * the casts between, so the graph itself shows nothing on a CPU. Sums inside an operator stay float32, as tensor cores
 * keep them.
 *
 * @param isNarrow which values are float16, by name
 */
export function roundToFloat16(graph: OnnxGraph, isNarrow: (value: string) => boolean): OnnxGraph {
  const initializers = new Map<string, Tensor>();
  const readByNarrow = new Set(
    graph.nodes
      .filter((node) => isNarrow(node.outputs[0] ?? ''))
      .flatMap((node) => (node.opType === 'Resize' ? node.inputs.slice(0, 1) : node.inputs)),
  );
  for (const [name, tensor] of graph.initializers) {
    const rounds = tensor.dtype === 'float32' && readByNarrow.has(name);
    const data = rounds ? Float32Array.from(encodeFloat16(tensor.data), float16ToNumber) : undefined;
    initializers.set(name, data === undefined ? tensor : { dtype: 'float32', dims: tensor.dims, data });
  }
  const nodes = graph.nodes.flatMap((node): readonly OnnxNode[] => {
    const [output = ''] = node.outputs;
    if (!isNarrow(output)) return [node];
    return [
      { ...node, outputs: [`${output}/exact`] },
      cast(`${output}/exact`, `${output}/f16`, ELEMENT_TYPE.float16),
      cast(`${output}/f16`, output, ELEMENT_TYPE.float32),
    ];
  });
  return { ...graph, nodes, initializers };
}

function cast(from: string, to: string, elementType: number): OnnxNode {
  return { opType: 'Cast', inputs: [from], outputs: [to], attributes: { to: { int: elementType } } };
}
