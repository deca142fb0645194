import { describe, expect, it } from 'vitest';
import { type OnnxGraph, OnnxGraphBuilder } from '../../../../models/import/onnx-graph.ts';
import { optimiseGraph } from '../../../../models/import/optimise-graph.ts';
import { rewriteGateBroadcast } from '../../../../models/import/rewrite-gate-broadcast.ts';
import { rewriteHardGates } from '../../../../models/import/rewrite-hard-gates.ts';
import { rewriteInterleavedInput } from '../../../../models/import/rewrite-interleaved-input.ts';
import { padChannels } from '../../../../models/import/rewrite-pad-channels.ts';
import { rewriteReluOfConcat } from '../../../../models/import/rewrite-relu-of-concat.ts';
import { float32, int64 } from '../../../../models/import/tensor.ts';
import { converted, ints, node, run, spread, text, texts, tinyGraph } from './tiny-graph.ts';

const DIMS = [2, 6, 6, 3];
const SIXTH = 0.1666259765625;

/** Mean over space → two 1x1 convolutions → hard sigmoid, as MobileNetV3 gates its channels; hard swish before it. */
function networkGraph() {
  const fused = { strides: ints(1, 1, 1, 1), padding: text('SAME'), fused_ops: texts('BiasAdd') };
  const swish = (name: string, of: string) => [
    node(`${name}/c`, 'Mul', ['sixth', of]),
    node(`${name}/add`, 'Add', [of, 'three']),
    node(`${name}/relu6`, 'Relu6', [`${name}/add`]),
    node(name, 'Mul', [`${name}/c`, `${name}/relu6`]),
  ];
  const nodes = [
    node('first', '_FusedConv2D', ['x', 'w1', 'b1'], { ...fused, strides: ints(1, 2, 2, 1) }),
    ...swish('s1', 'first'),
    node('dw', 'FusedDepthwiseConv2dNative', ['s1', 'wd', 'bd'], fused),
    node('mean', 'Mean', ['dw', 'space'], { keep_dims: { b: true } }),
    node('squeeze', '_FusedConv2D', ['mean', 'w2', 'b2'], { ...fused, fused_ops: texts('BiasAdd', 'Relu') }),
    node('excite', '_FusedConv2D', ['squeeze', 'w3', 'b3'], fused),
    node('g/add', 'Add', ['excite', 'three']),
    node('g/relu6', 'Relu6', ['g/add']),
    node('gate', 'Mul', ['sixth', 'g/relu6']),
    node('gated', 'Mul', ['gate', 'dw']),
    node('project', '_FusedConv2D', ['gated', 'w4', 'b4'], fused),
    node('joined', 'ConcatV2', ['project', 's1', 'axis']),
    node('out', 'Relu', ['joined']),
  ];
  const w = (...dims: number[]) => float32(dims, spread(dims.reduce((a, b) => a * b, 1)));
  const weights = {
    ...{ sixth: float32([], [SIXTH]), three: float32([], [3]), space: int64([1, 2]), axis: int64([3], []) },
    ...{ w1: w(3, 3, 3, 18), b1: w(18), wd: w(5, 5, 18, 1), bd: w(18), w2: w(1, 1, 18, 7), b2: w(7) },
    ...{ w3: w(1, 1, 7, 18), b3: w(18), w4: w(1, 1, 18, 5), b4: w(5) },
  };
  return converted(tinyGraph([1, 6, 6, 3], nodes, weights), DIMS, 'out');
}

const INPUT = spread(2 * 6 * 6 * 3).map((v) => 4 * v);
const count = (graph: OnnxGraph, opType: string) => graph.nodes.filter((each) => each.opType === opType).length;

describe('every rewrite', () => {
  it.each([
    ['hard gates', rewriteHardGates],
    ['relu of concat', rewriteReluOfConcat],
    ['gate broadcast', rewriteGateBroadcast],
    ['channel padding', padChannels],
    ['all together', (graph: OnnxGraph) => optimiseGraph(graph)],
  ])('leaves what the graph computes as it was: %s', async (_, rewrite) => {
    const graph = networkGraph();
    const before = await run(graph, DIMS, INPUT);
    const after = await run(rewrite(graph), DIMS, INPUT);
    expect(after.dims).toEqual(before.dims);
    expect(before.data.some((v) => v > 1)).toBe(true);
    for (const [i, value] of after.data.entries()) expect(value).toBeCloseTo(before.data[i] ?? NaN, 3);
  });
});

describe('hard gates', () => {
  it('become clipped convolutions, folded into the one before where nothing else reads it', () => {
    const before = networkGraph();
    const after = rewriteHardGates(before);
    // Hard swish needs a line of its own, the hard sigmoid's goes into `excite`; no sum with 3 is left.
    expect(count(after, 'Conv')).toBe(count(before, 'Conv') + 1);
    expect(count(after, 'Add')).toBe(0);
    expect(count(after, 'Mul')).toBe(2);
  });

  it('keep the constant the model has, not 1/6', () => {
    const highs = [...rewriteHardGates(networkGraph()).initializers].filter(([name]) => name.endsWith('/high'));
    expect(highs.map(([, tensor]) => tensor.data[0])).toEqual([Math.fround(6 * SIXTH), Math.fround(6 * SIXTH)]);
  });
});

describe('channel padding', () => {
  it('fills families of channels up to blocks of 16, and leaves alone what a Concat or an output sees', () => {
    const after = padChannels(networkGraph());
    const outputs = after.nodes
      .filter((each) => each.opType === 'Conv')
      .map((each) => [each.outputs[0], after.initializers.get(each.inputs[1] ?? '')?.dims[0]]);
    expect(Object.fromEntries(outputs)).toEqual({
      first: 18, // its hard swish is concatenated
      dw: 18,
      'squeeze/conv': 16,
      excite: 18,
      project: 5,
    });
  });
});

describe('interleaved input', () => {
  it('lets the first convolution read pixels as they lie, to the same result', async () => {
    const graphOf = (): OnnxGraph => {
      const builder = new OnnxGraphBuilder();
      builder.input({ name: 'x', elementType: 'float32', dims: ['batch', 5, 6, 3] });
      const planes = builder.add('planes', 'Transpose', ['x'], { perm: { ints: [0, 3, 1, 2] } });
      const pixels = builder.add('pixels', 'Cast', [planes], { to: { int: 1 } });
      const weights = builder.constant('w', float32([4, 3, 3, 3], spread(4 * 27)));
      builder.add('y', 'Conv', [pixels, weights, builder.constant('b', float32([4], [1, 2, 3, 4]))], {
        kernel_shape: { ints: [3, 3] },
        strides: { ints: [2, 2] },
        dilations: { ints: [1, 1] },
        pads: { ints: [1, 0, 1, 1] },
        group: { int: 1 },
      });
      builder.output({ name: 'y', elementType: 'float32', dims: ['batch', 4, 3, 3] });
      return builder.build();
    };
    const rewritten = rewriteInterleavedInput(graphOf());
    expect(rewritten.nodes.map((each) => each.opType)).toEqual(['Reshape', 'Cast', 'Conv']);
    const input = spread(2 * 5 * 6 * 3);
    const before = await run(graphOf(), [2, 5, 6, 3], input);
    const after = await run(rewritten, [2, 5, 6, 3], input);
    expect(after.dims).toEqual(before.dims);
    for (const [i, value] of after.data.entries()) expect(value).toBeCloseTo(before.data[i] ?? NaN, 4);
  });
});
