import type { GroundSettings, Point } from '../../config/camera-settings/schema.ts';
import { GeometryError, type GeometryFault } from './geometry-fault.ts';
import { fitHomography, type Homography } from './homography.ts';

/**
 * Triangles flatter than this, height over longest side, are lines: a lane of 3.5 m is still wide enough over 1 km, and
 * a picture of 1,000 pixels is read to 3.
 */
const FLATNESS_MIN = 0.003;

/**
 * How near the horizon a point may come, as share of the measured points' least distance from it: at a tenth, a pixel
 * is a hundred times as many metres deep as at the measured points, and no speed can be told.
 */
const HORIZON_SHARE = 0.1;

/** A place on the ground, in metres, and how many metres one share of the picture is there (the worst way). */
export interface GroundPlace {
  readonly x: number;
  readonly y: number;
  readonly metresPerShare: number;
  /** Metres that one share of the width is there: how large things are, whichever way they face. */
  readonly metresAcross: number;
}

/**
 * The flat ground in front of a camera: shares of the picture to metres and to where there is none, the sky.
 *
 *     w(x, y) = h31 x + h32 y + h33 is 0 on the horizon, and has one sign on the ground
 */
export class GroundPlane {
  readonly #h: Homography;
  /** Least w of the measured points, made positive. */
  readonly #wMin: number;

  private constructor(h: Homography, wMin: number) {
    this.#h = h;
    this.#wMin = wMin;
  }

  /** @throws GeometryError with the code of {@link checkGround} */
  static of(ground: GroundSettings): GroundPlane {
    const made = GroundPlane.try(ground);
    if (made.kind === 'fault') throw new GeometryError(made.fault.code, made.fault.message);
    return made.plane;
  }

  static try(
    ground: GroundSettings,
  ):
    | { readonly kind: 'plane'; readonly plane: GroundPlane }
    | { readonly kind: 'fault'; readonly fault: GeometryFault } {
    const points = faultOfPoints(ground);
    if (points !== undefined) return { kind: 'fault', fault: points };
    const fitted = fitHomography(ground.image, ground.metres);
    if (fitted.kind === 'fault') return fitted;
    const h = fitted.matrix;
    const w = ground.image.map(([x, y]) => h[6] * x + h[7] * y + h[8]);
    const first = w[0] ?? 0;
    const behind = w.flatMap((value, i) => (value * first <= 0 ? [i] : []));
    if (behind.length > 0)
      return {
        kind: 'fault',
        fault: {
          code: 'ground.beyond_horizon',
          message: 'The points cannot all lie on the ground before the camera: is their order the same in both lists?',
          points: behind,
        },
      };
    const sign = first < 0 ? -1 : 1;
    const positive: Homography = [
      sign * h[0],
      sign * h[1],
      sign * h[2],
      sign * h[3],
      sign * h[4],
      sign * h[5],
      sign * h[6],
      sign * h[7],
      sign * h[8],
    ];
    return { kind: 'plane', plane: new GroundPlane(positive, Math.min(...w.map(Math.abs))) };
  }

  /** Where on the ground a point of the picture (shares) is; undefined above the horizon, and just under it. */
  at(x: number, y: number): GroundPlace | undefined {
    const h = this.#h;
    const w = h[6] * x + h[7] * y + h[8];
    if (!(w > HORIZON_SHARE * this.#wMin)) return undefined;
    const gx = (h[0] * x + h[1] * y + h[2]) / w;
    const gy = (h[3] * x + h[4] * y + h[5]) / w;
    // Derivatives of the map: how far a small shift in the picture is on the ground.
    const xx = (h[0] - gx * h[6]) / w;
    const xy = (h[1] - gx * h[7]) / w;
    const yx = (h[3] - gy * h[6]) / w;
    const yy = (h[4] - gy * h[7]) / w;
    return {
      x: gx,
      y: gy,
      metresAcross: Math.sqrt(xx * xx + yx * yx),
      metresPerShare: Math.sqrt(Math.max(xx * xx + yx * yx, xy * xy + yy * yy)),
    };
  }

  /** Whether a point of the picture is ground at all. */
  isGround(x: number, y: number): boolean {
    return this.at(x, y) !== undefined;
  }
}

/** What is wrong with a measured ground; undefined where nothing is. Points of the picture are shares. */
export function checkGround(ground: GroundSettings): GeometryFault | undefined {
  const made = GroundPlane.try(ground);
  return made.kind === 'fault' ? made.fault : undefined;
}

function faultOfPoints(ground: GroundSettings): GeometryFault | undefined {
  const { image, metres } = ground;
  if (image.length !== metres.length)
    return {
      code: 'ground.unequal_lengths',
      message: `Each point needs its place: there are ${image.length} points of the picture and ${metres.length} of the ground.`,
      points: [],
    };
  if (image.length < 4)
    return { code: 'ground.too_few_points', message: 'A ground plane needs at least four points.', points: [] };
  for (const [what, points] of [
    ['picture', image],
    ['ground', metres],
  ] as const) {
    const same = repeated(points);
    if (same !== undefined)
      return { code: 'ground.repeated_point', message: `Two points of the ${what} are the same.`, points: same };
    const line = collinear(points);
    if (line !== undefined)
      return {
        code: 'ground.collinear',
        message:
          points.length === 4
            ? `Three of four points of the ${what} are on one line; they must be corners of an area.`
            : `The points of the ${what} are on one line, but for at most one; at least four must be corners of an area.`,
        points: line,
      };
  }
  return undefined;
}

function repeated(points: readonly Point[]): readonly number[] | undefined {
  for (const [i, a] of points.entries())
    for (let j = i + 1; j < points.length; j += 1) {
      const b = points[j];
      if (b !== undefined && a[0] === b[0] && a[1] === b[1]) return [i, j];
    }
  return undefined;
}

/** The points but at most one, if they are on one line: then no four of them are corners of an area. */
function collinear(points: readonly Point[]): readonly number[] | undefined {
  for (const [i, a] of points.entries())
    for (let j = i + 1; j < points.length; j += 1) {
      const b = points[j];
      if (b === undefined) continue;
      const on = points.flatMap((p, k) => (k === i || k === j || flat(a, b, p) ? [k] : []));
      if (on.length >= Math.max(3, points.length - 1)) return on;
    }
  return undefined;
}

function flat(a: Point, b: Point, p: Point): boolean {
  const doubled = Math.abs((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]));
  const longest = Math.max(
    Math.hypot(b[0] - a[0], b[1] - a[1]),
    Math.hypot(p[0] - a[0], p[1] - a[1]),
    Math.hypot(p[0] - b[0], p[1] - b[1]),
  );
  return doubled < FLATNESS_MIN * longest * longest;
}
