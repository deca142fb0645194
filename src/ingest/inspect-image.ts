import { SIDE_PIXELS_MIN } from '../../config/limits.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { ImageFormat } from '../../core/frame.ts';
import { hasJpegEnd, type ParsedImage, parseJpegHeader, sniffImageFormat } from '../../core/image-header.ts';
import { parsePngHeader, parseWebpHeader } from '../../core/png-webp-header.ts';

const PARSERS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => ParsedImage>> = {
  jpeg: parseJpegHeader,
  png: parsePngHeader,
  webp: parseWebpHeader,
};

/**
 * Reads a picture's header, never its pixels, and holds it against the node's limits: what is refused here costs
 * microseconds, takes no slot and displaces no good frame. Whether the pixels decode is found out later.
 *
 * @param allowed formats this way in takes: JPEG on the stream, PNG and WebP as well over HTTP.
 */
export function inspectImage(
  bytes: Uint8Array,
  limits: NodeConfig['ingest'],
  allowed: readonly ImageFormat[],
): ParsedImage {
  const format = sniffImageFormat(bytes);
  if (format === undefined) return { kind: 'bad', reason: 'not_an_image', message: 'neither JPEG, PNG nor WebP' };
  if (!allowed.includes(format)) {
    return {
      kind: 'bad',
      reason: 'unsupported_image',
      message: `${format} is not taken here, only ${allowed.join(', ')}`,
    };
  }
  const parsed = PARSERS[format](bytes);
  if (parsed.kind === 'bad') return parsed;
  const { width, height } = parsed.header;
  const size = `${width}x${height} pixels`;
  if (Math.min(width, height) < SIDE_PIXELS_MIN) {
    return { kind: 'bad', reason: 'dimensions_too_small', message: `${size}; the least is ${SIDE_PIXELS_MIN} a side` };
  }
  if (Math.max(width, height) > limits.sidePixelsMax || width * height > limits.picturePixelsMax) {
    return {
      kind: 'bad',
      reason: 'dimensions_too_large',
      message: `${size}; the most is ${limits.sidePixelsMax} a side and ${limits.picturePixelsMax} in all`,
    };
  }
  // After the dimensions, so that a bomb is called a bomb whether or not it is whole.
  if (format === 'jpeg' && !hasJpegEnd(bytes)) {
    return { kind: 'bad', reason: 'image_truncated', message: 'JPEG without an end-of-image marker' };
  }
  return parsed;
}
