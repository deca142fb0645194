import { orient2d } from 'robust-predicates';

/** Whether drawn shapes make sense: plain answers, `undefined` where nothing is wrong. */

type Point = readonly [x: number, y: number];

/** Shorter than this share of the picture is a slip of the hand. */
const LENGTH_MIN = 0.005;
/** Smaller than this share of the picture: a hundredth of its width and height. */
const AREA_MIN = 1e-4;
/** A third point nearer to the line through two others than this share of their distance lies on it. */
const COLLINEAR_SHARE = 0.01;

export const distance = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** @param from, to shares of the picture */
export function segmentFault(from: Point, to: Point): string | undefined {
  return distance(from, to) >= LENGTH_MIN ? undefined : 'the two points are the same place';
}

/** A polygon that crosses or touches itself, repeats a corner or covers nothing. Points are shares of the picture. */
export function polygonFault(points: readonly Point[]): string | undefined {
  const n = points.length;
  for (let i = 0; i < n; i++) {
    const a = points[i] as Point;
    for (let j = i + 1; j < n; j++) {
      const b = points[j] as Point;
      if (a[0] !== b[0] || a[1] !== b[1]) continue;
      return i === 0 && j === n - 1
        ? 'the last corner repeats the first; leave it out, a polygon is closed by itself'
        : `corners ${i} and ${j} are the same point`;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      // Neighbours share a corner; they may only not fold back on each other.
      const meet =
        j === i + 1
          ? foldsBack(points[i] as Point, points[j] as Point, points[(j + 1) % n] as Point)
          : i === 0 && j === n - 1
            ? foldsBack(points[j] as Point, points[0] as Point, points[1] as Point)
            : segmentsMeet(
                points[i] as Point,
                points[i + 1] as Point,
                points[j] as Point,
                points[(j + 1) % n] as Point,
              );
      if (meet) return `it crosses itself: side ${i} to ${i + 1} and side ${j} to ${(j + 1) % n}`;
    }
  }
  return Math.abs(signedArea(points)) >= AREA_MIN ? undefined : 'it covers next to nothing';
}

/** Half the sum of cross products (shoelace formula). */
function signedArea(points: readonly Point[]): number {
  let twice = 0;
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length] as Point;
    twice += a[0] * b[1] - b[0] * a[1];
  });
  return twice / 2;
}

/** Whether `corner → next` runs back over `before → corner`. */
function foldsBack(before: Point, corner: Point, next: Point): boolean {
  if (turn(before, corner, next) !== 0) return false;
  return (before[0] - corner[0]) * (next[0] - corner[0]) + (before[1] - corner[1]) * (next[1] - corner[1]) > 0;
}

const turn = (a: Point, b: Point, c: Point) => Math.sign(orient2d(a[0], a[1], b[0], b[1], c[0], c[1]));

/** Whether two segments have a point in common, ends included. */
function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && isBetween(a, b, c)) ||
    (abd === 0 && isBetween(a, b, d)) ||
    (cda === 0 && isBetween(c, d, a)) ||
    (cdb === 0 && isBetween(c, d, b))
  );
}

/** Whether `p`, on the line through `a` and `b`, lies between them. */
const isBetween = (a: Point, b: Point, p: Point) =>
  Math.min(a[0], b[0]) <= p[0] &&
  p[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= p[1] &&
  p[1] <= Math.max(a[1], b[1]);

/**
 * A plane can be computed from points of which four lie so that no three of them are on one line (a homography has
 * eight degrees of freedom, and three points on a line give two of their six equations twice).
 */
export function spansPlane(points: readonly Point[]): boolean {
  const n = points.length;
  const apart = (i: number, j: number, k: number) =>
    !nearlyCollinear(points[i] as Point, points[j] as Point, points[k] as Point);
  for (let a = 0; a < n - 3; a++) {
    for (let b = a + 1; b < n - 2; b++) {
      for (let c = b + 1; c < n - 1; c++) {
        if (!apart(a, b, c)) continue;
        for (let d = c + 1; d < n; d++) {
          if (apart(a, b, d) && apart(a, c, d) && apart(b, c, d)) return true;
        }
      }
    }
  }
  return false;
}

function nearlyCollinear(a: Point, b: Point, c: Point): boolean {
  const longest = Math.max(distance(a, b), distance(a, c), distance(b, c));
  if (longest === 0) return true;
  const twiceArea = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
  return twiceArea / longest ** 2 < COLLINEAR_SHARE;
}
