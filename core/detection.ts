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

/** A detection as it is told to the outside. */
export interface TrackedDetection extends Detection {
  /** The object it belongs to, followed over frames; absent before there is one. */
  readonly track?: number;
}

/** Detections with their tracks. @param tracks of each detection, by place; may have more. */
export function withTracks(
  detections: readonly Detection[],
  tracks: readonly (number | undefined)[],
): readonly TrackedDetection[] {
  return detections.map((detection, i) => {
    const track = tracks[i];
    return track === undefined ? detection : { ...detection, track };
  });
}
