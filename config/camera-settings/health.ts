import { z } from 'zod';
import { key, num } from '../key.ts';

/** When a camera is unfit to see. */
export const health = z.strictObject({
  enabled: key(z.boolean().default(true), { reason: 'Whether pictures are judged at all.' }),
  offlineAfterS: key(num(1, 86_400).nullable().default(30), {
    unit: 's',
    reason: 'Without a frame this long it is offline; null where it may come and go.',
  }),
  badAfterS: key(num(0, 3_600).default(5), {
    unit: 's',
    reason: 'A fault must last this long before it is told, and be gone as long before it is over.',
  }),
  frozenAfterS: key(num(1, 3_600).default(10), {
    unit: 's',
    reason: 'The very same picture this long is a frozen camera: a live sensor has noise.',
  }),
  blackMeanMax: key(num(0, 255).default(12), { reason: 'Mean brightness under this, of 255, is black.' }),
  washedOutShareMin: key(num(0, 1).default(0.6), { reason: 'White pixels beyond this share are washed out.' }),
  coveredDeviationMax: key(num(0, 128).default(10), {
    reason: 'Spread of brightness under this, of 255, with nothing sharp, is a covered lens.',
  }),
  blurredShareMax: key(num(0, 1).default(0.35), {
    reason: 'Sharpness under this share of what is usual for the camera is blurred.',
  }),
  movedBelow: key(num(0, 1).default(0.55), {
    reason:
      "Likeness of the scene's edges to what is usual, as a share of its usual value, under which the camera was moved.",
  }),
});
