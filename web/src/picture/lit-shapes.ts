import type { CameraEvent } from '../../../core/camera-event.ts';

/** A line that was crossed or a zone that was entered lights up for so long. */
const LIT_MS = 900;

/** Names of the lines and zones an event is about. */
export function shapesOf(event: CameraEvent): readonly string[] {
  switch (event.kind) {
    case 'line_crossed':
      return [event.line];
    case 'zone_entered':
    case 'zone_left':
      return [event.zone];
    case 'route_taken':
      return [event.from, event.to];
    case 'incident':
      return event.zone === null ? [] : [event.zone];
    case 'health':
    case 'daylight':
    case 'item':
      return [];
  }
}

/** Which shapes of one camera are lit, by the time of its frames. */
export class LitShapes {
  readonly #until = new Map<string, number>();

  /** @param atMs of the frame */
  add(events: readonly CameraEvent[], atMs: number): void {
    for (const [name, untilMs] of this.#until) if (untilMs < atMs) this.#until.delete(name);
    for (const event of events) for (const name of shapesOf(event)) this.#until.set(name, atMs + LIT_MS);
  }

  lit(): ReadonlySet<string> {
    return new Set(this.#until.keys());
  }
}
