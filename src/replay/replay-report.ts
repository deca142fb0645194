import type { Findings } from '../../analytics/camera-analytics.ts';
import type { AlertChange } from '../../core/alert.ts';
import type { CameraEvent } from '../../core/camera-event.ts';
import type { IntervalMeasures } from '../../core/measure.ts';
import type { ReplayedFrame } from './replay-lane.ts';

/** One row of counts: objects of a class that passed a line in one direction. */
export interface CrossingCount {
  readonly line: string;
  readonly direction: string;
  readonly total: number;
  readonly byLabel: Readonly<Record<string, number>>;
}

export interface ReplaySummary {
  readonly frames: number;
  readonly analysed: number;
  readonly gated: number;
  /** Beside `frames`: pictures a node would refuse. */
  readonly rejected: number;
  /** Of the recording, s. */
  readonly durationS: number;
  readonly tracks: number;
  readonly crossings: readonly CrossingCount[];
  readonly events: readonly CameraEvent[];
  readonly alerts: readonly AlertChange[];
  readonly intervals: readonly IntervalMeasures[];
}

/** Gathers what a replay found. */
export class ReplayReport {
  readonly #events: CameraEvent[] = [];
  readonly #alerts: AlertChange[] = [];
  readonly #intervals: IntervalMeasures[] = [];
  readonly #tracks = new Set<number>();
  #frames = 0;
  #gated = 0;
  #rejected = 0;
  #firstMs: number | undefined;
  #lastMs = 0;

  frame(frame: ReplayedFrame): void {
    this.#frames++;
    if (frame.gated) this.#gated++;
    this.#firstMs ??= frame.atMs;
    this.#lastMs = frame.atMs;
    this.found(frame.findings);
  }

  /** @returns how many were */
  rejected(findings: Findings): number {
    this.found(findings);
    return ++this.#rejected;
  }

  found({ tracks, events, alerts, intervals }: Findings): void {
    for (const { id } of tracks) this.#tracks.add(id);
    this.#events.push(...events);
    this.#alerts.push(...alerts);
    this.#intervals.push(...intervals);
  }

  summary(): ReplaySummary {
    return {
      frames: this.#frames,
      analysed: this.#frames - this.#gated,
      gated: this.#gated,
      rejected: this.#rejected,
      durationS: (this.#lastMs - (this.#firstMs ?? this.#lastMs)) / 1_000,
      tracks: this.#tracks.size,
      crossings: crossingsOf(this.#events),
      events: this.#events,
      alerts: this.#alerts,
      intervals: this.#intervals,
    };
  }
}

function crossingsOf(events: readonly CameraEvent[]): CrossingCount[] {
  const rows = new Map<string, { line: string; direction: string; total: number; byLabel: Record<string, number> }>();
  for (const event of events) {
    if (event.kind !== 'line_crossed') continue;
    const key = `${event.line} ${event.name}`;
    const row = rows.get(key) ?? { line: event.line, direction: event.name, total: 0, byLabel: {} };
    row.total++;
    row.byLabel[event.label] = (row.byLabel[event.label] ?? 0) + 1;
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => `${a.line} ${a.direction}`.localeCompare(`${b.line} ${b.direction}`));
}
