import type { Box } from '../../../core/detection.ts';
import { project, ROADSIDE } from './view.ts';

/** Something that stands in the way: hides what is farther away. */
export interface Occluder {
  /** Shares of the picture. */
  readonly box: Box;
  readonly distanceM: number;
}

const rowOf = (y: number, z: number): number => project(ROADSIDE, 0, y, z)?.[1] ?? 0;

/** A pole before the left lanes, and a footbridge that hides what drives 35 to 39 m away. */
export const OCCLUDERS: readonly Occluder[] = [
  { box: [0.3, 0, 0.325, 1], distanceM: 5 },
  { box: [0, rowOf(39, 1.6), 1, rowOf(35, 0)], distanceM: 12 },
];

export interface Hideable {
  readonly box: Box;
  readonly distanceM: number;
}

/** Points a side that a box is looked at in. */
const SAMPLES = 8;

/** Of each box: the share nothing nearer covers, and the box around what is left. */
export function visibleParts(
  things: readonly Hideable[],
  occluders: readonly Occluder[],
): { readonly share: number; readonly box: Box }[] {
  return things.map((thing) => {
    const [x1, y1, x2, y2] = thing.box;
    const before = [...things.filter((other) => other !== thing), ...occluders].filter(
      ({ box, distanceM }) => distanceM < thing.distanceM && box[0] < x2 && box[2] > x1 && box[1] < y2 && box[3] > y1,
    );
    if (before.length === 0) return { share: 1, box: thing.box };
    const stepX = (x2 - x1) / SAMPLES;
    const stepY = (y2 - y1) / SAMPLES;
    let seen = 0;
    let [left, top, right, bottom] = [x2, y2, x1, y1];
    for (let i = 0; i < SAMPLES; i++) {
      for (let j = 0; j < SAMPLES; j++) {
        const x = x1 + (i + 0.5) * stepX;
        const y = y1 + (j + 0.5) * stepY;
        if (before.some(({ box }) => x > box[0] && x < box[2] && y > box[1] && y < box[3])) continue;
        seen++;
        left = Math.min(left, x - stepX / 2);
        right = Math.max(right, x + stepX / 2);
        top = Math.min(top, y - stepY / 2);
        bottom = Math.max(bottom, y + stepY / 2);
      }
    }
    return { share: seen / SAMPLES ** 2, box: [left, top, right, bottom] };
  });
}
