import type { CameraEvent } from '../../../core/camera-event.ts';
import type { WatchedFrameHead } from '../../../core/protocol.ts';

export interface SeenEvent {
  /** Unique among those that are kept. */
  readonly key: string;
  readonly event: CameraEvent;
}

const EVENTS_MAX = 30;

/** `seen`, newest first, with what happened in one more frame. */
export function addEvents(seen: readonly SeenEvent[], head: WatchedFrameHead): readonly SeenEvent[] {
  const { events = [] } = head;
  if (events.length === 0) return seen;
  const added = events.map((event, i) => ({ key: `${head.receivedAt}.${head.seq}.${i}`, event })).reverse();
  return [...added, ...seen].slice(0, EVENTS_MAX);
}
