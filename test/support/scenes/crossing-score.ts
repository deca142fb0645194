import type { LineCrossed } from '../../../core/camera-event.ts';
import type { SceneFrame, TrueCrossing } from './scene.ts';

export interface CrossingFigures {
  readonly truth: number;
  readonly counted: number;
  /** Sum over lines and ways of what is counted too much or too little. */
  readonly net: number;
  /** True crossings no count is of; counts that are of no true crossing. */
  readonly missed: readonly TrueCrossing[];
  readonly extra: readonly CountedCrossing[];
  /** Of the crossings that are both true and counted, those without a speed. */
  readonly untold: number;
  /** |told - true| over the true speed, at least 5 km/h; ascending. */
  readonly speedErrors: readonly number[];
  /** Sum of |told - true| over the sum of the true speeds. */
  readonly speedErrorOfSum: number;
  readonly pairs: readonly {
    readonly counted: CountedCrossing;
    readonly truth: TrueCrossing;
    readonly error: number;
  }[];
}

export interface CountedCrossing {
  readonly event: LineCrossed;
  /** What its track's latest detections were of, the latest first. */
  readonly objects: readonly number[];
}

/** A count belongs to a true crossing of the same object within this, ms: one that waits on the line is told late. */
const SAME_OBJECT_MS = 20_000;
/** And of an object taken for another one within this. */
const ANY_OBJECT_MS = 1_500;
const SPEED_FLOOR_MPS = 5 / 3.6;

/** Compares counted crossings to true ones, one by one. */
export class CrossingScore {
  /** By track: objects its detections were of and when last. */
  readonly #objects = new Map<number, Map<number, number>>();
  readonly #counted: CountedCrossing[] = [];

  /** @param byDetection the track of each of the frame's detections, if any */
  frame(frame: SceneFrame, byDetection: readonly (number | undefined)[], events: readonly LineCrossed[]): void {
    for (const [i, track] of byDetection.entries()) {
      const object = frame.objectOf[i];
      if (track === undefined || object === undefined) continue;
      const objects = this.#objects.get(track) ?? new Map<number, number>();
      objects.set(object, frame.atMs);
      this.#objects.set(track, objects);
    }
    for (const event of events) {
      const objects = [...(this.#objects.get(event.track) ?? [])].sort((a, b) => b[1] - a[1]).map(([object]) => object);
      this.#counted.push({ event, objects });
    }
  }

  figures(crossings: readonly TrueCrossing[]): CrossingFigures {
    const missed = new Set(crossings);
    const extra = new Set(this.#counted);
    const pairs: { counted: CountedCrossing; truth: TrueCrossing; error: number }[] = [];
    const pair = (withinMs: number, fits: (counted: CountedCrossing, truth: TrueCrossing) => boolean): void => {
      for (const counted of extra) {
        let best: TrueCrossing | undefined;
        let least = withinMs;
        for (const truth of missed) {
          if (truth.line !== counted.event.line || truth.direction !== counted.event.direction) continue;
          const off = Math.abs(truth.atMs - counted.event.atMs);
          if (off >= least || !fits(counted, truth)) continue;
          least = off;
          best = truth;
        }
        if (best === undefined) continue;
        missed.delete(best);
        extra.delete(counted);
        const told = (counted.event.speedKmh ?? Number.NaN) / 3.6;
        const error = Math.abs(told - best.speedMps) / Math.max(SPEED_FLOOR_MPS, best.speedMps);
        pairs.push({ counted, truth: best, error });
      }
    };
    pair(SAME_OBJECT_MS, (counted, truth) => counted.objects[0] === truth.object);
    pair(SAME_OBJECT_MS, (counted, truth) => counted.objects.includes(truth.object));
    pair(ANY_OBJECT_MS, () => true);
    const told = pairs.filter(({ error }) => !Number.isNaN(error));
    const numbers = new Map<string, number>();
    const add = (c: { line: string; direction: string }, n: number): void => {
      const key = `${c.line} ${c.direction}`;
      numbers.set(key, (numbers.get(key) ?? 0) + n);
    };
    for (const truth of crossings) add(truth, 1);
    for (const { event } of this.#counted) add(event, -1);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    return {
      truth: crossings.length,
      counted: this.#counted.length,
      net: sum([...numbers.values()].map(Math.abs)),
      missed: [...missed],
      extra: [...extra],
      untold: pairs.length - told.length,
      speedErrors: told.map(({ error }) => error).sort((a, b) => a - b),
      speedErrorOfSum:
        sum(told.map(({ counted, truth }) => Math.abs((counted.event.speedKmh ?? 0) / 3.6 - truth.speedMps))) /
        Math.max(1e-9, sum(told.map(({ truth }) => truth.speedMps))),
      pairs,
    };
  }
}
