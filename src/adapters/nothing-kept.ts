import type { CameraCheckpoint } from '../checkpoints/port.ts';

/** Whether nothing is kept of a camera: then it is forgotten, instead of being kept empty for good. */
export function isNothing({ state, openings, undelivered }: CameraCheckpoint): boolean {
  return state === null && undelivered.length === 0 && Object.keys(openings).length === 0;
}
