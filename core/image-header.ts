import type { ImageFormat, ImageHeader } from './frame.ts';
import type { RejectReason } from './outcome.ts';

export type ParsedImage =
  | { readonly kind: 'image'; readonly header: ImageHeader }
  | { readonly kind: 'bad'; readonly reason: RejectReason; readonly message: string };

const bad = (reason: RejectReason, message: string): ParsedImage => ({ kind: 'bad', reason, message });

/** What the first bytes say it is; `undefined` where they are no image this node takes. */
export function sniffImageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'png';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return 'webp';
  return undefined;
}

/**
 * Walks a JPEG's segments up to the frame header (ITU-T T.81 B.2), without decoding: dimensions, components and, from
 * an Exif segment before it, the orientation (Exif 2.32, tag 0x0112).
 *
 * Takes baseline, extended sequential and progressive Huffman coding with 8 bits a sample (SOF0-2); lossless,
 * hierarchical and arithmetic coding are `unsupported_image`.
 */
export function parseJpegHeader(bytes: Uint8Array): ParsedImage {
  if (bytes.byteLength < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) return bad('not_an_image', 'no JPEG magic');
  let orientation = 1;
  let at = 2;
  for (;;) {
    // Markers may be preceded by any number of 0xFF fill bytes (B.1.1.2).
    if (bytes[at] !== 0xff) {
      return at >= bytes.byteLength
        ? bad('image_truncated', 'JPEG ends before its frame header')
        : bad('image_corrupt', `no JPEG marker at byte ${at}`);
    }
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === undefined) return bad('image_truncated', 'JPEG ends before its frame header');
    // `FF 00` is no marker: libjpeg skips it and looks for the next one byte by byte. Taken for a segment, its "length"
    // could jump over a second frame header of any size, and the decoder's buffer is sized by what is read here.
    if (marker === 0x00) return bad('image_corrupt', `no JPEG marker at byte ${at - 2}`);
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue; // TEM, RSTn: no length
    if (marker === 0xd9) return bad('image_truncated', 'JPEG without a picture');
    const length = u16(bytes, at);
    if (length === undefined || at + length > bytes.byteLength) {
      return bad('image_truncated', 'JPEG ends inside a segment');
    }
    if (length < 2) return bad('image_corrupt', 'JPEG segment shorter than its own length field');
    if (marker === 0xda) return bad('image_corrupt', 'JPEG scan before its frame header');
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return parseFrameHeader(bytes, at, length, marker, orientation);
    }
    if (marker === 0xe1) orientation = exifOrientation(bytes.subarray(at + 2, at + length)) ?? orientation;
    at += length;
  }
}

/** Whether the end-of-image marker stands within the last bytes (some cameras pad): tells truncation from corruption. */
export function hasJpegEnd(bytes: Uint8Array, paddingBytesMax = 1024): boolean {
  for (let i = bytes.byteLength - 2; i >= Math.max(0, bytes.byteLength - 2 - paddingBytesMax); i--) {
    if (bytes[i] === 0xff && bytes[i + 1] === 0xd9) return true;
  }
  return false;
}

function parseFrameHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  marker: number,
  orientation: number,
): ParsedImage {
  if (length < 8) return bad('image_corrupt', 'JPEG frame header too short');
  if (marker > 0xc2) return bad('unsupported_image', `JPEG coding SOF${marker - 0xc0}; SOF0, SOF1 and SOF2 are taken`);
  const precision = bytes[at + 2];
  const height = u16(bytes, at + 3) ?? 0;
  const width = u16(bytes, at + 5) ?? 0;
  const components = bytes[at + 7] ?? 0;
  if (precision !== 8) return bad('unsupported_image', `JPEG with ${precision} bits a sample; 8 are taken`);
  if (components !== 1 && components !== 3 && components !== 4) {
    return bad('unsupported_image', `JPEG with ${components} components`);
  }
  if (length !== 8 + 3 * components) return bad('image_corrupt', 'JPEG frame header of a wrong length');
  // A height of 0 (set later by a DNL segment, B.2.5) is a thing of scanners, and would defeat the size check.
  if (width === 0 || height === 0) return bad('image_corrupt', `JPEG of ${width}x${height} pixels`);
  return { kind: 'image', header: { format: 'jpeg', width, height, orientation, components } };
}

/** Orientation 1..8 from the body of an APP1 segment, or `undefined` where it holds none. */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (ascii(segment, 0, 4) !== 'Exif' || segment.byteLength < 14) return undefined;
  const tiff = segment.subarray(6);
  const order = ascii(tiff, 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const little = order === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const ifd = view.getUint32(4, little);
  if (ifd + 2 > tiff.byteLength) return undefined;
  const entries = view.getUint16(ifd, little);
  for (let i = 0; i < entries; i++) {
    const entry = ifd + 2 + i * 12;
    if (entry + 12 > tiff.byteLength) return undefined;
    if (view.getUint16(entry, little) === 0x0112) {
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  }
  return undefined;
}

function u16(bytes: Uint8Array, at: number): number | undefined {
  const hi = bytes[at];
  const lo = bytes[at + 1];
  return hi === undefined || lo === undefined ? undefined : (hi << 8) | lo;
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
