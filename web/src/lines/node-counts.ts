import type { CameraEvent } from '../../../core/camera-event.ts';

export interface NodeCount {
  readonly forward: number;
  readonly backward: number;
}

/** Crossings the node told of, by line of the settings in force. */
export type NodeCounts = ReadonlyMap<string, NodeCount>;

/** @returns the same map where nothing crossed */
export function addCrossings(counts: NodeCounts, events: readonly CameraEvent[]): NodeCounts {
  let next: Map<string, NodeCount> | undefined;
  for (const event of events) {
    if (event.kind !== 'line_crossed') continue;
    next ??= new Map(counts);
    const line = next.get(event.line) ?? { forward: 0, backward: 0 };
    next.set(event.line, { ...line, [event.direction]: line[event.direction] + 1 });
  }
  return next ?? counts;
}

/** Begins at 0 for each line in force. */
export const noCrossings = (lines: readonly { readonly id: string }[]): NodeCounts =>
  new Map(lines.map(({ id }) => [id, { forward: 0, backward: 0 }]));
