import { orient2d } from 'robust-predicates';
import type { Point } from '../../config/camera-settings/schema.ts';

/**
 * Which hand of whoever walks from `a` to `b` in the picture (y down) the point lies on: more than 0 is the right hand,
 * less is the left, 0 is exactly on the line. The sign is exact (Shewchuk 1997, adaptive precision); the value is twice
 * the area of the triangle.
 *
 *     a ────────► b        left:  < 0
 *                          right: > 0
 */
export function sideOf(a: Point, b: Point, p: Point): number {
  // The predicate's sign is for y up.
  return -orient2d(a[0], a[1], b[0], b[1], p[0], p[1]);
}

/** Whether the point, known to be on the line through a and b, is between them, ends included. */
function within(a: Point, b: Point, p: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= p[0] &&
    p[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= p[1] &&
    p[1] <= Math.max(a[1], b[1])
  );
}

/** Whether two closed segments have a point in common; touching and overlapping are meeting. Exact. */
export function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const c1 = Math.sign(sideOf(a, b, c));
  const d1 = Math.sign(sideOf(a, b, d));
  const a1 = Math.sign(sideOf(c, d, a));
  const b1 = Math.sign(sideOf(c, d, b));
  if (c1 * d1 < 0 && a1 * b1 < 0) return true;
  return (
    (c1 === 0 && within(a, b, c)) ||
    (d1 === 0 && within(a, b, d)) ||
    (a1 === 0 && within(c, d, a)) ||
    (b1 === 0 && within(c, d, b))
  );
}

/** Distance of a point from a closed segment, in the points' unit. */
export function distanceToSegment(a: Point, b: Point, p: Point): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2;
  const u = Math.min(1, Math.max(0, along));
  return Math.hypot(p[0] - (a[0] + u * dx), p[1] - (a[1] + u * dy));
}
