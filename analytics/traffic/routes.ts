import type { RouteTaken } from '../../core/camera-event.ts';
import type { TrackMemory } from './track-memory.ts';

/**
 * An object crossed a line: its route from the line it crossed before, and the start of its next. With a line on each
 * arm of a junction that is its origin and destination; lines in a row along a road give the times between them. The
 * same line again is no route.
 * @param crossedMs when its path met the line
 */
export function routeTo(memory: TrackMemory, line: string, crossedMs: number, atMs: number): RouteTaken | undefined {
  const { from } = memory;
  memory.from = { line, atMs: crossedMs };
  if (from === null || from.line === line) return undefined;
  const travelS = Math.max(0, crossedMs - from.atMs) / 1000;
  return { kind: 'route_taken', atMs, from: from.line, to: line, track: memory.id, label: memory.label, travelS };
}
