import { createRandom } from '../../core/random.ts';
import { YOLO_FAMILIES, YOLO_STRIDES, type YoloLayout } from '../../models/import/graft-yolo.ts';
import { OnnxGraphBuilder } from '../../models/import/onnx-graph.ts';
import { float32, int64 } from '../../models/import/tensor.ts';
import { encodeOnnx } from '../../models/import/write-onnx.ts';

export interface TinyDetector {
  readonly layout: YoloLayout;
  readonly classes: number;
  /** Side of the input square; `undefined` leaves it open. */
  readonly size: number | undefined;
  /** 1 is what exporters write unless told otherwise. */
  readonly batch: 1 | 'open';
  /** Takes and gives float16, as an exporter's half precision does. */
  readonly half?: boolean;
  /** Logits lie around this: high where a test wants objects found in any picture. */
  readonly bias?: number;
}

/**
 * An ONNX file as a YOLO's exporter writes it, of a network with one layer: means of the cells, a convolution 1x1 with
 * seeded weights, and the head's own arithmetic. What it finds is arbitrary, but depends on every pixel and on the order
 * of the colours.
 */
export function tinyDetector({ layout, classes, size, batch, half = false, bias = -1 }: TinyDetector): Uint8Array {
  const { before, rowAxis, rowsPerCell = 1, white } = YOLO_FAMILIES[layout];
  const numbers = before + classes;
  const random = createRandom(7);
  const around = (scale: number) => (random() - 0.5) * scale;
  const builder = new OnnxGraphBuilder();
  const first = batch === 1 ? 1 : 'batch';
  const dims = size === undefined ? ['height', 'width'] : [size, size];
  const elementType = half ? 'float16' : 'float32';
  const given = builder.input({ name: 'images', elementType, dims: [first, 3, ...dims] });
  const images = half ? builder.add('wide', 'Cast', [given], { to: { int: 1 } }) : given;
  // 0 takes the batch over, as an exporter with open axes writes; else it is fixed.
  const shape = builder.constant('shape', int64([batch === 1 ? 1 : 0, numbers, -1]));
  const maps = YOLO_STRIDES.map((stride) => {
    const means = builder.add('means', 'AveragePool', [images], {
      kernel_shape: { ints: [stride, stride] },
      strides: { ints: [stride, stride] },
    });
    const channels = numbers * rowsPerCell;
    const weights = Float32Array.from({ length: channels * 3 }, () => around(24 / white));
    const biases = Float32Array.from({ length: channels }, () => bias + around(1));
    const map = builder.add('map', 'Conv', [
      means,
      builder.constant('weights', float32([channels, 3, 1, 1], weights)),
      builder.constant('biases', float32([channels], biases)),
    ]);
    return builder.add('cells', 'Reshape', [map, shape]);
  });
  const all = builder.add('all', 'Concat', maps, { axis: { int: 2 } });
  const part = (from: number, to: number) =>
    builder.add('part', 'Slice', [
      all,
      builder.constant('from', int64([from])),
      builder.constant('to', int64([to])),
      builder.constant('axis', int64([1])),
    ]);
  const scores = builder.add('scores', 'Sigmoid', [part(before === 5 ? 4 : before, numbers)]);
  const soft = builder.add('soft', 'Tanh', [part(0, 4)]);
  // YOLOX leaves cells and strides to whoever reads it; the others write pixels.
  const boxes =
    layout === 'yolox'
      ? soft
      : builder.add('boxes', 'Add', [
          builder.add('scaled', 'Mul', [soft, builder.constant('scale', float32([1, 4, 1], [28, 28, 14, 14]))]),
          builder.constant('middle', float32([1, 4, 1], [32, 32, 16, 16])),
        ]);
  const rows =
    layout === 'end2end'
      ? objects(builder, boxes, scores)
      : builder.add('rows', 'Concat', [boxes, scores], { axis: { int: 1 } });
  const turned = rowAxis === 2 ? rows : builder.add('turned', 'Transpose', [rows], { perm: { ints: [0, 2, 1] } });
  const output = half
    ? builder.add('output0', 'Cast', [turned], { to: { int: 10 } })
    : builder.add('output0', 'Identity', [turned]);
  builder.output({ name: output, elementType, dims: [first, 'a', 'b'] });
  return encodeOnnx(builder.build(), 'tiny', { name: 'test', version: '0' });
}

