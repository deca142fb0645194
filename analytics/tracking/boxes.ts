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

/** Intersection over union of two centred boxes in arrays. */
export function overlapAt(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  return overlap(
    a[i] ?? 0,
    a[i + 1] ?? 0,
    a[i + 2] ?? 0,
    a[i + 3] ?? 0,
    b[j] ?? 0,
    b[j + 1] ?? 0,
    b[j + 2] ?? 0,
    b[j + 3] ?? 0,
  );
}

export function overlap(
  ax: number,
  ay: number,
  aw: number,
  ah: number,
  bx: number,
  by: number,
  bw: number,
  bh: number,
): number {
  const width = Math.min(ax + aw / 2, bx + bw / 2) - Math.max(ax - aw / 2, bx - bw / 2);
  if (width <= 0) return 0;
  const height = Math.min(ay + ah / 2, by + bh / 2) - Math.max(ay - ah / 2, by - bh / 2);
  if (height <= 0) return 0;
  const both = width * height;
  return both / (aw * ah + bw * bh - both);
}
