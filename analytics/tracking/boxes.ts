import type { Box } from '../../core/detection.ts';

/**
 * Boxes as the tracker has them: centre x, centre y, width, height, in picture heights. Shares of width and height
 * become lengths that are alike in both directions by multiplying x by width/height.
 */
export function toCentred(box: Box, aspect: number, out: Float64Array | number[], at = 0): void {
  out[at] = ((box[0] + box[2]) / 2) * aspect;
  out[at + 1] = (box[1] + box[3]) / 2;
  out[at + 2] = Math.max(EXTENT_MIN, (box[2] - box[0]) * aspect);
  out[at + 3] = Math.max(EXTENT_MIN, box[3] - box[1]);
}

export function toShares(x: number, y: number, width: number, height: number, aspect: number): Box {
  return [(x - width / 2) / aspect, y - height / 2, (x + width / 2) / aspect, y + height / 2];
}

/** Picture heights; nothing is smaller, so that sizes divide. */
export const EXTENT_MIN = 1e-4;

/** Area two centred boxes in arrays share. */
export function sharedArea(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const width = reach(a[i] ?? 0, a[i + 2] ?? 0, b[j] ?? 0, b[j + 2] ?? 0);
  if (width <= 0) return 0;
  return width * Math.max(0, reach(a[i + 1] ?? 0, a[i + 3] ?? 0, b[j + 1] ?? 0, b[j + 3] ?? 0));
}

/** Length two intervals share, below 0 where they are apart: by their middles and lengths. */
function reach(am: number, al: number, bm: number, bl: number): number {
  return Math.min(am + al / 2, bm + bl / 2) - Math.max(am - al / 2, bm - bl / 2);
}

/** Intersection over union of two centred boxes in arrays. */
export function overlapAt(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const both = sharedArea(a, i, b, j);
  return both === 0 ? 0 : both / (areaAt(a, i) + areaAt(b, j) - both);
}

export const areaAt = (a: ArrayLike<number>, i: number): number => (a[i + 2] ?? 0) * (a[i + 3] ?? 0);
