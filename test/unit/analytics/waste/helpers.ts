import type { Scene } from '../../../../analytics/analyser.ts';
import { taxonomyOf } from '../../../../analytics/waste/taxonomy.ts';
import { WasteAnalyser, type WasteState } from '../../../../analytics/waste/waste-analyser.ts';
import { parseCameraSettings } from '../../../../config/camera-settings/parse-camera-settings.ts';
import type { CameraSettings } from '../../../../config/camera-settings/schema.ts';
import type { CameraEvent, ItemSeen } from '../../../../core/camera-event.ts';
import type { Measure } from '../../../../core/measure.ts';
import type { Track } from '../../../../core/track.ts';

export const taxonomy = taxonomyOf('test', { bottle: 'plastic', jar: 'glass', paper: 'paper', can: 'metal' });

export function settingsOf(waste: object, more: object = {}): CameraSettings {
  const parsed = parseCameraSettings({ pipeline: 'waste', waste, ...more });
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.settings;
}

export interface Piece {
  readonly id: number;
  /** Centre, shares. */
  readonly x: number;
  readonly y: number;
  readonly label?: string;
  readonly score?: number;
  readonly hits?: number;
  readonly observed?: boolean;
  readonly width?: number;
  readonly height?: number;
}

export function trackOf(piece: Piece, atMs: number): Track {
  const { id, x, y, label = 'bottle', score = 0.8, hits = 5, observed = true, width = 0.08, height = 0.08 } = piece;
  return {
    id,
    label,
    score,
    meanScore: score,
    box: [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
    velocity: [0, 0],
    observed,
    hits,
    firstSeenMs: atMs,
    lastSeenMs: atMs,
  };
}

/** Shows an analyser one frame after the other. */
export class Show {
  readonly events: ItemSeen[] = [];
  readonly settings: CameraSettings;
  analyser: WasteAnalyser;
  atMs = 0;
  #any = false;

  constructor(settings: CameraSettings, state?: WasteState) {
    this.settings = settings;
    this.analyser = new WasteAnalyser(settings, taxonomy, state);
  }

  readonly emit = (event: CameraEvent): void => {
    if (event.kind === 'item') this.events.push(event);
  };

  /** One frame, `stepMs` after the last. */
  frame(pieces: readonly Piece[], stepMs = 100): void {
    if (this.#any) this.atMs += stepMs;
    const scene: Scene = {
      atMs: this.atMs,
      observedS: this.#any ? stepMs / 1000 : 0,
      tracks: pieces.map((piece) => trackOf(piece, this.atMs)),
      ended: [],
      width: 1000,
      height: 1000,
    };
    this.#any = true;
    this.analyser.observe(scene, this.emit);
  }

  frames(count: number, pieces: readonly Piece[], stepMs = 100): void {
    for (let i = 0; i < count; i++) this.frame(pieces, stepMs);
  }

  /** Nobody looked for so long. */
  unseen(ms: number, pieces: readonly Piece[]): void {
    this.atMs += ms;
    const tracks = pieces.map((piece) => trackOf(piece, this.atMs));
    this.analyser.observe({ atMs: this.atMs, observedS: 0, tracks, ended: [], width: 1000, height: 1000 }, this.emit);
  }

  gated(ms: number): void {
    this.atMs += ms;
    this.analyser.unchanged(this.atMs, ms / 1000, this.emit);
  }

  /** Goes on in another analyser with this one's state, as after a hand-off. */
  handOver(settings = this.settings): void {
    this.analyser = new WasteAnalyser(
      settings,
      taxonomy,
      JSON.parse(JSON.stringify(this.analyser.state())) as WasteState,
    );
  }

  present(): number {
    return this.analyser.gauges().reduce((sum, { value }) => sum + value, 0);
  }
}

export const of = (measures: readonly Measure[], metric: string): Measure[] =>
  measures.filter((m) => m.metric === metric);
export const total = (measures: readonly Measure[], key: 'n' | 'sum'): number =>
  measures.reduce((sum, measure) => sum + measure[key], 0);
