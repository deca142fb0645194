import type { Candidates } from './graft-yolo.ts';
import type { OnnxGraphBuilder } from './onnx-graph.ts';
import { float32, int64 } from './tensor.ts';

export interface Suppression {
  /** Of two candidates that overlap by more than this (IoU), the one that scores less goes. */
  readonly overlapMax: number;
  /** Only candidates of the same class suppress each other. */
  readonly classWise: boolean;
  /** Candidates up to this score are nothing. */
  readonly scoreMin: number;
  /** Side of the input square in pixels. */
  readonly size: number;
  /** Rows written; where there are fewer candidates, the last ones are 0. */
  readonly rows: number;
}

/**
 * Appends what drops overlapping candidates and returns `[batch, rows, 6]`, rows `[x1, y1, x2, y2, score, class]` in input
 * pixels, clipped to the square, by falling score; rows beyond the objects found are 0.
 *
 * ONNX's NonMaxSuppression answers with a list for the whole batch, as long as it happens to be. Its scores are written
 * back to where the candidates are, everything else gets 0, and the best `rows` of each frame follow from that: shapes
 * stay fixed. Class by class is one run over boxes that are shifted apart by class, further than any box is long.
 */
export function appendBestBoxes(
  builder: OnnxGraphBuilder,
  prefix: string,
  candidates: Candidates,
  suppression: Suppression,
): string {
  const { boxes, scores, classes, count } = candidates;
  const { overlapMax, classWise, scoreMin, size } = suppression;
  const rows = Math.min(suppression.rows, count);
  const at = (name: string) => `${prefix}${name}`;
  const ints = (name: string, ...values: number[]) => builder.constant(at(name), int64(values));
  const scalar = (name: string, value: number) => builder.constant(at(name), float32([], [value]));
  const one = (name: string, value: number) => builder.constant(at(name), float32([1], [value]));

  const apart = () =>
    builder.add(at('apart'), 'Add', [
      boxes,
      builder.add(at('class_shift'), 'Mul', [classes, scalar('class_distance', 4 * size)]),
    ]);
  const found = builder.add(at('not_overlapped'), 'NonMaxSuppression', [
    classWise ? apart() : boxes,
    builder.add(at('one_class'), 'Reshape', [scores, ints('one_class/shape', -1, 1, count)]),
    ints('rows', rows),
    one('overlap_max', overlapMax),
    one('score_min', scoreMin),
  ]);
  // Rows of `found`: frame, class (always 0 here), candidate.
  const places = builder.add(at('places'), 'Gather', [found, ints('frame_and_candidate', 0, 2)], { axis: { int: 1 } });
  const nothing = builder.add(at('nothing'), 'ConstantOfShape', [builder.add(at('shape'), 'Shape', [scores])]);
  const survivors = builder.add(at('survivors'), 'ScatterND', [
    nothing,
    places,
    builder.add(at('their_scores'), 'GatherND', [scores, places]),
  ]);
  const [score = '', candidate = ''] = builder.addMany(at('best_rows'), 'TopK', [survivors, ints('k', rows)], 2, {
    axis: { int: 1 },
  });

  const column = (name: string, value: string) =>
    builder.add(at(name), 'Reshape', [value, ints(`${name}/shape`, -1, rows, 1)]);
  const candidateColumn = column('candidate_column', candidate);
  const scoreColumn = column('score_column', score);
  const gathered = (name: string, source: string, numbers: number) => {
    const index = builder.add(at(`${name}/index`), 'Expand', [candidateColumn, ints(`${name}/numbers`, 1, 1, numbers)]);
    return builder.add(at(name), 'GatherElements', [source, index], { axis: { int: 1 } });
  };
  const clipped = builder.add(at('clipped'), 'Clip', [
    gathered('their_boxes', boxes, 4),
    scalar('clip_low', 0),
    scalar('clip_high', size),
  ]);
  const all = builder.add(at('all_rows'), 'Concat', [clipped, scoreColumn, gathered('their_classes', classes, 1)], {
    axis: { int: 2 },
  });
  const isObject = builder.add(at('is_object'), 'Greater', [scoreColumn, scalar('zero', 0)]);
  const written = builder.add(at('rows_or_nothing'), 'Where', [isObject, all, scalar('no_row', 0)]);
  if (rows === suppression.rows) return written;
  return builder.add(at('filled_up'), 'Pad', [written, ints('missing', 0, 0, 0, 0, suppression.rows - rows, 0)]);
}
