import type { StreamTarget } from '../../core/protocol.ts';

/** What a camera said of itself, where it did. */
export interface CameraOffer {
  readonly fps: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

const DEFAULT_ASPECT = 16 / 9;

/**
 * What to ask of a camera: its own rate up to the node's, and the size at which its pictures fit the model's square
 * without resizing (aspect kept, both sides even since chroma is subsampled by two).
 */
export function streamTarget(offer: CameraOffer, fpsTarget: number, inputSize: number): StreamTarget {
  const aspect = offer.width !== undefined && offer.height !== undefined ? offer.width / offer.height : DEFAULT_ASPECT;
  const width = aspect >= 1 ? inputSize : even(inputSize * aspect);
  const height = aspect >= 1 ? even(inputSize / aspect) : inputSize;
  return { fps: tenths(Math.min(offer.fps ?? fpsTarget, fpsTarget)), width, height };
}

const tenths = (fps: number): number => Math.max(0.1, Math.round(fps * 10) / 10);
const even = (pixels: number): number => Math.max(2, Math.round(pixels / 2) * 2);
