import type { Frame } from '../../core/frame.ts';

const TEXT = 'camshard-debug-crash';
/** A JPEG comment segment (ITU-T T.81 B.2.4.5) that says so. */
const COMMENT = Buffer.concat([Buffer.from([0xff, 0xfe, 0, TEXT.length + 2]), Buffer.from(TEXT, 'latin1')]);
const SEARCHED_BYTES = 4_096;

/**
 * Ends this process by SIGSEGV where the frame carries the comment `camshard-debug-crash`, as a picture would that finds
 * a fault of the decoder. Called on the way to the decoder, and only with `debug.faultHooks`.
 */
export function crashOnPoison(frame: Pick<Frame, 'bytes'>): void {
  const { bytes } = frame;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SEARCHED_BYTES));
  if (head.includes(COMMENT)) process.kill(process.pid, 'SIGSEGV');
}

/** The JPEG with that comment in it: the same picture otherwise. For tests. */
export function poisoned(jpeg: Uint8Array): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), COMMENT, jpeg.subarray(2)]);
}
