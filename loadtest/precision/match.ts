/** Rows `[x1, y1, x2, y2, score, class]` of one frame. */
export type Boxes = Float32Array;

export interface Comparison {
  /** Detections of the reference. */
  readonly reference: number;
  /** Of those, how many the other graph has not, %. */
  readonly lostPercent: number;
  /** What the other graph has beyond those, % of the reference. */
  readonly extraPercent: number;
  /** Lost among those at least 0.05 above the threshold, %: not merely flickering around it. */
  readonly clearLostPercent: number;
  /** Mean of score minus reference score over what both found, and of its absolute value. */
  readonly scoreShift: number;
  readonly scoreError: number;
}

const COLUMNS = 6;
const IOU_MIN = 0.5;
const CLEARLY_ABOVE = 0.05;

/** Two graphs' detections of the same frames, matched by class and IoU >= 0.5, the surest first. */
export function compareDetections(
  reference: readonly Boxes[],
  other: readonly Boxes[],
  scoreThreshold: number,
): Comparison {
  let [total, found, clear, clearFound, given, shift, error] = [0, 0, 0, 0, 0, 0, 0];
  for (const [frame, boxes] of reference.entries()) {
    const candidates = rowsAbove(other[frame] ?? new Float32Array(), scoreThreshold);
    given += candidates.length;
    const taken = new Set<Boxes>();
    for (const row of rowsAbove(boxes, scoreThreshold)) {
      const isClear = scoreOf(row) >= scoreThreshold + CLEARLY_ABOVE;
      total++;
      if (isClear) clear++;
      const match = bestMatch(row, candidates, taken);
      if (match === undefined) continue;
      taken.add(match);
      found++;
      if (isClear) clearFound++;
      shift += scoreOf(match) - scoreOf(row);
      error += Math.abs(scoreOf(match) - scoreOf(row));
    }
  }
  return {
    reference: total,
    lostPercent: (100 * (total - found)) / total,
    extraPercent: (100 * (given - found)) / total,
    clearLostPercent: (100 * (clear - clearFound)) / clear,
    scoreShift: shift / found,
    scoreError: error / found,
  };
}

function bestMatch(row: Boxes, candidates: readonly Boxes[], taken: ReadonlySet<Boxes>): Boxes | undefined {
  let best: Boxes | undefined;
  let bestIou = IOU_MIN;
  for (const candidate of candidates) {
    if (taken.has(candidate) || candidate[5] !== row[5]) continue;
    const iou = overlap(row, candidate);
    if (iou < bestIou) continue;
    best = candidate;
    bestIou = iou;
  }
  return best;
}

function rowsAbove(boxes: Boxes, scoreThreshold: number): readonly Boxes[] {
  const rows = Array.from({ length: boxes.length / COLUMNS }, (_, i) => boxes.subarray(i * COLUMNS, (i + 1) * COLUMNS));
  return rows.filter((row) => scoreOf(row) >= scoreThreshold);
}

const scoreOf = (row: Boxes): number => row[4] ?? 0;

function overlap(a: Boxes, b: Boxes): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - both);
}
