import type { Frame } from '../core/frame.ts';
import type { PictureStats } from '../core/picture-stats.ts';
import { pictureStats } from '../models/gate/picture-stats.ts';
import type { FrameGate } from './messages.ts';

/**
 * A camera's health is judged by two pictures a second: faults last for seconds, and measuring a picture takes the main
 * thread 0.1 ms, which for each of 6,500 frames a second would be most of it.
 */
const NOTE_EVERY_MS = 450;

/**
 * Looks at each decoded frame of one camera before it is run: notes what the picture says of the camera itself, and
 * asks the motion gate.
 */
export class CameraEye implements FrameGate {
  readonly #gate: FrameGate | undefined;
  /** Whether pictures are to be judged. */
  readonly #notes: () => boolean;
  #notedAtMs = Number.NEGATIVE_INFINITY;
  /** Of frames looked at and not settled yet. */
  readonly #stats = new Map<Frame, PictureStats>();

  constructor(gate: FrameGate | undefined, notes: () => boolean) {
    this.#gate = gate;
    this.#notes = notes;
  }

  look(frame: Frame, slot: Uint8Array, inputSize: number): 'run' | 'gated' {
    if (frame.receivedAtMs - this.#notedAtMs >= NOTE_EVERY_MS && this.#notes()) {
      this.#notedAtMs = frame.receivedAtMs;
      this.#stats.set(frame, pictureStats(slot, inputSize, frame.header));
    }
    return this.#gate?.look(frame, slot, inputSize) ?? 'run';
  }

  /** What was noted of a frame, once. */
  take(frame: Frame): PictureStats | undefined {
    const stats = this.#stats.get(frame);
    this.#stats.delete(frame);
    return stats;
  }
}
