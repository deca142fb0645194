import type { Point } from '../../config/camera-settings/schema.ts';
import type { GeometryFault } from './geometry-fault.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** 3 x 3, row by row, that takes (x, y, 1) to (X·w, Y·w, w). */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Second smallest over largest eigenvalue of the normalised equations under which more than one homography fits: points
 * (nearly) on one line leave it at rounding; four corners of a road seen flat from afar still have 1e-6.
 */
const RANK_MIN = 1e-10;

/** Moves points to their middle and to a mean distance of √2 from it (Hartley, In defense of the eight-point algorithm, 1997). */
function normaliser(points: readonly Point[]): { readonly scale: number; readonly cx: number; readonly cy: number } {
  let cx = 0;
  let cy = 0;
  for (const [x, y] of points) {
    cx += x / points.length;
    cy += y / points.length;
  }
  let mean = 0;
  for (const [x, y] of points) mean += Math.hypot(x - cx, y - cy) / points.length;
  return { scale: mean === 0 ? 1 : Math.SQRT2 / mean, cx, cy };
}

function multiply(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < 3; i += 1)
    for (let j = 0; j < 3; j += 1) {
      let sum = 0;
      for (let k = 0; k < 3; k += 1) sum += (a[i * 3 + k] ?? 0) * (b[k * 3 + j] ?? 0);
      out.push(sum);
    }
  return out;
}

/** Determinant; of a homography of normalised points: next to 0 where the plane folds up. */
function determinant(h: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, i = 0, j = 0] = h;
  return a * (e * j - f * i) - b * (d * j - f * g) + c * (d * i - e * g);
}

/**
 * The homography that takes each `from` to its `to`: exactly for four pairs, with the least algebraic error for more
 * (normalised direct linear transform, Hartley and Zisserman, Multiple View Geometry, algorithm 4.2).
 * @returns a fault where the pairs do not determine one
 */
export function fitHomography(
  from: readonly Point[],
  to: readonly Point[],
):
  | { readonly kind: 'homography'; readonly matrix: Homography }
  | { readonly kind: 'fault'; readonly fault: GeometryFault } {
  const n = normaliser(from);
  const m = normaliser(to);
  // A h = 0, two rows a pair; h is the eigenvector of AᵀA with the smallest eigenvalue.
  const ata = new Array<number>(81).fill(0);
  const addRow = (row: readonly number[]): void => {
    for (let i = 0; i < 9; i += 1) {
      const ri = row[i] ?? 0;
      if (ri === 0) continue;
      for (let j = 0; j < 9; j += 1) ata[i * 9 + j] = (ata[i * 9 + j] ?? 0) + ri * (row[j] ?? 0);
    }
  };
  for (const [k, point] of from.entries()) {
    const target = to[k];
    if (target === undefined) throw new Error('pairs have two points');
    const x = (point[0] - n.cx) * n.scale;
    const y = (point[1] - n.cy) * n.scale;
    const u = (target[0] - m.cx) * m.scale;
    const v = (target[1] - m.cy) * m.scale;
    addRow([-x, -y, -1, 0, 0, 0, u * x, u * y, u]);
    addRow([0, 0, 0, -x, -y, -1, v * x, v * y, v]);
  }
  const { values, vectors } = symmetricEigen(ata, 9);
  const h = vectors[0] ?? [];
  if ((values[1] ?? 0) < RANK_MIN * (values[8] ?? 0) || Math.abs(determinant(h)) < 1e-9)
    return {
      kind: 'fault',
      fault: {
        code: 'ground.degenerate',
        message: 'The points do not determine a plane: at least four must be such that no three of them are on a line.',
        points: [],
      },
    };
  const forwards = [n.scale, 0, -n.scale * n.cx, 0, n.scale, -n.scale * n.cy, 0, 0, 1];
  const back = [1 / m.scale, 0, m.cx, 0, 1 / m.scale, m.cy, 0, 0, 1];
  const matrix = multiply(back, multiply(h, forwards));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, i = 0, j = 0] = matrix;
  return { kind: 'homography', matrix: [a, b, c, d, e, f, g, i, j] };
}
