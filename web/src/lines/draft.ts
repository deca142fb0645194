import type { CameraSettingsInput, Point, ZoneSettings } from '../../../config/camera-settings/schema.ts';

/** A document as somebody wrote it, being edited. Points are in its own units: see {@link unitsOf}. */
export type Draft = CameraSettingsInput;
export type DraftLine = NonNullable<Draft['lines']>[number];
export type DraftZone = NonNullable<Draft['zones']>[number];

/** As many as the settings take. */
export const LINES_MAX = 32;
export const ZONES_MAX = 32;
export const CORNERS_MAX = 64;
export const GROUND_POINTS_MAX = 32;

export interface ShapeRef {
  readonly kind: 'line' | 'zone';
  readonly index: number;
}

/** One point that can be moved: an end of a line, a corner, an end of a heading, a point of the ground. */
export type PointRef =
  | { readonly kind: 'line' | 'zone' | 'heading'; readonly index: number; readonly point: number }
  | { readonly kind: 'ground'; readonly point: number };

export interface ViewLine {
  readonly id: string;
  readonly from: Point;
  readonly to: Point;
  readonly names: { readonly forward: string; readonly backward: string };
}

export interface ViewZone {
  readonly id: string;
  readonly polygon: readonly Point[];
  readonly kind: ZoneSettings['kind'];
  readonly heading: { readonly from: Point; readonly to: Point } | null;
}

/** What a draft draws, in shares of the picture, faulty or not. */
export interface ViewShapes {
  readonly lines: readonly ViewLine[];
  readonly zones: readonly ViewZone[];
  readonly ground: { readonly image: readonly Point[]; readonly metres: readonly Point[] } | null;
}

/** What a whole picture is in the document's units: its pixels, or 1 x 1. */
export function unitsOf(draft: Draft): { readonly width: number; readonly height: number } {
  const { coordinates } = draft;
  return coordinates === null || coordinates === undefined ? { width: 1, height: 1 } : coordinates;
}

export function viewOf(draft: Draft): ViewShapes {
  const { width, height } = unitsOf(draft);
  const share = ([x, y]: Point): Point => [x / width, y / height];
  return {
    lines: (draft.lines ?? []).map(({ id, from, to, names }) => ({
      id,
      from: share(from),
      to: share(to),
      names: { forward: names?.forward ?? 'forward', backward: names?.backward ?? 'backward' },
    })),
    zones: (draft.zones ?? []).map(({ id, polygon, kind, heading }) => ({
      id,
      polygon: polygon.map(share),
      kind: kind ?? 'other',
      heading: heading ? { from: share(heading.from), to: share(heading.to) } : null,
    })),
    ground: draft.ground ? { image: draft.ground.image.map(share), metres: draft.ground.metres } : null,
  };
}

/** A share as the document writes it: to a tenth of its pixels, or to four digits, which is a tenth of a pixel too. */
function written(draft: Draft, [x, y]: Point): [number, number] {
  const { width, height } = unitsOf(draft);
  const digits = width === 1 && height === 1 ? 10_000 : 10;
  const round = (v: number) => Math.round(v * digits) / digits;
  return [round(clamp01(x) * width), round(clamp01(y) * height)];
}

const clamp01 = (v: number): number => Math.max(0, Math.min(1, v));

export function pointAt(draft: Draft, ref: PointRef): Point | undefined {
  const view = viewOf(draft);
  switch (ref.kind) {
    case 'line': {
      const line = view.lines[ref.index];
      return ref.point === 0 ? line?.from : line?.to;
    }
    case 'zone':
      return view.zones[ref.index]?.polygon[ref.point];
    case 'heading': {
      const heading = view.zones[ref.index]?.heading;
      return ref.point === 0 ? heading?.from : heading?.to;
    }
    case 'ground':
      return view.ground?.image[ref.point];
  }
}

/** @param to shares; what lies outside of the picture is put onto its edge */
export function withPoint(draft: Draft, ref: PointRef, to: Point): Draft {
  const point = written(draft, to);
  switch (ref.kind) {
    case 'line':
      return withLine(draft, ref.index, ref.point === 0 ? { from: point } : { to: point });
    case 'zone':
      return withZone(draft, ref.index, {
        polygon: (draft.zones?.[ref.index]?.polygon ?? []).map((p, i) => (i === ref.point ? point : p)),
      });
    case 'heading': {
      const heading = draft.zones?.[ref.index]?.heading;
      if (!heading) return draft;
      return withZone(draft, ref.index, { heading: { ...heading, [ref.point === 0 ? 'from' : 'to']: point } });
    }
    case 'ground': {
      const { ground } = draft;
      if (!ground) return draft;
      return { ...draft, ground: { ...ground, image: ground.image.map((p, i) => (i === ref.point ? point : p)) } };
    }
  }
}

export function withLine(draft: Draft, index: number, change: Partial<DraftLine>): Draft {
  return { ...draft, lines: (draft.lines ?? []).map((line, i) => (i === index ? { ...line, ...change } : line)) };
}

export function withZone(draft: Draft, index: number, change: Partial<DraftZone>): Draft {
  return { ...draft, zones: (draft.zones ?? []).map((zone, i) => (i === index ? { ...zone, ...change } : zone)) };
}

export function withNewLine(draft: Draft, from: Point, to: Point): Draft {
  const line: DraftLine = { id: freeName(draft, 'line'), from: written(draft, from), to: written(draft, to) };
  return { ...draft, lines: [...(draft.lines ?? []), line] };
}

