import { LRUCache } from 'lru-cache';
import type { Frame } from '../../core/frame.ts';
import type { CameraId } from '../../core/ids.ts';

/** Each camera's last picture, within a budget of bytes: who has not sent for longest is forgotten first. */
export class LastFrames {
  readonly #frames: LRUCache<CameraId, Frame> | undefined;

  /** @param bytesMax 0 keeps none. */
  constructor(bytesMax: number) {
    this.#frames =
      bytesMax === 0
        ? undefined
        : new LRUCache({ maxSize: bytesMax, sizeCalculation: (frame) => Math.max(1, frame.bytes.byteLength) });
  }

  put(frame: Frame): void {
    this.#frames?.set(frame.camera, frame);
  }

  get(camera: CameraId): Frame | undefined {
    return this.#frames?.get(camera);
  }
}