/** The first 300 cells as objects, in no order: corners, score and number of the best class. */
function objects(builder: OnnxGraphBuilder, boxes: string, scores: string): string {
  const ints = (...values: number[]) => builder.constant('ints', int64(values));
  const slice = (value: string, axis: number, from: number, to: number) =>
    builder.add('slice', 'Slice', [value, ints(from), ints(to), ints(axis)]);
  const half = builder.add('half', 'Mul', [slice(boxes, 1, 2, 4), builder.constant('a_half', float32([], [0.5]))]);
  const centre = slice(boxes, 1, 0, 2);
  const best = builder.addMany('best', 'TopK', [scores, ints(1)], 2, { axis: { int: 1 } })[0] ?? '';
  const of = builder.add('of', 'ArgMax', [scores], { axis: { int: 1 } });
  const all = [
    builder.add('low', 'Sub', [centre, half]),
    builder.add('high', 'Add', [centre, half]),
    best,
    builder.add('of_float', 'Cast', [of], { to: { int: 1 } }),
  ];
  return slice(builder.add('rows', 'Concat', all, { axis: { int: 1 } }), 2, 0, 300);
}

/** `[x1, y1, x2, y2, score, class]` */
export type Row = readonly [number, number, number, number, number, number];

/** What a YOLO's head says, decoded in plain arithmetic: the standard that grafted graphs are held against. */
export function decodeRows(
  layout: YoloLayout,
  head: Float32Array,
  dims: readonly number[],
  size: number,
  options: { readonly overlapMax: number; readonly classWise: boolean },
): readonly Row[] {
  const [, a = 0, b = 0] = dims;
  const transposed = layout === 'yolov8';
  const [count, numbers] = transposed ? [b, a] : [a, b];
  const at = (row: number, number: number) => head[transposed ? number * count + row : row * numbers + number] ?? 0;
  const before = layout === 'yolov8' ? 4 : 5;
  const cells = gridOf(size);
  const rows = Array.from({ length: count }, (_, row): Row => {
    let best = before;
    for (let i = before; i < numbers; i++) if (at(row, i) > at(row, best)) best = i;
    const score = before === 5 ? at(row, best) * at(row, 4) : at(row, best);
    if (layout === 'end2end') return [at(row, 0), at(row, 1), at(row, 2), at(row, 3), at(row, 4), at(row, 5)];
    let [x, y, w, h] = [at(row, 0), at(row, 1), at(row, 2), at(row, 3)];
    const cell = cells[row];
    if (layout === 'yolox' && cell !== undefined) {
      [x, y] = [(x + cell.x) * cell.stride, (y + cell.y) * cell.stride];
      [w, h] = [Math.exp(w) * cell.stride, Math.exp(h) * cell.stride];
    }
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, best - before];
  });
  const byScore = rows
    .filter((row) => row[4] > 0.01)
    .sort((p, q) => q[4] - p[4])
    .slice(0, 1_000);
  const kept: Row[] = [];
  for (const row of byScore) {
    const hidden = kept.some((k) => (!options.classWise || k[5] === row[5]) && overlap(k, row) > options.overlapMax);
    if (!hidden) kept.push(row);
  }
  const inside = (value: number) => Math.min(size, Math.max(0, value));
  return kept
    .slice(0, 100)
    .map(([x1, y1, x2, y2, score, of]): Row => [inside(x1), inside(y1), inside(x2), inside(y2), score, of]);
}

function gridOf(size: number) {
  const cells: { x: number; y: number; stride: number }[] = [];
  for (const stride of [8, 16, 32]) {
    for (let y = 0; y < size / stride; y++) for (let x = 0; x < size / stride; x++) cells.push({ x, y, stride });
  }
  return cells;
}

function overlap(p: Row, q: Row): number {
  const side = (low: number, high: number) =>
    Math.max(0, Math.min(p[high] ?? 0, q[high] ?? 0) - Math.max(p[low] ?? 0, q[low] ?? 0));
  const both = side(0, 2) * side(1, 3);
  const area = (r: Row) => (r[2] - r[0]) * (r[3] - r[1]);
  return both / (area(p) + area(q) - both);
}

/** Noise with a colour of its own in each quarter, `[size, size, 3]`. */
export function colouredNoise(size: number, seed: number): Uint8Array {
  const random = createRandom(seed);
  const tints = Array.from({ length: 4 }, () => [random(), random(), random()]);
  const pixels = new Uint8Array(size * size * 3);
  for (let i = 0; i < pixels.length; i++) {
    const pixel = Math.floor(i / 3);
    const quarter = (pixel % size < size / 2 ? 0 : 1) + (pixel < (size * size) / 2 ? 0 : 2);
    pixels[i] = Math.floor(255 * (0.7 * (tints[quarter]?.[i % 3] ?? 0) + 0.3 * random()));
  }
  return pixels;
}

/** The planes a network of that family wants, made in plain arithmetic. */
export function planesOf(layout: YoloLayout, pixels: Uint8Array, size: number): Float32Array {
  const planes = new Float32Array(3 * size * size);
  for (let plane = 0; plane < 3; plane++) {
    const channel = layout === 'yolox' ? 2 - plane : plane;
    for (let i = 0; i < size * size; i++) {
      const value = pixels[i * 3 + channel] ?? 0;
      planes[plane * size * size + i] = layout === 'yolox' ? value : value / 255;
    }
  }
  return planes;
}
