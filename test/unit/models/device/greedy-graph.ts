import { OnnxGraphBuilder } from '../../../../models/import/onnx-graph.ts';
import { int64 } from '../../../../models/import/tensor.ts';
import { encodeOnnx } from '../../../../models/import/write-onnx.ts';

/**
 * A detector's graph that finds nothing, and asks for 2^46 bytes for each frame of a batch beyond `framesMax`: more
 * than an address space holds, so that ONNX Runtime really fails to allocate, whatever memory the machine has.
 */
export function greedyGraph(inputSize: number, framesMax: number): Uint8Array {
  const graph = new OnnxGraphBuilder();
  const frames = graph.input({ name: 'frames', elementType: 'uint8', dims: ['batch', inputSize, inputSize, 3] });
  const shape = graph.add('shape', 'Shape', [frames]);
  const count = graph.add('count', 'Gather', [shape, graph.constant('first', int64([0]))], { axis: { int: 0 } });
  const beyond = graph.add('beyond', 'Sub', [count, graph.constant('framesMax', int64([framesMax]))]);
  const positive = graph.add('positive', 'Max', [beyond, graph.constant('zero', int64([0]))]);
  const length = graph.add('length', 'Mul', [positive, graph.constant('greed', int64([2 ** 44]))]);
  const huge = graph.add('huge', 'ConstantOfShape', [length]);
  const sum = graph.add('sum', 'ReduceSum', [huge], { keepdims: { int: 0 } });
  const boxesShape = graph.add('boxesShape', 'Concat', [count, graph.constant('rest', int64([100, 6]))], {
    axis: { int: 0 },
  });
  const empty = graph.add('empty', 'ConstantOfShape', [boxesShape]);
  graph.output({ name: graph.add('boxes', 'Add', [empty, sum]), elementType: 'float32', dims: ['batch', 100, 6] });
  return encodeOnnx(graph.build(), 'greedy', { name: 'camshard-test', version: '1' });
}
