import type { CameraSettings, Point, ZoneSettings } from '../../config/camera-settings/schema.ts';
import { contains, distanceToBorder } from '../geometry/polygon.ts';

/** Smallest way out of an area that is leaving it, shares of the height, and share of the item's height. */
const LEAVE_MIN = 0.008;
const LEAVE_OF_HEIGHT = 0.1;

/** A belt, a table, or the whole picture where the settings draw neither. */
export interface Area {
  /** Of the zone; empty for the whole picture. */
  readonly id: string;
  readonly labels: readonly string[] | null;
  /** @param p in shares of the picture */
  contains(p: Point): boolean;
  /** Whether what was inside has left: it is out by more than its box trembles. */
  isLeft(p: Point, height: number): boolean;
}

const WHOLE: readonly Point[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** Where waste is looked for. */
export function areasOf(settings: CameraSettings, aspect: number): readonly Area[] {
  const zones = areasOfKind(settings);
  return zones.length > 0 ? zones.map((zone) => areaOfZone(zone, aspect)) : [drawn('', null, WHOLE, aspect)];
}

/** What they look like: what was seen in others says nothing about these. */
export function drawingOf(settings: CameraSettings): string {
  return areasOfKind(settings)
    .map(({ id, polygon }) => `${id} ${polygon.flat().join(' ')}`)
    .join('\n');
}

function areasOfKind(settings: CameraSettings): readonly ZoneSettings[] {
  const kind = settings.waste.count === 'passing' ? 'belt' : 'table';
  return settings.zones.filter((zone) => zone.kind === kind);
}

function areaOfZone({ id, polygon, labels }: ZoneSettings, aspect: number): Area {
  return drawn(id, labels === null || labels.includes('*') ? null : labels, polygon, aspect);
}

function drawn(id: string, labels: readonly string[] | null, polygon: readonly Point[], aspect: number): Area {
  const inHeights = polygon.map(([x, y]): Point => [x * aspect, y]);
  const inside = (p: Point): boolean => contains(inHeights, [p[0] * aspect, p[1]]);
  return {
    id,
    labels,
    contains: inside,
    isLeft: (p, height) =>
      !inside(p) && distanceToBorder(inHeights, [p[0] * aspect, p[1]]) > Math.max(LEAVE_MIN, LEAVE_OF_HEIGHT * height),
  };
}
