import type { Frame } from '../core/frame.ts';
import type { PictureStats } from '../core/picture-stats.ts';
import { pictureStats } from '../models/gate/picture-stats.ts';
import type { FrameGate } from './messages.ts';

/**
 * Looks at each decoded frame of one camera before it is run: notes what the picture says of the camera itself, and
 * asks the motion gate.
 */
export class CameraEye implements FrameGate {
  readonly #gate: FrameGate | undefined;
  /** Whether pictures are to be judged. */
  readonly #notes: () => boolean;
  /** Of frames looked at and not settled yet. */
  readonly #stats = new Map<Frame, PictureStats>();

  constructor(gate: FrameGate | undefined, notes: () => boolean) {
    this.#gate = gate;
    this.#notes = notes;
  }

  look(frame: Frame, slot: Uint8Array, inputSize: number): 'run' | 'gated' {
    if (this.#notes()) this.#stats.set(frame, pictureStats(slot, inputSize, frame.header));
    return this.#gate?.look(frame, slot, inputSize) ?? 'run';
  }

  /** What was noted of a frame, once. */
  take(frame: Frame): PictureStats | undefined {
    const stats = this.#stats.get(frame);
    this.#stats.delete(frame);
    return stats;
  }
}
