import type { Box } from '../../core/detection.ts';

/** Where a picture lies inside the square a model sees, in whole pixels of that square. */
export interface Letterbox {
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /** Padding left of and above the picture. */
  readonly offsetX: number;
  readonly offsetY: number;
  /** Input pixels per original pixel, before rounding to whole pixels. */
  readonly scale: number;
}

/**
 * Fits an upright picture of `width` x `height` pixels into a square of `size`, aspect kept and centred.
 *
 * The longer side fills the square exactly, so a picture smaller than the square is scaled up: detectors are trained
 * on pictures that fill their input. The shorter side is rounded to the nearest pixel (half up) and is at least 1. An
 * odd pixel of padding goes to the right or to the bottom.
 */
export function letterbox(width: number, height: number, size: number): Letterbox {
  if (!(width >= 1 && height >= 1 && size >= 1)) throw new RangeError(`letterbox: ${width}x${height} into ${size}`);
  const longer = Math.max(width, height);
  const scaled = (side: number): number => Math.max(1, Math.round((side * size) / longer));
  const scaledWidth = scaled(width);
  const scaledHeight = scaled(height);
  return {
    scaledWidth,
    scaledHeight,
    offsetX: (size - scaledWidth) >> 1,
    offsetY: (size - scaledHeight) >> 1,
    scale: size / longer,
  };
}

/**
 * Maps a box from input pixels (edges; 0 is the left or top edge of the square) to shares 0..1 of the upright
 * original. What lies on the padding is clamped to the picture's edge, so a box wholly on padding has no area left.
 */
export function unletterbox(box: Box, fit: Letterbox): Box {
  return [
    share(box[0], fit.offsetX, fit.scaledWidth),
    share(box[1], fit.offsetY, fit.scaledHeight),
    share(box[2], fit.offsetX, fit.scaledWidth),
    share(box[3], fit.offsetY, fit.scaledHeight),
  ];
}

function share(at: number, offset: number, extent: number): number {
  return Math.min(1, Math.max(0, (at - offset) / extent));
}
