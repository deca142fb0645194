import type { LineSettings, ZoneSettings } from '../../../config/camera-settings/schema.ts';
import type { Severity } from '../../../core/alert.ts';
import type { Track } from '../../../core/track.ts';
import { escapeXml, fitted, textWidth } from './svg-text.ts';

export type DrawnTrack = Pick<Track, 'id' | 'label' | 'box'> & Partial<Pick<Track, 'observed'>>;
/** `note` is written beside the name, e.g. a count. */
export type DrawnLine = Pick<LineSettings, 'id' | 'from' | 'to'> & { readonly note?: string };
export type DrawnZone = Pick<ZoneSettings, 'id' | 'polygon' | 'kind'> & { readonly note?: string };

/** What is drawn over a picture and under it. Points and boxes are shares of the upright picture. */
export interface DrawnScene {
  readonly camera: string;
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly title: string;
  readonly tracks: readonly DrawnTrack[];
  readonly lines: readonly DrawnLine[];
  readonly zones: readonly DrawnZone[];
  /** Colours the caption, and what the alert is about; grey and none where there is no alert. */
  readonly severity?: Severity;
  /** What it is about. */
  readonly marked?: { readonly track?: number | null; readonly line?: string | null; readonly zone?: string | null };
}

/** Objects drawn in one picture: a detector finds no more. */
const TRACKS_MAX = 100;

const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = {
  info: '#38bdf8',
  warning: '#fbbf24',
  critical: '#f43f5e',
};
const QUIET_COLOUR = '#94a3b8';
const ROAD_COLOUR = '#60a5fa';
const ZONE_COLOURS: Readonly<Record<ZoneSettings['kind'], string>> = {
  road: ROAD_COLOUR,
  lane: ROAD_COLOUR,
  pavement: '#a3e635',
  crossing: '#facc15',
  parking: '#c084fc',
  belt: '#2dd4bf',
  table: '#2dd4bf',
  other: '#cbd5e1',
};
const LINE_COLOUR = '#fde047';
/** Told apart on asphalt and by the colour-blind (after Okabe and Ito 2008, brightened); a class keeps its own. */
const LABEL_COLOURS = ['#56b4e9', '#e69f00', '#2fd6a3', '#f07ab8', '#f0e442', '#ff8a4c', '#9db4ff', '#b6e880'] as const;

/** Sizes that go with a picture's width, px. */
export interface Measures {
  readonly width: number;
  /** Of the picture alone. */
  readonly height: number;
  readonly barHeight: number;
  readonly font: number;
  readonly stroke: number;
}

/** @param width @param height of the picture as it will be shown, px */
export function measuresOf(width: number, height: number): Measures {
  const font = Math.min(18, Math.max(11, width / 56));
  const bar = Math.round(font * 2.9);
  // Video encoders want even sides.
  return { width, height, barHeight: bar + ((height + bar) % 2), font, stroke: Math.max(1.5, width / 480) };
}

