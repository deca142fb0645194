import { GroundPlane } from '../../../analytics/geometry/ground-plane.ts';
import { fitHomography, type Homography } from '../../../analytics/geometry/homography.ts';
import type { Point } from '../../../config/camera-settings/schema.ts';

export interface GroundPoints {
  /** Shares of the picture. */
  readonly image: readonly Point[];
  readonly metres: readonly Point[];
}

/** A measured ground as it can be drawn: to and from metres. */
export interface GroundView {
  readonly plane: GroundPlane;
  /** Metres to shares of the picture; undefined behind the camera, above the horizon and just under it. */
  readonly toPicture: (p: Point) => Point | undefined;
  /** How far each point is from where the plane puts it, m; all 0 with four points, which always fit. */
  readonly offM: readonly number[];
}

/** @returns a sentence where the points are no plane */
export function viewGround({ image, metres }: GroundPoints): GroundView | { readonly fault: string } {
  const made = GroundPlane.try({
    image: image.map(([x, y]): [number, number] => [x, y]),
    metres: metres.map(([x, y]): [number, number] => [x, y]),
  });
  if (made.kind === 'fault') return { fault: made.fault.message };
  const fitted = fitHomography(image, metres);
  if (fitted.kind === 'fault') return { fault: fitted.fault.message };
  const { plane } = made;
  const back = inverse(fitted.matrix);
  const toPicture = ([x, y]: Point): Point | undefined => {
    const w = back[6] * x + back[7] * y + back[8];
    if (w === 0) return undefined;
    const p: Point = [(back[0] * x + back[1] * y + back[2]) / w, (back[3] * x + back[4] * y + back[5]) / w];
    // What lies behind the camera comes out of the division above the horizon.
    return plane.isGround(p[0], p[1]) ? p : undefined;
  };
  const offM = image.map(([x, y], i) => {
    const place = plane.at(x, y);
    const [mx = 0, my = 0] = metres[i] ?? [];
    return place === undefined ? Number.NaN : Math.hypot(place.x - mx, place.y - my);
  });
  return { plane, toPicture, offM };
}

/** The adjugate, which is the inverse but for its scale; scale means nothing to a homography. */
function inverse([a, b, c, d, e, f, g, h, i]: Homography): Homography {
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
}

export interface Extent {
  readonly left: number;
  readonly right: number;
  readonly near: number;
  readonly far: number;
}

/** The measured points' rectangle in metres, wider by a share of itself on each side and to whole steps. */
export function extentOf(metres: readonly Point[], stepM: number, margin = 0.5): Extent {
  const xs = metres.map(([x]) => x);
  const ys = metres.map(([, y]) => y);
  const side = (values: readonly number[]): [number, number] => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const more = Math.max(stepM, (most - least) * margin);
    return [Math.floor((least - more) / stepM) * stepM, Math.ceil((most + more) / stepM) * stepM];
  };
  const [left, right] = side(xs);
  const [near, far] = side(ys);
  return { left, right, near, far };
}

const LINES_MAX = 120;

/** Cells of the grid: the smallest of 1, 5, 10 ... m that does not fill the picture with lines. */
export function gridStepM(metres: readonly Point[]): number {
  const { left, right, near, far } = extentOf(metres, 1);
  const widest = Math.max(right - left, far - near);
  return [1, 5, 10, 50, 100, 500].find((step) => widest / step <= 60) ?? 1_000;
}

export interface GridLine {
  /** Shares; runs of points that are ground. */
  readonly points: readonly Point[];
  /** Each fifth. */
  readonly bold: boolean;
}

/** The ground's grid as it lies in the picture. */
export function gridOf(view: GroundView, metres: readonly Point[], stepM: number): GridLine[] {
  const { left, right, near, far } = extentOf(metres, stepM);
  const lines: GridLine[] = [];
  const add = (at: number, from: Point, to: Point): void => {
    const points: Point[] = [];
    const flush = () => {
      if (points.length > 1) lines.push({ points: points.splice(0), bold: Math.round(at / stepM) % 5 === 0 });
      points.length = 0;
    };
    // Straight in the picture too, but it may leave the ground on the way.
    const steps = 24;
    for (let k = 0; k <= steps; k++) {
      const p = view.toPicture([from[0] + ((to[0] - from[0]) * k) / steps, from[1] + ((to[1] - from[1]) * k) / steps]);
      if (p === undefined || Math.abs(p[0] - 0.5) > 3 || Math.abs(p[1] - 0.5) > 3) flush();
      else points.push(p);
    }
    flush();
  };
  const count = (span: number) => Math.min(LINES_MAX, Math.round(span / stepM));
  for (let k = 0; k <= count(right - left); k++)
    add(left + k * stepM, [left + k * stepM, near], [left + k * stepM, far]);
  for (let k = 0; k <= count(far - near); k++)
    add(near + k * stepM, [left, near + k * stepM], [right, near + k * stepM]);
  return lines;
}

/** Metres between two points of the picture; undefined where one of them is no ground. */
export function distanceM({ plane }: GroundView, a: Point, b: Point): number | undefined {
  const [p, q] = [plane.at(a[0], a[1]), plane.at(b[0], b[1])];
  return p === undefined || q === undefined ? undefined : Math.hypot(p.x - q.x, p.y - q.y);
}

/**
 * A rectangle on the road under four points: the lower two are near, x goes to the right, y away from the camera. The
 * first four points are put in the order near left, near right, far right, far left.
 */
export function rectangle(image: readonly Point[], widthM: number, lengthM: number): GroundPoints {
  const [a, b, c, d] = [...image.slice(0, 4)].sort((p, q) => q[1] - p[1]);
  const pair = (p: Point | undefined, q: Point | undefined, left: Point, right: Point): [Point, Point] => {
    const [one, other] = [p ?? left, q ?? right];
    return one[0] <= other[0] ? [one, other] : [other, one];
  };
  const [nearLeft, nearRight] = pair(a, b, [0.3, 0.8], [0.7, 0.8]);
  const [farLeft, farRight] = pair(c, d, [0.42, 0.45], [0.58, 0.45]);
  return {
    image: [nearLeft, nearRight, farRight, farLeft],
    metres: [
      [0, 0],
      [widthM, 0],
      [widthM, lengthM],
      [0, lengthM],
    ],
  };
}

/** The same ground, `factor` times as large: after a known length was found too short or too long. */
export const scaledGround = ({ image, metres }: GroundPoints, factor: number): GroundPoints => ({
  image,
  metres: metres.map(([x, y]): Point => [x * factor, y * factor]),
});
