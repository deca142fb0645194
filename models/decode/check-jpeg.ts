import { FrameError } from '../../core/errors.ts';
import type { ImageHeader } from '../../core/frame.ts';
import { hasJpegEnd, parseJpegHeader } from '../../core/image-header.ts';

/**
 * Scans of one picture. Encoders' progressive scripts have 10 to 13; each further one costs a pass over all
 * coefficients, so a few kilobytes of empty scans could hold a decoding thread for minutes. This many double the cost
 * of an honest picture of the same size.
 */
const SCANS_MAX = 20;

const START_OF_SCAN = Buffer.from([0xff, 0xda]);

/**
 * Refuses a JPEG that is truncated, that says something else than its `header`, or that would cost the decoder far
 * more than its size says. Reads markers only: microseconds.
 *
 * @returns the number of scans, at most: a thumbnail's are counted too.
 * @throws FrameError `image_truncated`, `image_corrupt` or `unsupported_image`.
 */
export function checkJpeg(bytes: Buffer, header: ImageHeader): number {
  const parsed = parseJpegHeader(bytes);
  if (parsed.kind === 'bad') throw new FrameError(parsed.reason, parsed.message);
  const { width, height, components } = parsed.header;
  if (width !== header.width || height !== header.height || components !== header.components) {
    throw new FrameError(
      'image_corrupt',
      `JPEG of ${width}x${height} was announced as ${header.width}x${header.height}`,
    );
  }
  if (!hasJpegEnd(bytes)) throw new FrameError('image_truncated', 'JPEG without an end-of-image marker');
  let scans = 0;
  for (let at = bytes.indexOf(START_OF_SCAN); at !== -1; at = bytes.indexOf(START_OF_SCAN, at + 2)) {
    if (++scans > SCANS_MAX) throw new FrameError('unsupported_image', `JPEG of more than ${SCANS_MAX} scans`);
  }
  return scans;
}
