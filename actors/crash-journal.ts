import type { Frame } from '../core/frame.ts';

export type CrashTicket = number;

/** Frames given to native code, written where the parent finds them should that code end the process. */
export interface CrashJournal {
  /** Before any of the frames (at most `BATCH_MAX`) reaches a decoder or a device. */
  dispatched(frames: readonly Frame[]): CrashTicket;
  /** `ran`: native code is done with all of them and did not crash. `lost`: nobody knows (device failed, put back, hung). */
  settled(ticket: CrashTicket, how: 'ran' | 'lost'): void;
}
