import type { LineSettings, Point, ZoneSettings } from '../../../config/camera-settings/schema.ts';
import type { Rect } from './fit.ts';
import { INK, LINE_COLOUR, ZONE_COLOURS } from './shape-colours.ts';

export type DrawnLine = Pick<LineSettings, 'id' | 'from' | 'to'> & { readonly names?: LineSettings['names'] };
export type DrawnZone = Pick<ZoneSettings, 'id' | 'polygon' | 'kind'> & Partial<Pick<ZoneSettings, 'heading'>>;

/** A camera's lines and zones; points are shares of the picture. `settings` of the API's answer fits. */
export interface DrawnShapes {
  readonly lines: readonly DrawnLine[];
  readonly zones: readonly DrawnZone[];
}

export interface LineCounts {
  readonly forward: number;
  readonly backward: number;
}

export interface DrawShapesOptions {
  /** Shown beside each way of a line: how many crossed it. */
  readonly counts?: ReadonlyMap<string, LineCounts>;
  /** Shown behind a zone's name: objects in it now. */
  readonly occupancy?: ReadonlyMap<string, number>;
  /** Lines and zones that light up just now, by name: something crossed or entered them. */
  readonly lit?: ReadonlySet<string>;
  /** Names are left out where false, as on a small tile. True where not set. */
  readonly names?: boolean;
}

/** Under this width in CSS pixels a picture is a tile: thinner strokes, no names of ways. */
const TILE_WIDTH_MAX = 420;
const FONT = '600 11px system-ui, sans-serif';
const TAG_HEIGHT = 16;
const TAG_PADDING = 5;

/**
 * Draws zones, then lines with an arrow to where `forward` is, over the picture that fills `at`; all in CSS pixels.
 * A pure function of its arguments: whoever owns the canvas calls it after each picture.
 */
export function drawShapes(
  context: CanvasRenderingContext2D,
  { lines, zones }: DrawnShapes,
  at: Rect,
  options: DrawShapesOptions = {},
): void {
  context.save();
  context.beginPath();
  context.rect(at.x, at.y, at.width, at.height);
  context.clip();
  context.font = FONT;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineCap = 'round';
  for (const zone of zones) drawZone(context, zone, at, options);
  for (const line of lines) drawLine(context, line, at, options);
  context.restore();
}

function drawZone(
  context: CanvasRenderingContext2D,
  { id, polygon, kind, heading }: DrawnZone,
  at: Rect,
  { occupancy, lit, names = true }: DrawShapesOptions,
): void {
  const colour = ZONE_COLOURS[kind];
  const points = polygon.map((p) => place(p, at));
  const [first, ...others] = points;
  if (first === undefined) return;
  context.beginPath();
  context.moveTo(...first);
  for (const p of others) context.lineTo(...p);
  context.closePath();
  context.globalAlpha = lit?.has(id) ? 0.34 : 0.12;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 0.9;
  context.lineWidth = at.width < TILE_WIDTH_MAX ? 1 : 1.5;
  context.strokeStyle = colour;
  context.stroke();
  context.globalAlpha = 1;
  if (heading !== null && heading !== undefined) {
    arrow(context, place(heading.from, at), place(heading.to, at), colour, 1.5);
  }
  const count = occupancy?.get(id);
  if (!names) return;
  const [top = first] = [...points].sort(([, a], [, b]) => a - b);
  tag(context, count === undefined ? id : `${id}  ${count}`, top[0], top[1] + 4, colour, at);
}

