import type { Rect } from './fit.ts';
import { labelColour } from './label-colour.ts';
import type { Trail } from './track-trails.ts';

const TILE_WIDTH_MAX = 420;

/** Draws where tracked objects came from, fainter the longer ago, over the picture that fills `at`. */
export function drawTrails(context: CanvasRenderingContext2D, trails: readonly Trail[], at: Rect): void {
  context.save();
  context.lineJoin = 'round';
  context.lineCap = 'round';
  context.lineWidth = at.width < TILE_WIDTH_MAX ? 1.75 : 2.5;
  for (const { label, points } of trails) {
    context.strokeStyle = labelColour(label);
    for (let i = 1; i < points.length; i++) {
      const from = points[i - 1];
      const to = points[i];
      if (from === undefined || to === undefined) continue;
      context.globalAlpha = 0.12 + 0.75 * (i / (points.length - 1));
      context.beginPath();
      context.moveTo(at.x + from.x * at.width, at.y + from.y * at.height);
      context.lineTo(at.x + to.x * at.width, at.y + to.y * at.height);
      context.stroke();
    }
  }
  context.restore();
}
