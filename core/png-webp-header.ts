import type { ParsedImage } from './image-header.ts';
import type { RejectReason } from './outcome.ts';

const bad = (reason: RejectReason, message: string): ParsedImage => ({ kind: 'bad', reason, message });

/** Components by PNG colour type (PNG specification, 11.2.2 IHDR); a palette decodes to RGB. */
const PNG_COMPONENTS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of a PNG's last chunk: length, `IEND`, checksum. */
const PNG_END_BYTES = 12;

/**
 * Reads a PNG's first chunk (IHDR) without decoding, and looks whether its last one (IEND) is there. The orientation is
 * always 1: an eXIf chunk may follow the picture, and viewers disagree on it.
 */
export function parsePngHeader(bytes: Uint8Array): ParsedImage {
  for (let i = 0; i < PNG_MAGIC.length; i++) {
    if (i >= bytes.byteLength) return bad('image_truncated', 'PNG ends inside its signature');
    if (bytes[i] !== PNG_MAGIC[i]) return bad('not_an_image', 'no PNG signature');
  }
  if (bytes.byteLength < 33) return bad('image_truncated', 'PNG ends before its header');
  const view = viewOf(bytes);
  if (view.getUint32(8) !== 13 || tag(bytes, 12) !== 'IHDR') {
    return bad('image_corrupt', 'PNG that does not begin with IHDR');
  }
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const components = PNG_COMPONENTS[view.getUint8(25)];
  if (components === undefined) return bad('image_corrupt', `PNG of colour type ${view.getUint8(25)}`);
  if (width === 0 || height === 0) return bad('image_corrupt', `PNG of ${width}x${height} pixels`);
  if (tag(bytes, bytes.byteLength - PNG_END_BYTES + 4) !== 'IEND') return bad('image_truncated', 'PNG without IEND');
  return { kind: 'image', header: { format: 'png', width, height, orientation: 1, components } };
}

/**
 * Reads a WebP's first chunk without decoding: lossy `VP8 ` (RFC 6386 9.1), lossless `VP8L` or extended `VP8X`
 * (RFC 9649 2.5 to 2.7). Of an animation the first picture is taken. The orientation is always 1, as browsers show it.
 */
export function parseWebpHeader(bytes: Uint8Array): ParsedImage {
  if (tag(bytes, 0) !== 'RIFF' || tag(bytes, 8) !== 'WEBP') return bad('not_an_image', 'no WebP signature');
  if (bytes.byteLength < 30) return bad('image_truncated', 'WebP ends before its header');
  const view = viewOf(bytes);
  if (view.getUint32(4, true) + 8 > bytes.byteLength) return bad('image_truncated', 'WebP shorter than it says');
  const image = (width: number, height: number, alpha: boolean): ParsedImage =>
    width === 0 || height === 0
      ? bad('image_corrupt', `WebP of ${width}x${height} pixels`)
      : { kind: 'image', header: { format: 'webp', width, height, orientation: 1, components: alpha ? 4 : 3 } };
  const chunk = tag(bytes, 12);
  if (chunk === 'VP8 ') {
    if (view.getUint8(23) !== 0x9d || view.getUint8(24) !== 0x01 || view.getUint8(25) !== 0x2a) {
      return bad('image_corrupt', 'WebP without a key frame');
    }
    return image(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff, false);
  }
  if (chunk === 'VP8L') {
    if (view.getUint8(20) !== 0x2f) return bad('image_corrupt', 'WebP without the lossless signature');
    const bits = view.getUint32(21, true); // 14 bits width - 1, 14 bits height - 1, 1 bit alpha, 3 bits version
    return image((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, (bits & 0x1000_0000) !== 0);
  }
  if (chunk === 'VP8X') {
    const width = 1 + (view.getUint32(24, true) & 0xff_ffff);
    const height = 1 + (view.getUint16(27, true) | (view.getUint8(29) << 16));
    return image(width, height, (view.getUint8(20) & 0x10) !== 0);
  }
  return bad('image_corrupt', 'WebP of an unknown first chunk');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tag(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i < at + 4; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
