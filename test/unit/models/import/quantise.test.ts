import { describe, expect, it } from 'vitest';
import { channelFamilies } from '../../../../models/import/channel-families.ts';
import { type OnnxGraph, OnnxGraphBuilder } from '../../../../models/import/onnx-graph.ts';
import { quantiseGraph } from '../../../../models/import/quantise-graph.ts';
import { quantiseBias, quantiseWeights, scaleOf } from '../../../../models/import/quantise-numbers.ts';
import { planQuantisation } from '../../../../models/import/quantise-plan.ts';
import { scaleChannels } from '../../../../models/import/scale-channels.ts';
import { float32 } from '../../../../models/import/tensor.ts';
import { toFloat16 } from '../../../../models/import/to-float16.ts';
import { run, spread } from './tiny-graph.ts';

const DIMS = [1, 3, 6, 6];
const PIXELS = spread(108).map((value) => 2 * value);

/** Convolution and Relu → depthwise with hard swish, gated by its mean → 1x1, added to another 1x1, doubled by Concat. */
function network(): OnnxGraph {
  const builder = new OnnxGraphBuilder();
  const constant = (name: string, dims: readonly number[], by = 1) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return builder.constant(
      name,
      float32(
        dims,
        spread(count).map((value, i) => by * value * (1 + (i % 3))),
      ),
    );
  };
  const scalar = (name: string, value: number) => builder.constant(name, float32([], [value]));
  const conv = (name: string, input: string, out: number, inputs: number, kernel: number, group = 1) => {
    const weights = constant(`${name}/w`, [out, inputs, kernel, kernel]);
    const bias = constant(`${name}/b`, [out], 0.1);
    const pads = new Array<number>(4).fill((kernel - 1) / 2);
    builder.describe(name, ['batch', out, 6, 6]);
    return builder.add(name, 'Conv', [input, weights, bias], {
      kernel_shape: { ints: [kernel, kernel] },
      pads: { ints: pads },
      group: { int: group },
    });
  };
  const described = (name: string, channels: number, side = 6) => {
    builder.describe(name, ['batch', channels, side, side]);
    return name;
  };
  builder.input({ name: 'x', elementType: 'float32', dims: ['batch', 3, 6, 6] });
  builder.describe('x', ['batch', 3, 6, 6]);
  const first = described(builder.add('relu', 'Relu', [conv('first', 'x', 4, 3, 3)]), 4);
  const deep = conv('deep', first, 4, 1, 3, 4);
  const slopes = builder.constant('line/w', float32([4, 1, 1, 1], [1 / 6, 1 / 6, 1 / 6, 1 / 6]));
  const offsets = builder.constant('line/b', float32([4], [0.5, 0.5, 0.5, 0.5]));
  const line = builder.add('line', 'Conv', [deep, slopes, offsets], {
    kernel_shape: { ints: [1, 1] },
    group: { int: 4 },
  });
  const gate = described(builder.add('gate', 'Clip', [line, scalar('low', 0), scalar('high', 1)]), 4);
  const swish = described(builder.add('swish', 'Mul', [deep, gate]), 4);
  const mean = described(builder.add('mean', 'GlobalAveragePool', [swish]), 4, 1);
  const excite = described(builder.add('excite', 'Sigmoid', [mean]), 4, 1);
  const gated = described(builder.add('gated', 'Mul', [swish, excite]), 4);
  const sum = described(builder.add('sum', 'Add', [conv('project', gated, 2, 4, 1), conv('skip', first, 2, 4, 1)]), 2);
  const both = described(builder.add('both', 'Concat', [sum, sum], { axis: { int: 1 } }), 4);
  builder.add('y', 'Conv', [both, constant('last/w', [1, 4, 1, 1])], { kernel_shape: { ints: [1, 1] } });
  builder.output({ name: 'y', elementType: 'float32', dims: ['batch', 1, 6, 6] });
  return builder.build();
}

const RANGES = new Map(
  ['x', 'relu', 'deep', 'gate', 'swish', 'mean', 'excite', 'gated', 'project', 'skip', 'sum', 'both', 'y'].map(
    (value) => [value, { min: -40, max: 40 }] as const,
  ),
);

describe('numbers as integers', () => {
  it.each([
    [{ min: 0, max: 25.5 }, 0.1, 0],
    [{ min: -1, max: 1.55 }, 0.01, 100],
    [{ min: 2, max: 5.1 }, 0.02, 0],
    [{ min: -2.55, max: -1 }, 0.01, 255],
    [{ min: 0, max: 0 }, 1, 0],
  ])('spreads 256 steps over %j, with 0 on one of them', (range, scale, zeroPoint) => {
    expect(scaleOf(range)).toEqual({ scale: Math.fround(scale), zeroPoint });
  });

  it('gives each output channel of weights a scale of its own', () => {
    const { values, scales } = quantiseWeights(float32([3, 2, 1, 1], [1, -0.25, 127, 254, 0, 0]));
    expect([...values.data]).toEqual([127, -32, 64, 127, 0, 0]);
    expect(scales.data[1]).toBe(2);
    expect(scales.data[2]).toBeGreaterThan(0);
  });

  it('keeps a bias in steps of what is summed', () => {
    const { values, scales } = quantiseBias(float32([2], [1, -3]), 0.5, float32([2], [0.25, 0.5]));
    expect([...values.data]).toEqual([8, -12]);
    expect([...scales.data]).toEqual([0.125, 0.25]);
  });
});

