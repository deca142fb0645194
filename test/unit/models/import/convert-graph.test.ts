import { describe, expect, it } from 'vitest';
import { errorCode } from '../../../../core/errors.ts';
import { float32, int64 } from '../../../../models/import/tensor.ts';
import { converted, counting, evaluate, ints, node, spread, text, texts, tinyGraph } from './tiny-graph.ts';

const conv = (op: string, extra = {}) =>
  node('y0', op, ['x', 'w'], { strides: ints(1, 1, 1, 1), padding: text('SAME'), ...extra });

describe('convolution', () => {
  it('looks down and right of an even input at stride 2, as TensorFlow pads', async () => {
    // A 3x3 kernel that picks its own centre: with SAME at stride 2 windows start at 0, so centres are odd pixels.
    const kernel = new Float32Array(9);
    kernel[4] = 1;
    const graph = tinyGraph([1, 4, 4, 1], [conv('Conv2D', { strides: ints(1, 2, 2, 1) })], {
      w: float32([3, 3, 1, 1], kernel),
    });
    const y = await evaluate(graph, [1, 4, 4, 1], counting([1, 4, 4, 1]), 'y0');
    expect(y).toEqual({ dims: [1, 2, 2, 1], data: [6, 8, 14, 16] });
  });

  it('reads HWIO weights: output channel o is the sum over input channels of w[0][0][i][o]', async () => {
    const graph = tinyGraph([1, 1, 1, 2], [conv('Conv2D')], { w: float32([1, 1, 2, 3], [1, 2, 3, 10, 20, 30]) });
    const y = await evaluate(graph, [1, 1, 1, 2], [1, 1], 'y0');
    expect(y.data).toEqual([11, 22, 33]);
  });

  it('reads depthwise HWCM weights: output channel c·M + m sees input channel c only', async () => {
    const graph = tinyGraph([1, 1, 1, 2], [conv('DepthwiseConv2dNative')], {
      w: float32([1, 1, 2, 2], [1, 2, 3, 4]),
    });
    const y = await evaluate(graph, [1, 1, 1, 2], [10, 100], 'y0');
    expect(y).toEqual({ dims: [1, 1, 1, 4], data: [10, 20, 300, 400] });
  });

  it('keeps height and width apart, and kernels unturned', async () => {
    // Weight 1 at row 0, column 1 of a 1-high, 2-wide kernel: each output is its right neighbour.
    const graph = tinyGraph([1, 2, 3, 1], [conv('Conv2D')], { w: float32([1, 2, 1, 1], [0, 1]) });
    const y = await evaluate(graph, [1, 2, 3, 1], [1, 2, 3, 4, 5, 6], 'y0');
    expect(y.data).toEqual([2, 3, 0, 5, 6, 0]);
  });

  it('applies the bias and the activation that are fused into it', async () => {
    const fused = node('y0', '_FusedConv2D', ['x', 'w', 'b'], {
      strides: ints(1, 1, 1, 1),
      padding: text('VALID'),
      fused_ops: texts('BiasAdd', 'Relu6'),
    });
    const graph = tinyGraph([1, 1, 3, 1], [fused], { w: float32([1, 1, 1, 1], [1]), b: float32([1], [2]) });
    const y = await evaluate(graph, [1, 1, 3, 1], [-5, 1, 9], 'y0');
    expect(y.data).toEqual([0, 3, 6]);
  });
});

describe('resizing', () => {
  const resize = (attr = {}) => [node('y0', 'ResizeBilinear', ['x', 'size'], attr)];

  it('interpolates from the corner, as TensorFlow does without half-pixel centres', async () => {
    const graph = tinyGraph([1, 1, 2, 1], resize(), { size: int64([1, 4]) });
    const y = await evaluate(graph, [1, 1, 2, 1], [0, 8], 'y0');
    expect(y.data).toEqual([0, 4, 8, 8]);
  });

  it('interpolates between pixel centres where the graph says so', async () => {
    const graph = tinyGraph([1, 1, 2, 1], resize({ half_pixel_centers: { b: true } }), { size: int64([1, 4]) });
    const y = await evaluate(graph, [1, 1, 2, 1], [0, 8], 'y0');
    expect(y.data).toEqual([0, 2, 6, 8]);
  });

  it('keeps the ratio, not the size, at another input size than the exported one', async () => {
    const graph = tinyGraph([1, 1, 2, 1], resize(), { size: int64([1, 4]) });
    const y = await evaluate(graph, [1, 1, 3, 1], [0, 8, 16], 'y0');
    expect(y).toEqual({ dims: [1, 1, 6, 1], data: [0, 4, 8, 12, 16, 16] });
  });
});

