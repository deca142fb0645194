import type { Detection } from '../../../core/detection.ts';
import { drawDetections } from './draw-detections.ts';
import { containRect } from './fit.ts';

/** A picture with what was found in it, from the node's feed or from this browser's own camera. */
export interface PaintedFrame {
  readonly seq: number;
  readonly picture: Blob;
  readonly detections: readonly Detection[];
}

/** Physical pixels per CSS pixel, at most: more costs memory and shows nothing. */
const PIXEL_RATIO_MAX = 2;

/**
 * Draws frames on one canvas. Decoding runs beside the page; while one picture decodes only the newest other one is
 * kept, so a slow computer shows fewer frames and never older ones.
 */
export class FramePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #onPaint: (frame: PaintedFrame) => void;
  #next: PaintedFrame | undefined;
  #decoding = false;
  #shown: { readonly frame: PaintedFrame; readonly bitmap: ImageBitmap } | undefined;
  #width = 0;
  #height = 0;
  #closed = false;

  /** `onPaint` is told of each frame right after it was drawn. */
  constructor(canvas: HTMLCanvasElement, onPaint: (frame: PaintedFrame) => void) {
    this.#canvas = canvas;
    this.#onPaint = onPaint;
  }

  show(frame: PaintedFrame): void {
    this.#next = frame;
    if (!this.#decoding) void this.#decodeAll();
  }

  /** Size of the canvas on the page in CSS pixels. */
  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#paint();
  }

  /** Frees the pixels: a wall of a thousand canvases must not hold a thousand pictures. */
  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#shown?.bitmap.close();
    this.#shown = undefined;
    this.#canvas.width = 0;
    this.#canvas.height = 0;
  }

  async #decodeAll(): Promise<void> {
    this.#decoding = true;
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      const bitmap = await createImageBitmap(frame.picture).catch(() => undefined);
      if (bitmap === undefined) continue;
      if (this.#closed) {
        bitmap.close();
        break;
      }
      this.#shown?.bitmap.close();
      this.#shown = { frame, bitmap };
      this.#paint();
      this.#onPaint(frame);
    }
    this.#decoding = false;
  }

  #take(): PaintedFrame | undefined {
    const frame = this.#next;
    this.#next = undefined;
    return frame;
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (this.#shown === undefined || context === null || this.#width === 0 || this.#height === 0) return;
    const { frame, bitmap } = this.#shown;
    const ratio = Math.min(PIXEL_RATIO_MAX, window.devicePixelRatio || 1);
    const width = Math.round(this.#width * ratio);
    const height = Math.round(this.#height * ratio);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#0b1015';
    context.fillRect(0, 0, width, height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const at = containRect(bitmap, { width: this.#width, height: this.#height });
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, at.x, at.y, at.width, at.height);
    drawDetections(context, frame.detections, at);
    this.#canvas.dataset.seq = String(frame.seq);
  }
}