function drawLine(
  context: CanvasRenderingContext2D,
  { id, from, to, names: ways }: DrawnLine,
  at: Rect,
  { counts, lit, names = true }: DrawShapesOptions,
): void {
  const small = at.width < TILE_WIDTH_MAX;
  const a = place(from, at);
  const b = place(to, at);
  const isLit = lit?.has(id) === true;
  const stroke = (width: number, style: string) => {
    context.beginPath();
    context.moveTo(...a);
    context.lineTo(...b);
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke();
  };
  const width = small ? 1.75 : 2.5;
  if (isLit) stroke(width + 8, 'rgb(253 224 71 / 0.45)');
  stroke(width + 2, 'rgb(0 0 0 / 0.5)');
  stroke(width, isLit ? '#ffffff' : LINE_COLOUR);
  const { middle, normal } = forwardOf(from, to, at);
  const reach = small ? 12 : 20;
  const tip: Pixel = [middle[0] + normal[0] * reach, middle[1] + normal[1] * reach];
  arrow(context, middle, tip, LINE_COLOUR, small ? 1.25 : 2);
  for (const [x, y] of [a, b]) {
    context.beginPath();
    context.arc(x, y, small ? 2.5 : 3.5, 0, 2 * Math.PI);
    context.fillStyle = LINE_COLOUR;
    context.fill();
  }
  const count = counts?.get(id);
  if (count !== undefined) {
    // Each count on the side that is reached by going its way.
    const beside = reach + 14;
    const text = (n: number, name: string | undefined) => (small || name === undefined ? `${n}` : `${name} ${n}`);
    const shift = (sign: number): Pixel => [
      middle[0] + sign * normal[0] * beside,
      middle[1] + sign * normal[1] * beside,
    ];
    centredTag(context, text(count.forward, ways?.forward), shift(1), at);
    centredTag(context, text(count.backward, ways?.backward), shift(-1), at);
  }
  if (names) tag(context, id, a[0], a[1] + 6, LINE_COLOUR, at);
}

type Pixel = [x: number, y: number];

const place = ([x, y]: Point, at: Rect): Pixel => [at.x + x * at.width, at.y + y * at.height];

/** The middle of a line, and the way `forward`: to the right hand of whoever goes `from → to`. Pixels of `at`. */
export function forwardOf(from: Point, to: Point, at: Rect): { readonly middle: Pixel; readonly normal: Pixel } {
  const a = place(from, at);
  const b = place(to, at);
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  // y goes down, so the right hand of (x, y) is (-y, x).
  const normal: Pixel = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
  return { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], normal };
}

function arrow(context: CanvasRenderingContext2D, from: Pixel, to: Pixel, colour: string, width: number): void {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (length < 1) return;
  const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
  const head = 3.2 * width + 1.5;
  const neck: Pixel = [to[0] - ux * head, to[1] - uy * head];
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...neck);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
  context.beginPath();
  context.moveTo(...to);
  context.lineTo(neck[0] - uy * head * 0.6, neck[1] + ux * head * 0.6);
  context.lineTo(neck[0] + uy * head * 0.6, neck[1] - ux * head * 0.6);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/** A name on its colour, kept inside the picture; `y` is its top. */
function tag(context: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string, at: Rect): void {
  const width = context.measureText(text).width + 2 * TAG_PADDING;
  const left = clamp(x - 2, at.x, at.x + at.width - width);
  const top = clamp(y, at.y, at.y + at.height - TAG_HEIGHT);
  context.fillStyle = colour;
  context.fillRect(left, top, width, TAG_HEIGHT);
  context.fillStyle = INK;
  context.fillText(text, left + TAG_PADDING, top + TAG_HEIGHT / 2 + 0.5);
}

function centredTag(context: CanvasRenderingContext2D, text: string, [x, y]: Pixel, at: Rect): void {
  const width = context.measureText(text).width + 2 * TAG_PADDING;
  const left = clamp(x - width / 2, at.x, at.x + at.width - width);
  const top = clamp(y - TAG_HEIGHT / 2, at.y, at.y + at.height - TAG_HEIGHT);
  context.fillStyle = 'rgb(11 16 21 / 0.82)';
  context.fillRect(left, top, width, TAG_HEIGHT);
  context.fillStyle = '#ffffff';
  context.fillText(text, left + TAG_PADDING, top + TAG_HEIGHT / 2 + 0.5);
}

const clamp = (v: number, min: number, max: number): number => Math.max(min, Math.min(v, max));
