import { BOXES_PER_FRAME } from '../../config/limits.ts';
import type { OnnxGraphBuilder } from './onnx-graph.ts';
import { float32, int64 } from './tensor.ts';

/** Stands for the logit of a cell that is no peak; its score is exactly 0. */
const NO_PEAK_LOGIT = -1e9;

export interface CenterHead {
  /** Class logits, ONNX value `[batch, classes, rows, columns]`. */
  readonly logits: string;
  /** Distances from the cell's centre to left, top, right, bottom in input pixels, `[batch, 4, rows, columns]`. */
  readonly distances: string;
  readonly classes: number;
  readonly rows: number;
  readonly columns: number;
  /** Input pixels per cell. */
  readonly stride: number;
  /** Width and height of the input square in pixels. */
  readonly size: number;
}

/**
 * Appends what turns CenterNet's maps into boxes and returns the value `[batch, 100, 6]`, rows
 * `[x1, y1, x2, y2, score, class]` in input pixels, clipped to the square, by falling score. Rows beyond the objects
 * found have a score of 0.
 *
 *     logits ──► best class of each cell ──► 3x3 max-pool == itself? ──► 100 best cells ──► gather ──► boxes
 *
 * A cell is an object where its best class scores highest in its 3x3 neighbourhood (after Zhou et al. 2019, "Objects as
 * Points", section 4). The paper looks for peaks class by class; looking at the best class only takes a seventh of the
 * time and keeps one object from being found twice, as car and as truck, in neighbouring cells. All of it works on
 * logits: the sigmoid is monotonic, so 100 scores are computed instead of classes x rows x columns.
 */
export function appendCenterHead(builder: OnnxGraphBuilder, head: CenterHead): string {
  const { classes, rows: rowCount, columns, stride, size } = head;
  const scalar = (name: string, value: number) => builder.constant(`head/${name}`, float32([], [value]));
  const ints = (name: string, ...values: number[]) => builder.constant(`head/${name}`, int64(values));

  const cellCount = rowCount * columns;
  // [batch, channels, rows, columns] → [batch, cells, channels]: the maximum over classes then reads memory in order,
  // which takes a fifth of the time. The Reshape also keeps ONNX Runtime from moving the Transpose behind it again.
  const cellsFirst = (name: string, source: string, channels: number) => {
    const turned = builder.add(`head/${name}/turned`, 'Transpose', [source], { perm: { ints: [0, 2, 3, 1] } });
    return builder.add(`head/${name}`, 'Reshape', [turned, ints(`${name}/shape`, -1, cellCount, channels)]);
  };
  const logits = cellsFirst('logits', head.logits, classes);
  const distances = cellsFirst('distances', head.distances, 4);

  const best = builder.add('head/best', 'ReduceMax', [logits, ints('class_axis', 2)], { keepdims: { int: 0 } });
  const bestMap = builder.add('head/best_map', 'Reshape', [best, ints('map_shape', -1, 1, rowCount, columns)]);
  const pooled = builder.add('head/neighbourhood_max', 'MaxPool', [bestMap], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [1, 1] },
    pads: { ints: [1, 1, 1, 1] },
  });
  const isPeak = builder.add('head/is_peak', 'Equal', [bestMap, pooled]);
  const peaks = builder.add('head/peaks', 'Where', [isPeak, bestMap, scalar('no_peak', NO_PEAK_LOGIT)]);
  const peakCells = builder.add('head/peak_cells', 'Reshape', [peaks, ints('cells_shape', -1, cellCount)]);
  const [logit = '', cell = ''] = builder.addMany('head/top', 'TopK', [peakCells, ints('k', BOXES_PER_FRAME)], 2, {
    axis: { int: 1 },
  });

  const cellColumn = builder.add('head/cell_column', 'Unsqueeze', [cell, ints('channel_axis', 2)]);
  // [batch, cells, channels] → [batch, 100, channels]: the same cells for every channel.
  const gathered = (name: string, source: string, channels: number) => {
    const index = builder.add(`head/${name}/cells`, 'Expand', [cellColumn, ints(`${name}/channels`, 1, 1, channels)]);
    return builder.add(`head/${name}`, 'GatherElements', [source, index], { axis: { int: 1 } });
  };
  const classOf = builder.add('head/class', 'ArgMax', [gathered('top_logits', logits, classes)], {
    axis: { int: 2 },
    keepdims: { int: 1 },
  });
  const ltrb = gathered('top_distances', distances, 4);

  const width = builder.constant('head/columns', int64([columns], []));
  const row = builder.add('head/row', 'Div', [cellColumn, width]);
  const column = builder.add('head/column', 'Mod', [cellColumn, width]);
  const cells = builder.add('head/cells', 'Concat', [column, row, column, row], { axis: { int: 2 } });
  const centres = builder.add('head/centres', 'Mul', [
    builder.add('head/cells_float', 'Cast', [cells], { to: { int: 1 } }),
    scalar('stride', stride),
  ]);
  const signs = builder.constant('head/signs', float32([4], [-1, -1, 1, 1]));
  const corners = builder.add('head/corners', 'Add', [centres, builder.add('head/offsets', 'Mul', [ltrb, signs])]);
  const clipped = builder.add('head/clipped', 'Clip', [corners, scalar('low', 0), scalar('high', size)]);

  const score = builder.add('head/score', 'Sigmoid', [
    builder.add('head/logit_column', 'Unsqueeze', [logit, ints('score_axis', 2)]),
  ]);
  const classColumn = builder.add('head/class_float', 'Cast', [classOf], { to: { int: 1 } });
  return builder.add('boxes', 'Concat', [clipped, score, classColumn], { axis: { int: 2 } });
}
