import type { Detection } from '../../core/detection.ts';
import { areaAt, sharedArea, toCentred } from './boxes.ts';
import { groupOf, type MixLabels } from './labels.ts';
import { DETECTIONS_MAX } from './parameters.ts';

/** One object as a frame shows it: a detection with those that are second boxes of the same object. */
export interface Observation {
  /** Of the strongest of its detections in the frame. */
  readonly detection: Detection;
  readonly group: string;
  /** Mostly inside a much stronger one of its group: a part of that, unless a track says it is something. */
  readonly isPart: boolean;
  /** Of all its detections in the frame's list, the strongest first. */
  readonly sources: number[];
}

export interface Observations {
  readonly list: readonly Observation[];
  /** Centred boxes, 4 numbers each. */
  readonly boxes: Float64Array;
}

export interface ReadOptions {
  readonly scoreMin: number;
  readonly mixLabels: MixLabels;
  /** Overlap from which two detections are of one object. */
  readonly duplicateOverlap: number;
  /** Share of a box inside a stronger one, and share of that one's score, for it to be a part. */
  readonly partInside: number;
  readonly partScore: number;
  readonly aspect: number;
}

/**
 * What a frame shows, the best score first. A detector without suppression across classes gives a lorry a `truck` and a
 * `car` box: those are one observation. Boxes without extent, or of numbers that are none, are left out.
 */
export function readObservations(detections: readonly Detection[], options: ReadOptions): Observations {
  const order: number[] = [];
  for (let i = 0; i < detections.length; i++) {
    const detection = detections[i];
    if (detection !== undefined && detection.score >= options.scoreMin && isBox(detection)) order.push(i);
  }
  order.sort((a, b) => (detections[b]?.score ?? 0) - (detections[a]?.score ?? 0) || a - b);
  if (order.length > DETECTIONS_MAX) order.length = DETECTIONS_MAX;
  const list: Observation[] = [];
  const boxes = new Float64Array(4 * order.length);
  for (const index of order) {
    const detection = detections[index];
    if (detection === undefined) continue;
    const group = groupOf(detection.label, options.mixLabels);
    const at = 4 * list.length;
    toCentred(detection.box, options.aspect, boxes, at);
    let same: Observation | undefined;
    let isPart = false;
    for (let k = 0; k < list.length && same === undefined; k++) {
      const both = sharedArea(boxes, 4 * k, boxes, at);
      if (both === 0) continue;
      const other = list[k];
      if (other?.group !== group) continue;
      const area = areaAt(boxes, at);
      if (both >= options.duplicateOverlap * (area + areaAt(boxes, 4 * k) - both)) same = other;
      else if (both >= options.partInside * area && detection.score < options.partScore * other.detection.score) {
        isPart = true;
      }
    }
    if (same === undefined) list.push({ detection, group, isPart, sources: [index] });
    else same.sources.push(index);
  }
  return { list, boxes };
}

function isBox({ box, score }: Detection): boolean {
  return Number.isFinite(score) && box.every((side) => Math.abs(side) < SIDE_MAX) && box[2] > box[0] && box[3] > box[1];
}

/** Shares of the picture: no detector means anything by a box that reaches farther. NaN is not below it either. */
const SIDE_MAX = 16;