/** The overlay for a picture with a caption bar under it. */
export function sceneSvg(scene: DrawnScene, m: Measures): string {
  const total = m.height + m.barHeight;
  const parts = [
    ...scene.zones.map((zone) => zoneSvg(zone, scene, m)),
    ...scene.lines.map((line) => lineSvg(line, scene, m)),
    ...scene.tracks.slice(0, TRACKS_MAX).map((track) => trackSvg(track, scene, m)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${m.width}" height="${total}" viewBox="0 0 ${m.width} ${total}" ` +
    `font-family="DejaVu Sans, Inter, Liberation Sans, Arial, sans-serif">` +
    `<clipPath id="p"><rect width="${m.width}" height="${m.height}"/></clipPath>` +
    `<g clip-path="url(#p)">${parts.join('')}</g>${captionSvg(scene, m)}</svg>`
  );
}

const alertColour = (scene: DrawnScene): string =>
  scene.severity === undefined ? QUIET_COLOUR : SEVERITY_COLOURS[scene.severity];

function trackSvg({ id, label, box, observed }: DrawnTrack, scene: DrawnScene, m: Measures): string {
  const marked = scene.marked?.track === id;
  const colour = marked ? alertColour(scene) : colourOf(label);
  const x = box[0] * m.width;
  const y = box[1] * m.height;
  const w = Math.max(1, (box[2] - box[0]) * m.width);
  const h = Math.max(1, (box[3] - box[1]) * m.height);
  const stroke = marked ? m.stroke * 1.8 : m.stroke;
  const rect = `x="${px(x)}" y="${px(y)}" width="${px(w)}" height="${px(h)}" rx="${px(m.stroke * 1.5)}" fill="none"`;
  const dash = observed === false ? ` stroke-dasharray="${px(m.stroke * 3)} ${px(m.stroke * 2.5)}"` : '';
  const size = m.font * 0.82;
  const name = fitted(`${label} ${id}`, m.width / 3, size, true);
  const tagHeight = size * 1.45;
  // Above the box, or inside it where it touches the picture's top.
  const tagY = y - tagHeight - stroke / 2 >= 0 ? y - tagHeight - stroke / 2 : Math.max(0, y);
  return (
    `<rect ${rect} stroke="#000" stroke-opacity=".45" stroke-width="${px(stroke + 2)}"/>` +
    `<rect ${rect} stroke="${colour}" stroke-width="${px(stroke)}"${dash}/>` +
    tag(name, x - stroke / 2, tagY, size, colour, '#0b1220', m)
  );
}

function zoneSvg({ id, polygon, kind, note }: DrawnZone, scene: DrawnScene, m: Measures): string {
  const marked = scene.marked?.zone === id;
  const colour = marked ? alertColour(scene) : ZONE_COLOURS[kind];
  const points = polygon.map(([x, y]) => [x * m.width, y * m.height] as const);
  const [top = [0, 0] as const] = [...points].sort(([, a], [, b]) => a - b);
  return (
    `<polygon points="${points.map(([x, y]) => `${px(x)},${px(y)}`).join(' ')}" fill="${colour}" ` +
    `fill-opacity="${marked ? 0.22 : 0.1}" stroke="${colour}" stroke-opacity=".85" stroke-width="${px(m.stroke * 0.8)}" ` +
    `stroke-linejoin="round"/>${nameTag(named(id, note), top[0], top[1] + m.stroke * 2, colour, m)}`
  );
}

/** The line with an arrow to where forward is: to the right hand of the way from its first point to its second. */
function lineSvg({ id, from, to, note }: DrawnLine, scene: DrawnScene, m: Measures): string {
  const colour = scene.marked?.line === id ? alertColour(scene) : LINE_COLOUR;
  const [x1, y1, x2, y2] = [from[0] * m.width, from[1] * m.height, to[0] * m.width, to[1] * m.height];
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  // y goes down, so the right hand of (ux, uy) is (-uy, ux).
  const [nx, ny] = [-uy, ux];
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const reach = m.font * 1.3;
  const head = m.font * 0.42;
  const [tx, ty] = [mx + nx * reach, my + ny * reach];
  const arrow = [
    [tx, ty],
    [tx - nx * head * 1.5 + ux * head, ty - ny * head * 1.5 + uy * head],
    [tx - nx * head * 1.5 - ux * head, ty - ny * head * 1.5 - uy * head],
  ];
  const ends = `x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke-linecap="round"`;
  const dot = (x: number, y: number) =>
    `<circle cx="${px(x)}" cy="${px(y)}" r="${px(m.stroke * 1.8)}" fill="${colour}" stroke="#000" stroke-opacity=".5"/>`;
  return (
    `<line ${ends} stroke="#000" stroke-opacity=".5" stroke-width="${px(m.stroke * 1.3 + 2)}"/>` +
    `<line ${ends} stroke="${colour}" stroke-width="${px(m.stroke * 1.3)}"/>` +
    `<line x1="${px(mx)}" y1="${px(my)}" x2="${px(tx - nx * head)}" y2="${px(ty - ny * head)}" stroke="${colour}" stroke-width="${px(m.stroke)}"/>` +
    `<polygon points="${arrow.map(([x = 0, y = 0]) => `${px(x)},${px(y)}`).join(' ')}" fill="${colour}"/>` +
    `${dot(x1, y1)}${dot(x2, y2)}${nameTag(named(id, note), x1, y1 + m.stroke * 3, colour, m)}`
  );
}

const named = (id: string, note: string | undefined): string => (note === undefined ? id : `${id}  ${note}`);

/** A name on a dark ground, beside what it names. */
function nameTag(text: string, x: number, y: number, colour: string, m: Measures): string {
  const size = m.font * 0.82;
  return tag(fitted(text, m.width / 2, size, true), x, y, size, '#0b1220', colour, m, 0.78);
}

/** A rounded tag whose top left corner is at (x, y), moved into the picture. */
function tag(
  text: string,
  x: number,
  y: number,
  size: number,
  ground: string,
  ink: string,
  m: Measures,
  opacity = 1,
): string {
  const width = textWidth(text, size, true) + size * 0.8;
  const height = size * 1.45;
  const left = Math.min(Math.max(0, x), Math.max(0, m.width - width));
  const top = Math.min(Math.max(0, y), Math.max(0, m.height - height));
  return (
    `<rect x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}" rx="${px(size * 0.22)}" ` +
    `fill="${ground}" fill-opacity="${opacity}"/>` +
    `<text x="${px(left + size * 0.4)}" y="${px(top + size * 1.05)}" font-size="${px(size)}" font-weight="bold" ` +
    `fill="${ink}" xml:space="preserve">${escapeXml(text)}</text>`
  );
}

/** Title on the left; camera and time on the right. */
function captionSvg(scene: DrawnScene, m: Measures): string {
  const { font, width, height, barHeight } = m;
  const stripe = Math.max(4, Math.round(font * 0.4));
  const pad = stripe + font * 0.8;
  const small = font * 0.8;
  const time = utc(scene.atMs);
  const camera = fitted(scene.camera, width * 0.32, small, true);
  const side = Math.max(textWidth(time, small, false), textWidth(camera, small, true)) + font * 0.8;
  const title = fitted(scene.title, width - pad - side - font, font, true);
  const line = (x: number, y: number, text: string, attributes: string) =>
    `<text x="${px(x)}" y="${px(height + y)}" ${attributes} xml:space="preserve">${escapeXml(text)}</text>`;
  const middle = barHeight / 2;
  return (
    `<rect y="${height}" width="${width}" height="${barHeight}" fill="#0f172a"/>` +
    `<rect y="${height}" width="${stripe}" height="${barHeight}" fill="${alertColour(scene)}"/>` +
    line(pad, middle + font * 0.36, title, `font-size="${px(font)}" font-weight="bold" fill="#f8fafc"`) +
    line(
      width - font * 0.8,
      middle - small * 0.28,
      camera,
      `font-size="${px(small)}" font-weight="bold" fill="#e2e8f0" text-anchor="end"`,
    ) +
    line(width - font * 0.8, middle + small * 1.05, time, `font-size="${px(small)}" fill="#94a3b8" text-anchor="end"`)
  );
}

const px = (value: number): string => String(Math.round(value * 10) / 10);

/** `2026-03-02 12:00:00 UTC`. */
function utc(atMs: number): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return '';
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function colourOf(label: string): string {
  let hash = 0;
  for (let i = 0; i < label.length; i++) hash = (Math.imul(hash, 31) + label.charCodeAt(i)) >>> 0;
  return LABEL_COLOURS[hash % LABEL_COLOURS.length] ?? LABEL_COLOURS[0];
}
