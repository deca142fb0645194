import type { FaultList, FaultPath } from './fault.ts';
import type { CameraSettings } from './schema.ts';

type Point = [number, number];

/** A point this far outside the picture is a hand that slipped over its edge: it is put onto the edge. */
const OUTSIDE_MAX = 0.01;

/** The settings with every point as a share of the picture; points outside of it become faults. */
export function toShares(settings: CameraSettings, into: FaultList): CameraSettings {
  const { coordinates } = settings;
  const width = coordinates?.width ?? 1;
  const height = coordinates?.height ?? 1;

  const share = ([x, y]: readonly [number, number], at: FaultPath): Point => {
    const point: Point = [x / width, y / height];
    if (point.some((v) => v < -OUTSIDE_MAX || v > 1 + OUTSIDE_MAX)) {
      const where =
        coordinates === null
          ? 'outside the picture, whose shares go from 0 to 1; for pixels set coordinates: {width, height}'
          : `outside the picture of ${width}x${height}`;
      into.add(at, 'settings_geometry', `[${x}, ${y}] is ${where}`);
    }
    return [onPicture(point[0]), onPicture(point[1])];
  };
  return {
    ...settings,
    lines: settings.lines.map((line, i) => ({
      ...line,
      from: share(line.from, ['lines', i, 'from']),
      to: share(line.to, ['lines', i, 'to']),
    })),
    zones: settings.zones.map((zone, i) => ({
      ...zone,
      polygon: zone.polygon.map((p, j) => share(p, ['zones', i, 'polygon', j])),
      heading:
        zone.heading === null
          ? null
          : {
              from: share(zone.heading.from, ['zones', i, 'heading', 'from']),
              to: share(zone.heading.to, ['zones', i, 'heading', 'to']),
            },
    })),
    ground:
      settings.ground === null
        ? null
        : { ...settings.ground, image: settings.ground.image.map((p, i) => share(p, ['ground', 'image', i])) },
  };
}

const onPicture = (v: number) => Math.min(1, Math.max(0, v));
