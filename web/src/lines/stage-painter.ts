import type { TrackedDetection } from '../../../core/detection.ts';
import { drawDetections } from '../picture/draw-detections.ts';
import type { Size } from '../picture/fit.ts';
import { type ViewBox, WHOLE } from './view-box.ts';

interface StageFrame {
  readonly seq: number;
  readonly picture: Blob;
  readonly detections: readonly TrackedDetection[];
}

const PIXEL_RATIO_MAX = 2;

/**
 * The picture under the shapes: the part of it that the view shows, sharp at any size. While one picture decodes only
 * the newest other one is kept.
 */
export class StagePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #onSize: (size: Size) => void;
  #next: StageFrame | undefined;
  #decoding = false;
  #shown: { readonly frame: StageFrame; readonly bitmap: ImageBitmap } | undefined;
  #stage: Size = { width: 0, height: 0 };
  #view: ViewBox = WHOLE;
  #boxes = true;
  #closed = false;

  /** `onSize` is told of the size of each picture, in its own pixels. */
  constructor(canvas: HTMLCanvasElement, onSize: (size: Size) => void) {
    this.#canvas = canvas;
    this.#onSize = onSize;
  }

  show(frame: StageFrame): void {
    this.#next = frame;
    if (!this.#decoding) void this.#decodeAll();
  }

  /** @param boxes whether what was found is drawn */
  look(stage: Size, view: ViewBox, boxes: boolean): void {
    this.#stage = stage;
    this.#view = view;
    this.#boxes = boxes;
    this.#paint();
  }

  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#shown?.bitmap.close();
    this.#shown = undefined;
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
      this.#onSize({ width: bitmap.width, height: bitmap.height });
      this.#paint();
    }
    this.#decoding = false;
  }

  #take(): StageFrame | undefined {
    const frame = this.#next;
    this.#next = undefined;
    return frame;
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d', { alpha: false });
    const { width, height } = this.#stage;
    if (this.#shown === undefined || context === null || width === 0 || height === 0) return;
    const { frame, bitmap } = this.#shown;
    const ratio = Math.min(PIXEL_RATIO_MAX, window.devicePixelRatio || 1);
    const pixels = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (this.#canvas.width !== pixels.width) this.#canvas.width = pixels.width;
    if (this.#canvas.height !== pixels.height) this.#canvas.height = pixels.height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { scale, x, y } = this.#view;
    const at = { x, y, width: width * scale, height: height * scale };
    // Pixels are to be seen as such where one is placed.
    context.imageSmoothingEnabled = scale < 6;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, at.x, at.y, at.width, at.height);
    if (this.#boxes) drawDetections(context, frame.detections, at);
    this.#canvas.dataset.seq = String(frame.seq);
  }
}