describe('the plan', () => {
  it('takes maps to integers, absorbs what clips them, and leaves gates of one number a channel in float', () => {
    const { groups, values } = planQuantisation(network(), new Set(['y']));
    expect(groups.map((group) => group.output)).toEqual([
      'relu',
      'deep',
      'gate',
      'swish',
      'mean',
      'gated',
      'project',
      'skip',
      'sum',
      'both',
    ]);
    expect(values.get('relu')).toEqual({ min: 0, max: Infinity });
    expect(values.get('gate')).toEqual({ min: 0, max: 1 });
  });

  it('does not spend steps on what a hard swish turns into 0 anyway', () => {
    const { values } = planQuantisation(network(), new Set());
    expect(values.get('deep')?.min).toBeCloseTo(-3, 5);
  });
});

describe('an int8 graph', () => {
  it('computes about what the float graph computes', async () => {
    const graph = network();
    const exact = await run(graph, DIMS, PIXELS);
    const ranges = await rangesOf(graph);
    const rounded = await run(quantiseGraph(graph, ranges, new Set(['y'])), DIMS, PIXELS);
    expect(rounded.dims).toEqual(exact.dims);
    const largest = Math.max(...exact.data.map(Math.abs));
    const error = Math.max(...exact.data.map((value, i) => Math.abs(value - (rounded.data[i] ?? NaN))));
    expect(error).toBeGreaterThan(0);
    expect(error / largest).toBeLessThan(0.05);
  });

  it('has no Relu or Clip of a convolution left, and float outputs', () => {
    const graph = quantiseGraph(network(), RANGES, new Set(['y']));
    const kinds = graph.nodes.map((node) => node.opType);
    expect(kinds).not.toContain('Relu');
    expect(kinds).not.toContain('Clip');
    expect(graph.nodes.find((node) => node.outputs[0] === 'y')?.opType).toBe('Conv');
  });

  it('says which value it knows no range of', () => {
    const ranges = new Map([...RANGES].filter(([value]) => value !== 'deep'));
    expect(() => quantiseGraph(network(), ranges, new Set())).toThrow(/no range of deep/);
  });
});

describe('channels brought to one span', () => {
  it('finds the channels that must go together', () => {
    const families = channelFamilies(network());
    const of = (value: string, channel: number) =>
      families.find((family) => family.members.some((each) => each.value === value && each.channel === channel));
    expect(of('first', 1)).toBe(of('relu', 1));
    expect(of('first', 1)).not.toBe(of('first', 2));
    expect(of('deep', 1)).toBe(of('gated', 1));
    expect(of('project', 0)).toBe(of('skip', 0));
    expect(of('both', 2)).toBe(of('sum', 0));
    for (const free of ['gate', 'excite', 'x', 'y']) expect(of(free, 0)).toBeUndefined();
    expect(of('relu', 0)?.denseWeight).toBeGreaterThan(0);
  });

  it('leaves what the graph computes as it was', async () => {
    const graph = network();
    const scales = new Map<string, number[]>();
    for (const [i, { writers }] of channelFamilies(graph).entries()) {
      for (const { value, channel, channels } of writers) {
        const own = scales.get(value) ?? new Array<number>(channels).fill(1);
        own[channel] = 2 ** ((i % 7) - 3);
        scales.set(value, own);
      }
    }
    const before = await run(graph, DIMS, PIXELS);
    const after = await run(scaleChannels(graph, scales), DIMS, PIXELS);
    for (const [i, value] of before.data.entries()) expect(after.data[i]).toBeCloseTo(value, 3);
  });

  it('refuses factors that an operator does not let through', () => {
    const scales = new Map([['project', [2, 2]]]);
    expect(() => scaleChannels(network(), scales)).toThrow(/Add sum lets no channel factors through/);
  });
});

describe('a float16 graph', () => {
  it('keeps its ends in float32 and rounds what lies between', async () => {
    const graph = network();
    const half = toFloat16(narrowed(graph), ['sum']);
    expect(half.initializers.get('first/w/f16')?.dtype).toBe('float16');
    expect(half.initializers.get('last/w')?.dtype).toBe('float32');
    expect(half.initializers.has('first/w')).toBe(false);
    const [exact, rounded] = [await run(graph, DIMS, PIXELS), await run(half, DIMS, PIXELS)];
    const largest = Math.max(...exact.data.map(Math.abs));
    for (const [i, value] of exact.data.entries()) {
      expect(Math.abs((rounded.data[i] ?? NaN) - value) / largest).toBeLessThan(5e-3);
    }
  });
});

/** The network behind a Cast, as the importer writes it behind the pixels. */
function narrowed(graph: OnnxGraph): OnnxGraph {
  const cast = { opType: 'Cast', inputs: ['x'], outputs: ['x/cast'], attributes: { to: { int: 1 } } };
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => (input === 'x' ? 'x/cast' : input)),
  }));
  return { ...graph, nodes: [cast, ...nodes] };
}

/** What every value takes on the test's pixels. */
async function rangesOf(graph: OnnxGraph): Promise<ReadonlyMap<string, { min: number; max: number }>> {
  const { values } = planQuantisation(graph, new Set(['y']));
  const ranges = new Map([['x', { min: -2, max: 2 }]]);
  for (const name of values.keys()) {
    if (name === 'x') continue;
    const observed = {
      ...graph,
      nodes: [
        ...graph.nodes.filter((node) => node.outputs[0] !== 'y'),
        { opType: 'Identity', inputs: [name], outputs: ['y'], attributes: {} },
      ],
      outputs: [{ name: 'y', elementType: 'float32' as const, dims: ['a', 'b', 'c', 'd'] }],
    };
    const { data } = await run(observed, DIMS, PIXELS);
    ranges.set(name, { min: Math.min(...data), max: Math.max(...data) });
  }
  return ranges;
}
