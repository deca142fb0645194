import type { Size } from '../picture/fit.ts';

/** Something this browser can take pictures from. Whoever opened it calls `stop`. */
export interface PictureSource {
  readonly kind: 'webcam' | 'video' | 'image';
  /** What the visitor calls it: a device's or file's name. */
  readonly label: string;
  /** Pictures per second worth sending, whatever the node would take. */
  readonly fpsMax: number;
  /** Size of the picture it would give now; `undefined` while it has none. */
  size(): Size | undefined;
  draw(context: CanvasRenderingContext2D, size: Size): void;
  /** Calls `listener` when it gives no more pictures by itself, e.g. an unplugged webcam. */
  onEnded(listener: () => void): void;
  stop(): void;
}

/** A source cannot be opened; the message is for the visitor. */
export class SourceError extends Error {}
