import type { Point, ZoneSettings } from '../../config/camera-settings/schema.ts';
import type { GroundPlane } from '../geometry/ground-plane.ts';
import { contains, diameterOf, distanceToBorder } from '../geometry/polygon.ts';

/** What a zone remembers of one object in it. */
export interface ZoneMemory {
  enteredMs: number;
  /** Speed × time and time while its speed was known: km/h with a ground plane. */
  speedTime: number;
  speedS: number;
  /** Its fastest in this and in the last half of the time looked back on, for sudden slow-downs. */
  peak: number;
  peakBefore: number;
  peakFromMs: number;
  /** Observed seconds it has gone against the heading, and where it began to. */
  againstS: number;
  againstX: number;
  againstY: number;
  /** Observed seconds it has been a pedestrian on the road. */
  personS: number;
  /** Observed seconds it has stood outside a queue. */
  stoppedS: number;
}

/** Smallest way out of a zone that is leaving it, shares of the height; and share of the box's height. */
const LEAVE_MIN = 0.008;
const LEAVE_OF_HEIGHT = 0.05;

/** An area in a picture of one aspect. */
export class Zone {
  readonly settings: ZoneSettings;
  /** Along the road, m; null where it is not known. */
  readonly lengthM: number | null;
  /** Unit vector of the heading in the picture (heights), where it has one. */
  readonly heading: Point | null;
  readonly #polygon: readonly Point[];
  /** Along its heading. */
  readonly #begin: number;
  readonly #length: number;
  readonly #left: number;
  readonly #top: number;
  readonly #right: number;
  readonly #bottom: number;

  constructor(settings: ZoneSettings, aspect: number, plane: GroundPlane | undefined) {
    this.settings = settings;
    this.#polygon = settings.polygon.map(([x, y]): Point => [x * aspect, y]);
    this.#left = Math.min(...this.#polygon.map((p) => p[0]));
    this.#right = Math.max(...this.#polygon.map((p) => p[0]));
    this.#top = Math.min(...this.#polygon.map((p) => p[1]));
    this.#bottom = Math.max(...this.#polygon.map((p) => p[1]));
    this.lengthM = settings.lengthM ?? (plane === undefined ? null : lengthOnGround(settings, plane));
    this.heading = headingOf(settings, aspect);
    const heading = this.heading ?? [0, 1];
    const places = this.#polygon.map((p) => p[0] * heading[0] + p[1] * heading[1]);
    this.#begin = Math.min(...places);
    this.#length = Math.max(...places) - this.#begin;
  }

  remember(enteredMs: number): ZoneMemory {
    return {
      enteredMs,
      speedTime: 0,
      speedS: 0,
      peak: 0,
      peakBefore: 0,
      peakFromMs: enteredMs,
      againstS: 0,
      againstX: 0,
      againstY: 0,
      personS: 0,
      stoppedS: 0,
    };
  }

  /** How far along the zone a place is, 0..1: along its heading, else down the picture. */
  along(p: Point): number {
    const place = this.heading === null ? p[1] : p[0] * this.heading[0] + p[1] * this.heading[1];
    return this.#length === 0 ? 0 : (place - this.#begin) / this.#length;
  }

  contains(p: Point): boolean {
    if (p[0] < this.#left || p[0] > this.#right || p[1] < this.#top || p[1] > this.#bottom) return false;
    return contains(this.#polygon, p);
  }

  /** Whether an object that was inside has left: it is outside by more than its box trembles. */
  isLeft(p: Point, boxHeight: number): boolean {
    if (this.contains(p)) return false;
    return distanceToBorder(this.#polygon, p) > Math.max(LEAVE_MIN, LEAVE_OF_HEIGHT * boxHeight);
  }
}

function headingOf(settings: ZoneSettings, aspect: number): Point | null {
  if (settings.heading === null) return null;
  const { from, to } = settings.heading;
  const dx = (to[0] - from[0]) * aspect;
  const dy = to[1] - from[1];
  const length = Math.hypot(dx, dy);
  return length === 0 ? null : [dx / length, dy / length];
}

/** Extent of the zone along its heading, else its largest; null where part of it is no ground. */
function lengthOnGround(settings: ZoneSettings, plane: GroundPlane): number | null {
  const corners: Point[] = [];
  for (const [x, y] of settings.polygon) {
    const place = plane.at(x, y);
    if (place === undefined) return null;
    corners.push([place.x, place.y]);
  }
  let length = diameterOf(corners);
  if (settings.heading !== null) {
    const from = plane.at(settings.heading.from[0], settings.heading.from[1]);
    const to = plane.at(settings.heading.to[0], settings.heading.to[1]);
    const way = from === undefined || to === undefined ? 0 : Math.hypot(to.x - from.x, to.y - from.y);
    if (from !== undefined && to !== undefined && way > 0) {
      const along = corners.map((c) => ((c[0] - from.x) * (to.x - from.x) + (c[1] - from.y) * (to.y - from.y)) / way);
      length = Math.max(...along) - Math.min(...along);
    }
  }
  return length > 0.5 ? length : null;
}
