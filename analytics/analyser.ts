import type { CameraEvent } from '../core/camera-event.ts';
import type { Gauge, Measure } from '../core/measure.ts';
import type { Track } from '../core/track.ts';

/** What there is to see in one analysed frame. */
export interface Scene {
  /** Event time, ms since the Unix epoch; never goes back. */
  readonly atMs: number;
  /**
   * Time this frame speaks for, s: since the last observed moment, 0 where that is too long ago (what happened in
   * between was not seen).
   */
  readonly observedS: number;
  /** Confirmed tracks, those predicted through a gap included. */
  readonly tracks: readonly Track[];
  /** Tracks given up since the last frame; they are in `tracks` no more. */
  readonly ended: readonly Track[];
  /** Of the upright picture, pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * One thing to be measured in front of one camera. Deterministic: a pure function of its settings, its state and what
 * it was shown. Its state is plain JSON, so that it moves in a hand-off and survives in a checkpoint; what the settings
 * no longer name is dropped from it when it is restored.
 */
export interface Analyser<State> {
  /** One analysed frame. Events are emitted in the order they happened. */
  observe(scene: Scene, emit: (event: CameraEvent) => void): void;
  /**
   * Nothing moved since the last frame (it was gated): what stood there stands there still.
   * @param observedS as in {@link Scene}
   */
  unchanged(atMs: number, observedS: number, emit: (event: CameraEvent) => void): void;
  /** What was measured since this was last called; begins anew. */
  takeMeasures(): Measure[];
  /** What is the case right now, for rules. */
  gauges(): readonly Gauge[];
  state(): State;
}
