import type { Box, Detection } from '../../../core/detection.ts';
import { gaussian, type Random } from '../../../core/random.ts';
import type { TruthObject } from './scene.ts';

/** What a detector does wrong. All rates are per frame. */
export interface DetectorNoise {
  /** Standard deviation of each side of a box, in sizes (square root of the box's area). */
  readonly jitter: number;
  /** Share of well visible objects missed. */
  readonly misses: number;
  /** False detections a frame. */
  readonly falsePositives: number;
  /** Standard deviation of the score of an object about its mean. */
  readonly scoreSpread: number;
  /** Share of detections with another label of the same kind. */
  readonly flicker: number;
  /** Share of objects that get a second box, with another label. */
  readonly doubles: number;
}

/** A small detector on a fair day: worse than the default model is on real footage but for the far end of the road. */
export const USUAL_NOISE: DetectorNoise = {
  jitter: 0.025,
  misses: 0.04,
  falsePositives: 0.2,
  scoreSpread: 0.12,
  flicker: 0.08,
  doubles: 0.06,
};
export const NO_NOISE: DetectorNoise = {
  jitter: 0,
  misses: 0,
  falsePositives: 0,
  scoreSpread: 0,
  flicker: 0,
  doubles: 0,
};

/** Less of an object than this in sight is not found at all; from the second on it is found whole. */
const VISIBLE_MIN = 0.25;
const VISIBLE_WHOLE = 0.6;
/** Scores under this are not reported. */
const SCORE_FLOOR = 0.05;

const OTHER: Readonly<Record<string, string>> = {
  car: 'truck',
  truck: 'car',
  bus: 'truck',
  motorcycle: 'bicycle',
  person: 'person',
};
const CLASS_IDS = ['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck'];

export interface Found {
  readonly detection: Detection;
  /** Of what it is; undefined of nothing. */
  readonly object: number | undefined;
}

/** One frame as a detector would report it, the best score first. */
export function detect(truth: readonly TruthObject[], aspect: number, noise: DetectorNoise, random: Random): Found[] {
  const found: Found[] = [];
  const add = (label: string, score: number, box: Box, object: number | undefined): void => {
    if (score < SCORE_FLOOR) return;
    found.push({ detection: { label, classId: CLASS_IDS.indexOf(label), score: Math.min(0.99, score), box }, object });
  };
  for (const object of truth) {
    if (object.visible < VISIBLE_MIN) continue;
    if (random() < noise.misses) continue;
    const whole = object.visible >= VISIBLE_WHOLE;
    const height = object.box[3] - object.box[1];
    // Small things and half hidden ones are told less surely.
    const mean = 0.82 - 0.35 * Math.max(0, 1 - height / 0.06) - (whole ? 0.3 * (1 - object.visible) : 0.45);
    const score = mean + noise.scoreSpread * gaussian(random);
    const box = whole ? object.box : object.visibleBox;
    const flickers = random() < noise.flicker;
    const other = OTHER[object.label] ?? object.label;
    add(flickers ? other : object.label, score, jittered(box, aspect, noise.jitter, random), object.id);
    if (random() < noise.doubles) {
      const second = flickers ? object.label : other;
      add(second, score * 0.7, jittered(box, aspect, noise.jitter * 1.5, random), object.id);
    }
  }
  for (let left = noise.falsePositives; random() < left; left--) {
    const [x, y, size] = [random(), 0.15 + 0.85 * random(), 0.03 + 0.1 * random()];
    add('car', 0.1 + 0.35 * random(), [x, y, x + size / aspect, y + size], undefined);
  }
  return found.sort((a, b) => b.detection.score - a.detection.score);
}

function jittered(box: Box, aspect: number, jitter: number, random: Random): Box {
  const size = Math.sqrt((box[2] - box[0]) * aspect * (box[3] - box[1]));
  const side = (value: number, unit: number): number =>
    Math.min(1, Math.max(0, value + jitter * size * unit * gaussian(random)));
  return [side(box[0], 1 / aspect), side(box[1], 1), side(box[2], 1 / aspect), side(box[3], 1)];
}
