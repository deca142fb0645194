import type { TrackedDetection } from '../../../core/detection.ts';
import type { Rect } from './fit.ts';
import { labelColour } from './label-colour.ts';

const LABEL_FONT = '600 11px system-ui, sans-serif';
const LABEL_HEIGHT = 16;
const LABEL_PADDING = 4;
const INK = '#0b1015';

/**
 * Draws each detection's box, label, track (`car #12`, where `ids`) and score over the picture that fills `at`; all in CSS pixels,
 * so that lines and letters look alike on a tile and on a large view. The surest is drawn last, on top.
 */
export function drawDetections(
  context: CanvasRenderingContext2D,
  detections: readonly TrackedDetection[],
  at: Rect,
  { ids = true }: { readonly ids?: boolean } = {},
): void {
  context.font = LABEL_FONT;
  context.textBaseline = 'middle';
  for (const detection of [...detections].sort((a, b) => a.score - b.score)) drawDetection(context, detection, at, ids);
}

function drawDetection(
  context: CanvasRenderingContext2D,
  { label, score, box, track }: TrackedDetection,
  at: Rect,
  ids: boolean,
): void {
  const [x1, y1, x2, y2] = box;
  const x = at.x + x1 * at.width;
  const y = at.y + y1 * at.height;
  const width = (x2 - x1) * at.width;
  const height = (y2 - y1) * at.height;
  const colour = labelColour(label);
  // A dark line below the bright one keeps the box visible on snow and sky.
  context.lineWidth = 3.5;
  context.strokeStyle = 'rgb(0 0 0 / 0.45)';
  context.strokeRect(x, y, width, height);
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.strokeRect(x, y, width, height);

  const text = `${label}${ids && track !== undefined ? ` #${track}` : ''} ${Math.round(score * 100)}`;
  const textWidth = context.measureText(text).width + 2 * LABEL_PADDING;
  // Above the box; inside it where the picture's top is too near.
  const top = y - LABEL_HEIGHT >= at.y ? y - LABEL_HEIGHT : y;
  const left = Math.min(Math.max(x - 1, at.x), Math.max(at.x, at.x + at.width - textWidth));
  context.fillStyle = colour;
  context.fillRect(left, top, textWidth, LABEL_HEIGHT);
  context.fillStyle = INK;
  context.fillText(text, left + LABEL_PADDING, top + LABEL_HEIGHT / 2 + 0.5);
}
