import type { Point } from '../../../config/camera-settings/schema.ts';
import { type Draft, type PointRef, type ShapeRef, viewOf } from './draft.ts';

/** The point whose handle `target` is part of. */
export function readPoint(target: Element): PointRef | undefined {
  const text = target.closest('[data-point]')?.getAttribute('data-point');
  if (!text) return undefined;
  const [kind, index, point] = text.split(':');
  if (kind === 'ground') return { kind, point: Number(index) };
  return kind === 'line' || kind === 'zone' || kind === 'heading'
    ? { kind, index: Number(index), point: Number(point) }
    : undefined;
}

/** The line or zone that `target` is part of. */
export function readShape(target: Element): ShapeRef | undefined {
  const text = target.closest('[data-shape]')?.getAttribute('data-shape');
  const [kind, index] = text?.split(':') ?? [];
  return kind === 'line' || kind === 'zone' ? { kind, index: Number(index) } : undefined;
}

/** Points of lines and zones that a moved one may snap to: all but those of its own shape. */
export function otherPoints(draft: Draft, except: PointRef | undefined): Point[] {
  if (except?.kind === 'ground') return [];
  const { lines, zones } = viewOf(draft);
  const isMoved = (kind: 'line' | 'zone', index: number): boolean => except?.kind === kind && except.index === index;
  return [
    ...lines.flatMap(({ from, to }, i) => (isMoved('line', i) ? [] : [from, to])),
    ...zones.flatMap(({ polygon }, i) => (isMoved('zone', i) ? [] : polygon)),
  ];
}
