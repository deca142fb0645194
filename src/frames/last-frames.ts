import { LRUCache } from 'lru-cache';
import { CAMERAS_MAX } from '../../config/limits.ts';
import type { Frame } from '../../core/frame.ts';
import type { CameraId } from '../../core/ids.ts';

/** What keeping a frame keeps from being freed: the whole message it came in, and the objects around it. */
const heldBytes = (frame: Frame): number => frame.bytes.buffer.byteLength + 512;

/** Each camera's last picture, within a budget of bytes: who has not sent for longest is forgotten first. */
export class LastFrames {
  readonly #frames: LRUCache<CameraId, Frame> | undefined;

  /** @param bytesMax 0 keeps none. */
  constructor(bytesMax: number) {
    this.#frames =
      bytesMax === 0 ? undefined : new LRUCache({ max: CAMERAS_MAX, maxSize: bytesMax, sizeCalculation: heldBytes });
  }

  put(frame: Frame): void {
    this.#frames?.set(frame.camera, frame);
  }

  get(camera: CameraId): Frame | undefined {
    return this.#frames?.get(camera);
  }
}
