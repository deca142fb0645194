import type { Box } from '../../core/detection.ts';

/**
 * What is remembered for long is kept to a step, from the moment it is remembered: so it takes a fifth of the bytes of a
 * checkpoint, and whoever goes on from the checkpoint goes on exactly as the other would have. A step is far less than
 * a detector's noise: a hundred-thousandth of the picture is a sixtieth of a pixel at 1,920.
 */
const STEPS = 1e5;

/** To a hundred-thousandth: shares of the picture, seconds, km/h. */
export const fixed = (value: number): number => Math.round(value * STEPS) / STEPS + 0; // never -0, which JSON has not

/** To a ten-thousandth: places of a way, of which there are many. */
export const coarse = (value: number): number => Math.round(value * 1e4) / 1e4 + 0;

export const fixedBox = ([x1, y1, x2, y2]: Box): Box => [fixed(x1), fixed(y1), fixed(x2), fixed(y2)];
