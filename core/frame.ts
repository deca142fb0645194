import type { FrameTrace } from './frame-trace.ts';
import type { CameraId } from './ids.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What an image's header says, before any decoding. Width and height are as stored, before `orientation`. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1..8; 1 is upright. */
  readonly orientation: number;
  /** Colour components: 1 grey, 3 YCbCr/RGB, 4 CMYK/YCCK or with alpha. */
  readonly components: number;
}

/** One encoded picture of one camera, as received. `bytes` is owned by the frame and never changes. */
export interface Frame {
  readonly camera: CameraId;
  /** Order within its connection: the camera's own number, or counted by the node from 1. */
  readonly seq: number;
  /** Monotonic clock, ms; deadlines count from here. */
  readonly receivedAtMs: number;
  /** Wall clock, ms since the Unix epoch. */
  readonly receivedWallMs: number;
  /** The camera's wall clock in ms since the Unix epoch, where the camera said it. */
  readonly capturedWallMs: number | undefined;
  readonly header: ImageHeader;
  readonly bytes: Uint8Array;
  /** Of a frame whose way is traced: one in hundreds at the most. */
  readonly trace?: FrameTrace | undefined;
}

/** Width and height as a viewer sees them: EXIF orientations 5 to 8 lie on their side. */
export function uprightSize(header: ImageHeader): { readonly width: number; readonly height: number } {
  return header.orientation >= 5
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
}
