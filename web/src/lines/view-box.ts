import type { Point } from '../../../config/camera-settings/schema.ts';
import type { Size } from '../picture/fit.ts';

/** What of the picture is on the stage: it is `scale` times as large as the stage, and moved by x, y CSS pixels. */
export interface ViewBox {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const SCALE_MAX = 16;
export const WHOLE: ViewBox = { scale: 1, x: 0, y: 0 };

export const toScreen = ([x, y]: Point, view: ViewBox, stage: Size): [number, number] => [
  view.x + x * stage.width * view.scale,
  view.y + y * stage.height * view.scale,
];

/** Shares of the picture; outside of 0..1 where the pixel is beside it. */
export const toShare = (x: number, y: number, view: ViewBox, stage: Size): [number, number] => [
  (x - view.x) / (stage.width * view.scale || 1),
  (y - view.y) / (stage.height * view.scale || 1),
];

/** Larger or smaller by `factor`, while what is at (x, y) on the stage stays there. */
export function zoomed(view: ViewBox, factor: number, x: number, y: number, stage: Size): ViewBox {
  const scale = Math.max(1, Math.min(SCALE_MAX, view.scale * factor));
  const by = scale / view.scale;
  return within({ scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by }, stage);
}

export const panned = (view: ViewBox, dx: number, dy: number, stage: Size): ViewBox =>
  within({ ...view, x: view.x + dx, y: view.y + dy }, stage);

/** The picture always covers the stage. */
export function within(view: ViewBox, stage: Size): ViewBox {
  const least = (side: number) => side - side * view.scale;
  return {
    scale: view.scale,
    x: Math.min(0, Math.max(least(stage.width), view.x)),
    y: Math.min(0, Math.max(least(stage.height), view.y)),
  };
}

/** How near a point is drawn to an edge or another point, CSS pixels. */
const SNAP_PX = 7;

/** A point put onto the picture's edge, or onto another point, where it is near one; inside the picture in any case. */
export function snapped(p: Point, others: readonly Point[], view: ViewBox, stage: Size): [number, number] {
  const tx = SNAP_PX / (stage.width * view.scale || 1);
  const ty = SNAP_PX / (stage.height * view.scale || 1);
  for (const [x, y] of others) if (Math.abs(p[0] - x) <= tx && Math.abs(p[1] - y) <= ty) return [x, y];
  const onto = (v: number, near: number) => (v <= near ? 0 : v >= 1 - near ? 1 : v);
  return [onto(p[0], tx), onto(p[1], ty)];
}
