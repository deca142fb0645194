/** `[x1, y1, x2, y2]`: left, top, right, bottom. In results as shares 0..1 of the original frame's width and height. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** One object a model found in one frame. */
export interface Detection {
  /** The class's name from the model's manifest, e.g. `car`. */
  readonly label: string;
  readonly classId: number;
  /** 0..1. */
  readonly score: number;
  readonly box: Box;
}
