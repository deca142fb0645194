import { z } from 'zod';
import { CAMERA_ID_LENGTH_MAX } from '../../core/ids.ts';
import type { InFlightFrame } from './journal.ts';

/** A picture in flight in this many crashes is never given to native code again. */
export const CRASHES_MAX = 2;
/** Each crash adds what was in flight, 192 frames a device at the most. */
export const SUSPECT_FRAMES_MAX = 4_096;
export const SUSPECT_CAMERAS_MAX = 1_024;

export interface SuspectFrame extends InFlightFrame {
  readonly crashes: number;
  /** Of the last crash, ms since the Unix epoch. */
  readonly lastAt: number;
}

/** A camera with frames in flight in a crash; in how many, whichever frames they were. */
export interface CameraCrashes {
  readonly camera: string;
  readonly crashes: number;
  readonly lastAt: number;
}

const count = z.int().min(0);
const camera = z.string().min(1).max(CAMERA_ID_LENGTH_MAX);
const fileSchema = z.object({
  version: z.literal(1),
  frames: z
    .array(z.object({ hash: z.string().regex(/^[0-9a-f]{40}$/), camera, bytes: count, crashes: count, lastAt: count }))
    .max(SUSPECT_FRAMES_MAX),
  cameras: z.array(z.object({ camera, crashes: count, lastAt: count })).max(SUSPECT_CAMERAS_MAX),
});

/**
 * Which frames, of which cameras, were in flight when the process crashed, and how often. Bounded: the longest ago goes
 * first, frames in a single crash before those in more.
 */
export class Suspects {
  readonly #frames = new Map<string, SuspectFrame>();
  readonly #cameras = new Map<string, CameraCrashes>();

  /** @throws Error where `text` is no file of suspects */
  static parse(text: string): Suspects {
    const { frames, cameras } = fileSchema.parse(JSON.parse(text));
    const suspects = new Suspects();
    for (const frame of frames) suspects.#frames.set(frame.hash, frame);
    for (const one of cameras) suspects.#cameras.set(one.camera, one);
    return suspects;
  }

  toText(): string {
    return `${JSON.stringify({ version: 1, frames: this.frames(), cameras: this.cameras() })}\n`;
  }

  /** The process crashed with these frames in flight. */
  blame(inFlight: readonly InFlightFrame[], atWallMs: number): void {
    for (const { hash, camera, bytes } of inFlight) {
      const crashes = (this.#frames.get(hash)?.crashes ?? 0) + 1;
      this.#frames.delete(hash); // to the end: the youngest
      this.#frames.set(hash, { hash, camera, bytes, crashes, lastAt: atWallMs });
    }
    for (const camera of new Set(inFlight.map((frame) => frame.camera))) {
      const crashes = (this.#cameras.get(camera)?.crashes ?? 0) + 1;
      this.#cameras.delete(camera);
      this.#cameras.set(camera, { camera, crashes, lastAt: atWallMs });
    }
    this.#shrink();
  }

  /**
   * Native code got through this frame unharmed: it was a bystander. One that is quarantined already stays so.
   * @returns whether it was under suspicion
   */
  clearOf(hash: string): boolean {
    const frame = this.#frames.get(hash);
    return frame !== undefined && frame.crashes < CRASHES_MAX && this.#frames.delete(hash);
  }

  /** The operator wants it tried again. @returns whether it was known */
  forget(hash: string): boolean {
    return this.#frames.delete(hash);
  }

  forgetAll(): void {
    this.#frames.clear();
    this.#cameras.clear();
  }

  get(hash: string): SuspectFrame | undefined {
    return this.#frames.get(hash);
  }

  crashesOf(camera: string): number {
    return this.#cameras.get(camera)?.crashes ?? 0;
  }

  /** Longest ago first. */
  frames(): SuspectFrame[] {
    return [...this.#frames.values()];
  }

  cameras(): CameraCrashes[] {
    return [...this.#cameras.values()];
  }

  #shrink(): void {
    for (const camera of this.#cameras.keys()) {
      if (this.#cameras.size <= SUSPECT_CAMERAS_MAX) break;
      this.#cameras.delete(camera);
    }
    for (const { hash, crashes } of this.#frames.values()) {
      if (this.#frames.size <= SUSPECT_FRAMES_MAX) return;
      if (crashes < CRASHES_MAX) this.#frames.delete(hash);
    }
    for (const hash of this.#frames.keys()) {
      if (this.#frames.size <= SUSPECT_FRAMES_MAX) return;
      this.#frames.delete(hash);
    }
  }
}
