import type { OnnxGraphBuilder } from './onnx-graph.ts';
import { float32, int64 } from './tensor.ts';

/** Heads that boxes are read from; `boxes` is a graph that writes boxes itself. */
export const YOLO_LAYOUTS = ['yolov8', 'yolov5', 'yolox', 'end2end'] as const;
export type YoloLayout = (typeof YOLO_LAYOUTS)[number];

/** Input pixels per cell of the three maps of a YOLO. */
export const YOLO_STRIDES = [8, 16, 32] as const;

/** How a family's rows lie, and what its pictures and its overlaps are like. */
export interface YoloFamily {
  readonly colorOrder: 'rgb' | 'bgr';
  /** What a white pixel is to the network. */
  readonly white: 1 | 255;
  /** Value of the bars beside the frame the family is trained with. */
  readonly padValue: number;
  /** The axis of `[batch, ., .]` that counts rows; the other one is a row's numbers. */
  readonly rowAxis: 1 | 2;
  /** Numbers of a row before the classes: four of the box, and the certainty that there is an object at all. */
  readonly before: 4 | 5;
  /** Rows at one cell; `undefined` where rows are objects already. */
  readonly rowsPerCell: number | undefined;
  /** As the family's own program suppresses overlaps where nothing else is asked for. */
  readonly classWise: boolean;
  readonly overlapMax: number;
}

/**
 * As Ultralytics YOLOv8/11 and YOLOv5 (docs.ultralytics.com) and YOLOX (Ge et al. 2021) export and post-process. `end2end`
 * is what networks without overlaps (YOLOv10) and Ultralytics' exports with `nms=True` write: `[x1, y1, x2, y2, score,
 * class]`.
 */
export const YOLO_FAMILIES: Readonly<Record<YoloLayout, YoloFamily>> = {
  yolov8: { ...ultralytics(), rowAxis: 2, before: 4, rowsPerCell: 1, overlapMax: 0.7 },
  yolov5: { ...ultralytics(), rowAxis: 1, before: 5, rowsPerCell: 3, overlapMax: 0.45 },
  yolox: {
    colorOrder: 'bgr',
    white: 255,
    padValue: 114,
    rowAxis: 1,
    before: 5,
    rowsPerCell: 1,
    classWise: false,
    overlapMax: 0.45,
  },
  // An IoU is never above 1: nothing is suppressed.
  end2end: { ...ultralytics(), rowAxis: 1, before: 4, rowsPerCell: undefined, overlapMax: 1 },
};

/** Numbers of a row of `end2end`, and the rows exporters write where nothing else is asked for. */
export const END2END_NUMBERS = 6;
export const END2END_ROWS = 300;

function ultralytics() {
  return { colorOrder: 'rgb', white: 1, padValue: 114, classWise: true } as const;
}

/** Rows a head writes at an input of `size` pixels a side. */
export function yoloRows(size: number, rowsPerCell: number): number {
  return YOLO_STRIDES.reduce((sum, stride) => sum + (size / stride) ** 2, 0) * rowsPerCell;
}

/** `[column, row, stride]` of each cell, row by row, finest map first: the order in which YOLOX writes them. */
export function yoloCells(size: number): readonly (readonly [number, number, number])[] {
  return YOLO_STRIDES.flatMap((stride) => {
    const side = size / stride;
    return Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side), stride] as const);
  });
}

/** The best rows of a head, by falling score. */
export interface Candidates {
  /** `[batch, count, 4]`: x1, y1, x2, y2 in input pixels, not clipped. */
  readonly boxes: string;
  /** `[batch, count]` */
  readonly scores: string;
  /** `[batch, count, 1]`, float32. */
  readonly classes: string;
  readonly count: number;
}

export interface YoloHead {
  readonly layout: YoloLayout;
  /** float32 `[batch, rows, numbers]`, or its transpose by the family's `rowAxis`. */
  readonly value: string;
  readonly rows: number;
  readonly classes: number;
  /** Side of the input square in pixels. */
  readonly size: number;
  readonly opset: number;
  /** Rows taken on: the best ones; at most `rows`. */
  readonly candidates: number;
}

/**
 * Appends what picks the best rows of a YOLO head and reads their boxes. A row's score is that of its best class, times
 * the certainty of an object where the family has one. Boxes and classes are computed for the rows picked only.
 *
 *     best class ► [x object] ► TopK ► gather rows ► [cell, stride, exp: YOLOX] ► corners
 */
