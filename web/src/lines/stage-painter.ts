import type { TrackedDetection } from '../../../core/detection.ts';
import { drawDetections } from '../picture/draw-detections.ts';
import type { Size } from '../picture/fit.ts';
import { NewestPicture } from '../picture/newest-picture.ts';
import { type ViewBox, WHOLE } from './view-box.ts';

interface StageFrame {
  readonly seq: number;
  readonly picture: Blob;
  readonly detections: readonly TrackedDetection[];
}

const PIXEL_RATIO_MAX = 2;

/**
 * The picture under the shapes: the part of it that the view shows, sharp at any size.
 */
export class StagePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #pictures: NewestPicture<StageFrame>;
  #stage: Size = { width: 0, height: 0 };
  #view: ViewBox = WHOLE;
  #boxes = true;

  /** `onSize` is told of the size of each picture, in its own pixels. */
  constructor(canvas: HTMLCanvasElement, onSize: (size: Size) => void) {
    this.#canvas = canvas;
    this.#pictures = new NewestPicture(({ bitmap }) => {
      onSize({ width: bitmap.width, height: bitmap.height });
      this.#paint();
    });
  }

  show(frame: StageFrame): void {
    this.#pictures.show(frame);
  }

  /** @param boxes whether what was found is drawn */
  look(stage: Size, view: ViewBox, boxes: boolean): void {
    this.#stage = stage;
    this.#view = view;
    this.#boxes = boxes;
    this.#paint();
  }

  close(): void {
    this.#pictures.close();
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d', { alpha: false });
    const { width, height } = this.#stage;
    const { shown } = this.#pictures;
    if (shown === undefined || context === null || width === 0 || height === 0) return;
    const { frame, bitmap } = shown;
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
