import { ModelError } from '../../core/errors.ts';
import { END2END_NUMBERS, END2END_ROWS, YOLO_FAMILIES, YOLO_LAYOUTS, type YoloLayout, yoloRows } from './graft-yolo.ts';

/** How a detector writes what it finds; `boxes` is a graph that meets the contract of docs/models.md itself. */
export const LAYOUTS = [...YOLO_LAYOUTS, 'boxes'] as const;
export type DetectorLayout = (typeof LAYOUTS)[number];

/** An output and what it was when the graph ran with one frame. */
export interface SeenOutput {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface YoloOutput {
  readonly layout: YoloLayout;
  readonly name: string;
  readonly rows: number;
  readonly classes: number;
}

/**
 * Which output of a detector holds its rows, and in which layout. A layout that is not given follows from how many rows
 * a head has at this input size: with cells of 8, 16 and 32 pixels, `[1, 4 + classes, cells]` is YOLOv8 and its
 * successors, `[1, 3 cells, 5 + classes]` YOLOv5, `[1, cells, 5 + classes]` YOLOX. `[1, 300, 6]` are objects already, whose
 * classes are known only when some are found.
 *
 * @param wanted layout the user names; rows are then only counted for YOLOX, whose cells must be known
 * @throws ModelError `model_layout_unknown`; `model_labels_mismatch` where only the number of classes does not fit
 */
export function yoloOutputOf(
  outputs: readonly SeenOutput[],
  size: number,
  labels: number,
  wanted?: YoloLayout,
): YoloOutput {
  const fitting = outputs.flatMap(({ name, dims }) => {
    if (dims.length !== 3 || dims[0] !== 1) return [];
    return (wanted === undefined ? YOLO_LAYOUTS : [wanted]).flatMap((layout): YoloOutput[] => {
      const { rowAxis, before, rowsPerCell } = YOLO_FAMILIES[layout];
      const rows = dims[rowAxis] ?? 0;
      const numbers = dims[rowAxis === 1 ? 2 : 1] ?? 0;
      if (rowsPerCell === undefined) {
        const fits = numbers === END2END_NUMBERS && (rows === END2END_ROWS || (wanted !== undefined && rows > 0));
        return fits ? [{ layout, name, rows, classes: labels }] : [];
      }
      const rowsFit = rows === yoloRows(size, rowsPerCell) || (wanted !== undefined && layout !== 'yolox');
      return rowsFit && rows > 0 && numbers > before ? [{ layout, name, rows, classes: numbers - before }] : [];
    });
  });
  const found = fitting.find(({ classes }) => classes === labels);
  if (found !== undefined) return found;
  const [first] = fitting;
  if (first !== undefined) {
    throw new ModelError(
      'model_labels_mismatch',
      `output ${first.name} read as ${first.layout} has ${first.classes} classes, but ${labels} labels are given`,
    );
  }
  const seen = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  throw new ModelError(
    'model_layout_unknown',
    `no output is ${wanted ?? `one of ${YOLO_LAYOUTS.join(', ')}`} at ${size} pixels with ${labels} classes: ${seen}`,
  );
}