export function withNewZone(draft: Draft, polygon: readonly Point[], kind: ZoneSettings['kind']): Draft {
  const zone: DraftZone = { id: freeName(draft, 'zone'), kind, polygon: polygon.map((p) => written(draft, p)) };
  return { ...draft, zones: [...(draft.zones ?? []), zone] };
}

/** Lines and zones share their names. */
function freeName(draft: Draft, prefix: string): string {
  const taken = new Set([...(draft.lines ?? []), ...(draft.zones ?? [])].map(({ id }) => id));
  let n = 1;
  while (taken.has(`${prefix}-${n}`)) n++;
  return `${prefix}-${n}`;
}

export function nameOf(draft: Draft, { kind, index }: ShapeRef): string | undefined {
  return kind === 'line' ? draft.lines?.[index]?.id : draft.zones?.[index]?.id;
}

export function withoutShape(draft: Draft, { kind, index }: ShapeRef): Draft {
  const others = <T>(list: readonly T[] | undefined): T[] => (list ?? []).filter((_, i) => i !== index);
  return kind === 'line' ? { ...draft, lines: others(draft.lines) } : { ...draft, zones: others(draft.zones) };
}

/** Takes a corner out; `undefined` where a polygon would have fewer than three. A point of the ground goes with its place. */
export function withoutPoint(draft: Draft, ref: PointRef): Draft | undefined {
  if (ref.kind === 'zone') {
    const polygon = draft.zones?.[ref.index]?.polygon ?? [];
    return polygon.length <= 3
      ? undefined
      : withZone(draft, ref.index, { polygon: polygon.filter((_, i) => i !== ref.point) });
  }
  if (ref.kind === 'heading') return withZone(draft, ref.index, { heading: null });
  if (ref.kind === 'ground' && draft.ground) {
    const keep = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== ref.point);
    const ground = { image: keep(draft.ground.image), metres: keep(draft.ground.metres) };
    return { ...draft, ground: ground.image.length === 0 ? null : ground };
  }
  return undefined;
}

/** Puts a corner in behind the one of `ref`. */
export function withCorner(draft: Draft, index: number, behind: number, at: Point): Draft {
  const polygon = [...(draft.zones?.[index]?.polygon ?? [])];
  polygon.splice(behind + 1, 0, written(draft, at));
  return withZone(draft, index, { polygon });
}

/** All of a shape's points, moved as far as the picture's edges let them. */
export function moveShape(draft: Draft, ref: ShapeRef, dx: number, dy: number): Draft {
  const refs = pointsOf(draft, ref);
  const points = refs.map((p) => pointAt(draft, p) ?? ([0, 0] as const));
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const mx = Math.max(-Math.min(...xs), Math.min(1 - Math.max(...xs), dx));
  const my = Math.max(-Math.min(...ys), Math.min(1 - Math.max(...ys), dy));
  return refs.reduce((next, p, i) => {
    const [x = 0, y = 0] = points[i] ?? [];
    return withPoint(next, p, [x + mx, y + my]);
  }, draft);
}

export function pointsOf(draft: Draft, { kind, index }: ShapeRef): PointRef[] {
  const count = kind === 'line' ? 2 : (draft.zones?.[index]?.polygon.length ?? 0);
  return Array.from({ length: count }, (_, point) => ({ kind, index, point }));
}

/** Another name, and with it wherever rules speak of the shape. */
export function renameShape(draft: Draft, ref: ShapeRef, id: string): Draft {
  const old = nameOf(draft, ref);
  const named = ref.kind === 'line' ? withLine(draft, ref.index, { id }) : withZone(draft, ref.index, { id });
  // A name that is not unique for a moment would take over another's rules.
  const isShared = [...(draft.lines ?? []), ...(draft.zones ?? [])].filter((s) => s.id === old).length > 1;
  if (old === undefined || old === id || isShared || named.rules === undefined) return named;
  const rename = (name: string): string => (name === old ? id : name);
  return {
    ...named,
    rules: named.rules.map((rule) => {
      if ((rule.kind === 'threshold' || rule.kind === 'absence') && typeof rule.subject === 'string') {
        const subject = rule.subject.split('>').map(rename).join('>');
        return subject === rule.subject ? rule : { ...rule, subject };
      }
      if (rule.kind === 'incident' && rule.zones?.some((zone) => zone === old)) {
        return { ...rule, zones: rule.zones.map(rename) };
      }
      return rule;
    }),
  };
}

/** Forward becomes the other way. */
export function flipLine(draft: Draft, index: number): Draft {
  const line = draft.lines?.[index];
  return line === undefined ? draft : withLine(draft, index, { from: line.to, to: line.from });
}

/** @param image shares */
export function withGround(draft: Draft, image: readonly Point[], metres: readonly Point[]): Draft {
  const round = (v: number) => Math.round(v * 1_000) / 1_000;
  const ground = {
    image: image.map((p) => written(draft, p)),
    metres: metres.map(([x, y]): [number, number] => [round(x), round(y)]),
  };
  return { ...draft, ground: image.length === 0 ? null : ground };
}

/** @param from, to shares; null takes it away */
export function withHeading(draft: Draft, index: number, heading: { from: Point; to: Point } | null): Draft {
  return withZone(draft, index, {
    heading: heading === null ? null : { from: written(draft, heading.from), to: written(draft, heading.to) },
  });
}

/** Without keys that are set to nothing: `withLine(draft, 0, { labels: undefined })` says that a key goes. */
export function tidy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
