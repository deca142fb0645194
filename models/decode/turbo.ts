import turbo from '@julusian/jpeg-turbo';
import { FrameError } from '../../core/errors.ts';

/**
 * Bytes a camera may leave between its picture and the end marker. Some write one or two too many in every frame; any
 * viewer shows them, libjpeg warns, and the binding makes the warning an error. They are simple encoders, so only
 * pictures of one scan are tried again: of those with many, each try could be expensive.
 */
const STRAY_BYTES_MAX = 2;

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/**
 * Decodes an upright JPEG of 1 or 3 components to packed RGB rows with libjpeg-turbo, on libuv's thread pool.
 *
 * The caller has checked with `checkJpeg` that the bytes announce exactly `width` x `height`: the binding sizes the
 * picture by its own reading of the header, in 32-bit arithmetic, before it compares it with `target`.
 *
 * Any warning of the decoder is a refusal, which keeps half grey pictures out; only stray bytes at the very end are
 * cut off and the rest is tried again.
 *
 * @param scans what `checkJpeg` counted.
 * @param target exactly width * height * 3 bytes; undefined in part after an error.
 * @throws FrameError `image_corrupt`; the binding itself only ever says "No error".
 */
export async function decodeJpeg(
  bytes: Buffer,
  target: Buffer,
  width: number,
  height: number,
  scans: number,
): Promise<void> {
  const strayMax = scans === 1 ? STRAY_BYTES_MAX : 0;
  let cause: unknown;
  for (let stray = 0; stray <= strayMax; stray++) {
    const picture = stray === 0 ? bytes : withoutStrayBytes(bytes, stray);
    try {
      const got = await turbo.decompress(picture, target, { format: turbo.FORMAT_RGB });
      if (got.width === width && got.height === height) return;
      throw new FrameError('image_corrupt', `decoded ${got.width}x${got.height}, header says ${width}x${height}`);
    } catch (error) {
      if (error instanceof FrameError) throw error;
      cause ??= error;
    }
  }
  throw new FrameError('image_corrupt', 'the JPEG decoder refused the picture: data missing, damaged or left over', {
    cause,
  });
}

function withoutStrayBytes(bytes: Buffer, count: number): Buffer {
  return Buffer.concat([bytes.subarray(0, bytes.lastIndexOf(END_OF_IMAGE) - count), END_OF_IMAGE]);
}
