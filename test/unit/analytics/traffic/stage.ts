import { TrafficAnalyser } from '../../../../analytics/traffic/traffic-analyser.ts';
import {
  type CameraSettings,
  type CameraSettingsInput,
  cameraSettingsSchema,
} from '../../../../config/camera-settings/schema.ts';
import type { CameraEvent } from '../../../../core/camera-event.ts';
import type { Track } from '../../../../core/track.ts';

/** Where an object's wheels are at a time, shares; undefined while the detector misses it. */
export type Way = (s: number) => readonly [x: number, y: number] | undefined;

export interface Actor {
  readonly id: number;
  readonly label?: string;
  readonly way: Way;
  readonly fromS?: number;
  readonly untilS?: number;
  readonly size?: readonly [width: number, height: number];
}

export const START_MS = 1_767_225_600_000;

export function settingsOf(input: CameraSettingsInput): CameraSettings {
  return cameraSettingsSchema.parse(input);
}

/** Shows hand-made tracks to an analyser. A 16:9 picture unless said otherwise. */
export class Stage {
  analyser: TrafficAnalyser;
  readonly settings: CameraSettings;
  readonly events: CameraEvent[] = [];
  readonly #hits = new Map<number, number>();
  #lastS: number | undefined;

  constructor(input: CameraSettingsInput) {
    this.settings = settingsOf(input);
    this.analyser = new TrafficAnalyser(this.settings);
  }

  play(actors: readonly Actor[], fromS: number, untilS: number, fps: number): this {
    for (let i = 0; fromS + i / fps < untilS - 1e-9; i += 1) this.frame(actors, fromS + i / fps);
    return this;
  }

  frame(actors: readonly Actor[], s: number): void {
    const atMs = START_MS + Math.round(s * 1000);
    const tracks = actors.flatMap((actor): Track[] => {
      if (s < (actor.fromS ?? 0) || s >= (actor.untilS ?? Number.POSITIVE_INFINITY)) return [];
      const seen = actor.way(s);
      const [x, y] = seen ?? actor.way(s - 0.001) ?? [0.5, 0.5];
      const [w, h] = actor.size ?? [0.06, 0.08];
      const hits = (this.#hits.get(actor.id) ?? 0) + (seen === undefined ? 0 : 1);
      this.#hits.set(actor.id, hits);
      const firstSeenMs = START_MS + Math.round((actor.fromS ?? 0) * 1000);
      return [
        {
          id: actor.id,
          label: actor.label ?? 'car',
          score: 0.8,
          meanScore: 0.8,
          box: [x - w / 2, y - h, x + w / 2, y],
          velocity: [0, 0],
          observed: seen !== undefined,
          hits,
          firstSeenMs,
          lastSeenMs: atMs,
        },
      ];
    });
    const observedS = this.#lastS === undefined ? 0 : s - this.#lastS;
    this.#lastS = s;
    this.analyser.observe(
      { atMs, observedS: observedS <= 1.5 ? observedS : 0, tracks, ended: [], width: 1280, height: 720 },
      (event) => this.events.push(event),
    );
  }

  /** Nothing moved for a while. */
  still(fromS: number, untilS: number, fps: number): this {
    for (let i = 0; fromS + i / fps < untilS - 1e-9; i += 1) {
      const s = fromS + i / fps;
      this.analyser.unchanged(START_MS + Math.round(s * 1000), s - (this.#lastS ?? s), (e) => this.events.push(e));
      this.#lastS = s;
    }
    return this;
  }

  of<K extends CameraEvent['kind']>(kind: K): Extract<CameraEvent, { kind: K }>[] {
    return this.events.filter((e): e is Extract<CameraEvent, { kind: K }> => e.kind === kind);
  }

  /** `opened`, `closed` ... of one kind of incident. */
  incidents(kind: string): string[] {
    return this.of('incident').flatMap((e) => (e.incident === kind ? [e.state] : []));
  }

  crossings(): string[] {
    return this.of('line_crossed').map((e) => `${e.line} ${e.direction}`);
  }
}

/** Straight down the picture. */
export const down =
  (x: number, y0: number, perS: number): Way =>
  (s) => [x, y0 + perS * s];
