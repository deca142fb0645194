import type { Frame } from '../../../../core/frame.ts';
import type { CameraId } from '../../../../core/ids.ts';
import type { Pending } from '../../../../models/batch/pending-frames.ts';

/** A frame of `camera` that came at `receivedAtMs`; its bytes do not matter here. */
export function frameOf(camera: string, seq = 1, receivedAtMs = 0): Frame {
  return {
    camera: camera as CameraId,
    seq,
    receivedAtMs,
    receivedWallMs: receivedAtMs,
    capturedWallMs: undefined,
    header: { format: 'jpeg', width: 320, height: 180, orientation: 1, components: 3 },
    bytes: new Uint8Array([seq]),
  };
}

export function pendingOf(camera: string, seq = 1, deadlineAtMs = 1_000): Pending<null> {
  return { frame: frameOf(camera, seq), deadlineAtMs, tag: null };
}
