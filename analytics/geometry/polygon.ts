import type { Point } from '../../config/camera-settings/schema.ts';
import type { GeometryFault } from './geometry-fault.ts';
import { distanceToSegment, segmentsMeet, sideOf } from './orientation.ts';

/** Twice the area of the picture (shares) under which a polygon is a mistake: a hundredth of a percent of it. */
const AREA_MIN = 1e-4;

function corner(polygon: readonly Point[], i: number): Point {
  const at = polygon[i % polygon.length];
  if (at === undefined) throw new Error('a polygon has corners');
  return at;
}

/**
 * Whether a point is in a simple polygon (corners in either turning sense). Edges are decided consistently: an edge
 * that two polygons share belongs to exactly one of them, so that a point on the border of two lanes is in one lane.
 * Rays go to the right; an edge counts if it spans the point's y half open ([upper, lower)), and its side is exact.
 */
export function contains(polygon: readonly Point[], p: Point): boolean {
  let inside = false;
  for (let i = 0; i < polygon.length; i += 1) {
    const a = corner(polygon, i);
    const b = corner(polygon, i + 1);
    if (a[1] <= p[1] === b[1] <= p[1]) continue;
    // On the right hand of the edge, walked downwards, is the left of the picture: the point's ray to the right meets it.
    // A point exactly on an edge belongs to what lies right of it (and under it, for level ones).
    const side = a[1] < b[1] ? sideOf(a, b, p) : sideOf(b, a, p);
    if (side > 0) inside = !inside;
  }
  return inside;
}

/** Distance from the polygon's border, in the points' unit; inside and outside alike. */
export function distanceToBorder(polygon: readonly Point[], p: Point): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < polygon.length; i += 1) {
    least = Math.min(least, distanceToSegment(corner(polygon, i), corner(polygon, i + 1), p));
  }
  return least;
}

/** Area, in the points' unit squared; never negative (shoelace formula). */
export function areaOf(polygon: readonly Point[]): number {
  let doubled = 0;
  for (let i = 0; i < polygon.length; i += 1) {
    const a = corner(polygon, i);
    const b = corner(polygon, i + 1);
    doubled += a[0] * b[1] - b[0] * a[1];
  }
  return Math.abs(doubled) / 2;
}

/** Largest distance between two corners. */
export function diameterOf(polygon: readonly Point[]): number {
  let most = 0;
  for (const a of polygon) for (const b of polygon) most = Math.max(most, Math.hypot(a[0] - b[0], a[1] - b[1]));
  return most;
}

/**
 * What is wrong with a polygon whose corners are shares of the picture: fewer than three corners, a corner twice in a
 * row, edges that cross or touch, next to no area. Undefined where nothing is.
 */
export function checkPolygon(polygon: readonly Point[]): GeometryFault | undefined {
  const n = polygon.length;
  if (n < 3)
    return { code: 'polygon.too_few_points', message: `A polygon has at least 3 corners, not ${n}.`, points: [] };
  for (let i = 0; i < n; i += 1) {
    const a = corner(polygon, i);
    const b = corner(polygon, i + 1);
    if (a[0] === b[0] && a[1] === b[1])
      return {
        code: 'polygon.repeated_point',
        message: `Corners ${i} and ${(i + 1) % n} are the same point; leave one out (the last need not repeat the first).`,
        points: [i, (i + 1) % n],
      };
  }
  const crossing = crossingEdges(polygon);
  if (crossing !== undefined)
    return {
      code: 'polygon.crosses_itself',
      message: `The edge from corner ${crossing[0]} meets the edge from corner ${crossing[1]}; put the corners in order around the area.`,
      points: crossing,
    };
  if (areaOf(polygon) < AREA_MIN)
    return { code: 'polygon.flat', message: 'The polygon covers next to nothing of the picture.', points: [] };
  return undefined;
}

/** The first two edges (by first corner) that meet where they should not. */
function crossingEdges(polygon: readonly Point[]): readonly [number, number] | undefined {
  const n = polygon.length;
  for (let i = 0; i < n; i += 1) {
    const a = corner(polygon, i);
    const b = corner(polygon, i + 1);
    const next = corner(polygon, i + 2);
    // Neighbours share a corner: they cross only if the second runs back over the first.
    if (sideOf(a, b, next) === 0 && (next[0] - b[0]) * (a[0] - b[0]) + (next[1] - b[1]) * (a[1] - b[1]) > 0)
      return [i, (i + 1) % n];
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      if (segmentsMeet(a, b, corner(polygon, j), corner(polygon, j + 1))) return [i, j];
    }
  }
  return undefined;
}
