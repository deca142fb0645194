import { GraphIndex } from './graph-index.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';

/**
 * relu(concat(a, b)) → concat(relu(a), relu(b)): the convolution that computes `a` takes the relu along for nothing, so
 * only what no convolution writes is read and written once more.
 */
export function rewriteReluOfConcat(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const shapes = new Map(graph.shapes);
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const relu of graph.nodes) {
    const [input = ''] = relu.inputs;
    const concat = index.producer(input, 'Concat');
    if (relu.opType !== 'Relu' || concat === undefined || !index.readOnlyBy(input, relu)) continue;
    const parts = concat.inputs.map((part, i) => ({ part, name: `${relu.outputs[0]}/part${i}` }));
    for (const { part, name } of parts) {
      const dims = shapes.get(part);
      if (dims !== undefined) shapes.set(name, dims);
    }
    shapes.delete(input);
    replaced.set(concat, []);
    replaced.set(relu, [
      ...parts.map(({ part, name }): OnnxNode => ({ opType: 'Relu', inputs: [part], outputs: [name], attributes: {} })),
      { ...concat, inputs: parts.map(({ name }) => name), outputs: relu.outputs },
    ]);
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]), shapes };
}