export function appendYoloCandidates(builder: OnnxGraphBuilder, prefix: string, head: YoloHead): Candidates {
  const { layout, value, rows, size, opset, candidates: count } = head;
  const { rowAxis, before } = YOLO_FAMILIES[layout];
  const numberAxis = rowAxis === 1 ? 2 : 1;
  const isDone = layout === 'end2end';
  const numbers = isDone ? END2END_NUMBERS : before + head.classes;
  const at = (name: string) => `${prefix}${name}`;
  const ints = (name: string, ...values: number[]) => builder.constant(at(name), int64(values));
  const scalar = (name: string, number: number) => builder.constant(at(name), float32([], [number]));
  const slice = (name: string, source: string, axis: number, from: number, to: number) =>
    builder.add(at(name), 'Slice', [
      source,
      ints(`${name}/from`, from),
      ints(`${name}/to`, to),
      ints(`${name}/axis`, axis),
    ]);

  const allClasses = slice('all_classes', value, numberAxis, before, isDone ? before + 1 : numbers);
  const best =
    opset >= 18
      ? builder.add(at('best'), 'ReduceMax', [allClasses, ints('best/axis', numberAxis)], { keepdims: { int: 1 } })
      : builder.add(at('best'), 'ReduceMax', [allClasses], { axes: { ints: [numberAxis] }, keepdims: { int: 1 } });
  const certain =
    before === 5 ? builder.add(at('certain'), 'Mul', [best, slice('object', value, numberAxis, 4, 5)]) : best;
  const flat = builder.add(at('flat'), 'Reshape', [certain, ints('flat/shape', -1, rows)]);
  const [scores = '', row = ''] = builder.addMany(at('top'), 'TopK', [flat, ints('top/count', count)], 2, {
    axis: { int: 1 },
  });

  const shape = rowAxis === 1 ? [-1, count, 1] : [-1, 1, count];
  const rowIndex = builder.add(at('row'), 'Reshape', [row, ints('row/shape', ...shape)]);
  const spread = rowAxis === 1 ? [1, 1, numbers] : [1, numbers, 1];
  const index = builder.add(at('index'), 'Expand', [rowIndex, ints('index/shape', ...spread)]);
  const gathered = builder.add(at('gathered'), 'GatherElements', [value, index], { axis: { int: rowAxis } });
  const picked =
    rowAxis === 1 ? gathered : builder.add(at('picked'), 'Transpose', [gathered], { perm: { ints: [0, 2, 1] } });

  if (isDone)
    return { boxes: slice('corners', picked, 2, 0, 4), scores, classes: slice('class', picked, 2, 5, 6), count };
  const classOf = builder.add(at('class'), 'ArgMax', [slice('classes', picked, 2, before, numbers)], {
    axis: { int: 2 },
    keepdims: { int: 1 },
  });
  const classes = builder.add(at('class_float'), 'Cast', [classOf], { to: { int: 1 } });

  let centre = slice('centre', picked, 2, 0, 2);
  let extent = slice('extent', picked, 2, 2, 4);
  if (layout === 'yolox') {
    const cells = yoloCells(size);
    const ofRows = (name: string, dims: number, numbersOf: (cell: readonly [number, number, number]) => number[]) => {
      const data = Float32Array.from({ length: rows * dims }, (_, i) => {
        const cell = cells[Math.floor(i / dims)];
        return cell === undefined ? 0 : (numbersOf(cell)[i % dims] ?? 0);
      });
      return builder.add(at(name), 'Gather', [builder.constant(at(`${name}/all`), float32([rows, dims], data)), row]);
    };
    const corner = ofRows('corner', 2, ([column, line]) => [column, line]);
    const stride = ofRows('stride', 1, ([, , pixels]) => [pixels]);
    centre = builder.add(at('centre_px'), 'Mul', [builder.add(at('in_grid'), 'Add', [centre, corner]), stride]);
    extent = builder.add(at('extent_px'), 'Mul', [builder.add(at('grown'), 'Exp', [extent]), stride]);
  }
  const half = builder.add(at('half_extent'), 'Mul', [extent, scalar('half', 0.5)]);
  const boxes = builder.add(
    at('corners'),
    'Concat',
    [builder.add(at('low'), 'Sub', [centre, half]), builder.add(at('high'), 'Add', [centre, half])],
    { axis: { int: 2 } },
  );
  return { boxes, scores, classes, count };
}
