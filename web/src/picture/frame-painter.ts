import type { CameraEvent } from '../../../core/camera-event.ts';
import type { TrackedDetection } from '../../../core/detection.ts';
import { drawDetections } from './draw-detections.ts';
import { drawShapes } from './draw-shapes.ts';
import { drawTrails } from './draw-trails.ts';
import { containRect } from './fit.ts';
import { LitShapes } from './lit-shapes.ts';
import { NewestPicture } from './newest-picture.ts';
import { type Overlay, WHOLE_OVERLAY } from './overlay.ts';
import { TrackTrails } from './track-trails.ts';

/** A picture with what was found in it, from the node's feed or from this browser's own camera. */
export interface PaintedFrame {
  readonly seq: number;
  readonly picture: Blob;
  readonly detections: readonly TrackedDetection[];
  /** ms since the Unix epoch; without it there are no trails. */
  readonly receivedAt?: number;
  readonly events?: readonly CameraEvent[];
  /** The camera's last picture, fetched as none came: what is in it is not known. */
  readonly isStill?: boolean;
}

/** Physical pixels per CSS pixel, at most: more costs memory and shows nothing. */
const PIXEL_RATIO_MAX = 2;
/** Names of lines and zones would cover a picture smaller than this, CSS pixels. */
const NAMES_WIDTH_MIN = 420;
const EMPTY = '#0b1015';

/**
 * Draws frames on one canvas, the newest that is decoded, with what is known of it.
 */
export class FramePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #pictures: NewestPicture<PaintedFrame>;
  readonly #trails = new TrackTrails();
  readonly #lit = new LitShapes();
  #overlay: Overlay = WHOLE_OVERLAY;
  #width = 0;
  #height = 0;

  /** `onPaint` is told of each frame right after it was drawn. */
  constructor(canvas: HTMLCanvasElement, onPaint: (frame: PaintedFrame) => void) {
    this.#canvas = canvas;
    this.#pictures = new NewestPicture(({ frame }) => {
      this.#paint();
      onPaint(frame);
    });
  }

  show(frame: PaintedFrame): void {
    // Each of them, also those that are not drawn: what moved meanwhile did move.
    if (frame.receivedAt !== undefined) {
      this.#trails.add(frame.detections, frame.receivedAt);
      this.#lit.add(frame.events ?? [], frame.receivedAt);
    }
    this.#pictures.show(frame);
  }

  /** What is drawn over the picture, from now on. */
  overlay(overlay: Overlay): void {
    this.#overlay = overlay;
    this.#paint();
  }

  /** Size of the canvas on the page in CSS pixels. */
  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.#paint();
  }

  /** Frees the picture; the canvas is whoever's who gave it. */
  close(): void {
    this.#pictures.close();
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d', { alpha: false });
    const { shown } = this.#pictures;
    if (shown === undefined || context === null || this.#width === 0 || this.#height === 0) return;
    const { frame, bitmap } = shown;
    const ratio = Math.min(PIXEL_RATIO_MAX, window.devicePixelRatio || 1);
    const width = Math.round(this.#width * ratio);
    const height = Math.round(this.#height * ratio);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const at = containRect(bitmap, { width: this.#width, height: this.#height });
    if (at.width < this.#width - 0.5 || at.height < this.#height - 0.5) {
      context.fillStyle = EMPTY;
      context.fillRect(0, 0, this.#width, this.#height);
    }
    // Scaling is most of what a picture costs on a machine that draws without a GPU.
    context.imageSmoothingQuality = at.width < NAMES_WIDTH_MIN ? 'low' : 'high';
    context.drawImage(bitmap, at.x, at.y, at.width, at.height);
    const { boxes, trails, ids, shapes, drawn } = this.#overlay;
    if (shapes && drawn !== undefined) {
      drawShapes(context, drawn, at, { lit: this.#lit.lit(), names: at.width >= NAMES_WIDTH_MIN });
    }
    if (trails) drawTrails(context, this.#trails.trails(), at);
    if (boxes) drawDetections(context, frame.detections, at, { ids });
    this.#canvas.dataset.seq = String(frame.seq);
  }
}