describe('axes', () => {
  it('relabels a transpose instead of writing it, and still joins along the axis TensorFlow means', async () => {
    const nodes = [node('t', 'Transpose', ['x', 'perm']), node('c', 'ConcatV2', ['t', 't', 'axis'])];
    const graph = tinyGraph([1, 1, 2, 2], nodes, { perm: int64([0, 3, 1, 2]), axis: int64([1], []) });
    const y = await evaluate(graph, [1, 1, 2, 2], [1, 2, 3, 4], 'c');
    expect(y).toEqual({ dims: [1, 4, 1, 2], data: [1, 3, 2, 4, 1, 3, 2, 4] });
    const transposes = converted(graph, [1, 1, 2, 2], 'c').nodes.filter((each) => each.opType === 'Transpose');
    expect(transposes.map((each) => each.outputs[0])).toEqual(['y']);
  });

  it('adds a vector along the channels whatever order the feature map is held in', async () => {
    const nodes = [conv('Conv2D'), node('s', 'Add', ['y0', 'b'])];
    const graph = tinyGraph([1, 1, 2, 1], nodes, { w: float32([1, 1, 1, 2], [1, 1]), b: float32([2], [10, 20]) });
    const y = await evaluate(graph, [1, 1, 2, 1], [1, 2], 's');
    expect(y.data).toEqual([11, 21, 12, 22]);
  });

  it('averages over given axes, kept or not', async () => {
    const kept = tinyGraph([1, 2, 2, 2], [node('m', 'Mean', ['x', 'axes'], { keep_dims: { b: true } })], {
      axes: int64([1, 2]),
    });
    const dropped = tinyGraph([1, 2, 2, 2], [node('m', 'Mean', ['x', 'axes'])], { axes: int64([-1]) });
    const data = counting([1, 2, 2, 2]);
    expect(await evaluate(kept, [1, 2, 2, 2], data, 'm')).toEqual({ dims: [1, 1, 1, 2], data: [4, 5] });
    expect(await evaluate(dropped, [1, 2, 2, 2], data, 'm')).toEqual({ dims: [1, 2, 2], data: [1.5, 3.5, 5.5, 7.5] });
  });

  it('pads each side of each axis by its own amount', async () => {
    const graph = tinyGraph([1, 1, 2, 1], [node('p', 'Pad', ['x', 'pads'])], {
      pads: int64([0, 0, 0, 0, 2, 1, 0, 0], [4, 2]),
    });
    expect((await evaluate(graph, [1, 1, 2, 1], [5, 6], 'p')).data).toEqual([0, 0, 5, 6, 0]);
  });
});

describe('element-wise operators', () => {
  it('fold constants and leave the rest to the graph', async () => {
    const nodes = [node('k', 'Mul', ['a', 'b']), node('y0', 'Sub', ['x', 'k'])];
    const graph = tinyGraph([1, 1, 1, 2], nodes, { a: float32([], [3]), b: float32([], [4]) });
    expect((await evaluate(graph, [1, 1, 1, 2], [20, 30], 'y0')).data).toEqual([8, 18]);
  });

  it('leave padding out of an average and of a maximum', async () => {
    const pool = (op: string) =>
      node(op, op, ['x'], { ksize: ints(1, 1, 3, 1), strides: ints(1, 1, 1, 1), padding: text('SAME') });
    const graph = tinyGraph([1, 1, 3, 1], [pool('MaxPool'), pool('AvgPool')]);
    expect((await evaluate(graph, [1, 1, 3, 1], [-3, -6, -9], 'MaxPool')).data).toEqual([-3, -3, -6]);
    expect((await evaluate(graph, [1, 1, 3, 1], [-3, -6, -9], 'AvgPool')).data).toEqual([-4.5, -6, -7.5]);
  });
});

describe('a graph that cannot be converted', () => {
  const failure = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return { code: errorCode(error), message: String(error) };
    }
    throw new Error('converted after all');
  };

  it('is refused with the operator and the node named', () => {
    const graph = tinyGraph([1, 1, 1, 1], [node('odd', 'Einsum', ['x'])]);
    const { code, message } = failure(() => converted(graph, [1, 1, 1, 1], 'odd'));
    expect(code).toBe('model_unsupported');
    expect(message).toContain('Einsum odd');
  });

  it('is refused where it reads a second output', () => {
    const graph = tinyGraph([1, 1, 1, 1], [node('a', 'Relu', ['x']), node('y0', 'Relu', ['a:1'])]);
    expect(failure(() => converted(graph, [1, 1, 1, 1], 'y0')).code).toBe('model_unsupported');
  });

  it('is not hindered by operators nobody asked for', async () => {
    const graph = tinyGraph([1, 1, 1, 2], [node('y0', 'Relu', ['x', '^odd']), node('odd', 'Einsum', ['x'])]);
    expect((await evaluate(graph, [1, 1, 1, 2], spread(2), 'y0')).data.every((v) => v >= 0)).toBe(true);
  });
});
