import type { CameraEvent } from '../../core/camera-event.ts';
import type { Gauge } from '../../core/measure.ts';

/** What the rules of one camera are shown at once: an analysed or gated frame, or only that time passed. */
export interface RuleInput {
  /** Event time, ms since the Unix epoch. One that goes back is taken as the latest there was. */
  readonly atMs: number;
  /** Seconds this look speaks for; 0 where time passed unseen. */
  readonly observedS: number;
  /** What happened since the last look, in order. */
  readonly events: readonly CameraEvent[];
  /** What is the case right now; empty where nothing was looked at. */
  readonly gauges: readonly Gauge[];
  /** Objects confirmed since the last look: what the metric `objects` counts. */
  readonly appeared: readonly Appeared[];
}

export interface Appeared {
  readonly track: number;
  readonly label: string;
}
