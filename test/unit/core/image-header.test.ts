import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { uprightSize } from '../../../core/frame.ts';
import { hasJpegEnd, parseJpegHeader, sniffImageFormat } from '../../../core/image-header.ts';
import { REJECT_REASONS } from '../../../core/outcome.ts';

const plain = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: { r: 90, g: 140, b: 30 } } });

const parsed = (bytes: Uint8Array) => {
  const result = parseJpegHeader(bytes);
  if (result.kind === 'bad') throw new Error(`${result.reason}: ${result.message}`);
  return result.header;
};

const reason = (bytes: Uint8Array): string => {
  const result = parseJpegHeader(bytes);
  return result.kind === 'bad' ? result.reason : 'an image';
};

/** A JPEG up to and with its frame header, of the segments given between. */
const jpeg = (...parts: (readonly number[])[]): Uint8Array => Uint8Array.from([0xff, 0xd8, ...parts.flat()]);
const frameHeader = (o: {
  marker?: number;
  precision?: number;
  height?: number;
  width?: number;
  components?: number;
}) => {
  const { marker = 0xc0, precision = 8, height = 480, width = 640, components = 3 } = o;
  const rest = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat();
  const sizes = [height >> 8, height & 255, width >> 8, width & 255];
  return [0xff, marker, 0, 8 + 3 * components, precision, ...sizes, components, ...rest];
};

/** An APP1 segment with one IFD entry: the orientation. */
function exif(order: 'II' | 'MM', orientation: number, ifdOffset = 8): number[] {
  const body = new DataView(new ArrayBuffer(8 + 2 + 12));
  const little = order === 'II';
  body.setUint16(0, order === 'II' ? 0x4949 : 0x4d4d);
  body.setUint16(2, 42, little);
  body.setUint32(4, ifdOffset, little);
  body.setUint16(8, 1, little);
  body.setUint16(10, 0x0112, little);
  body.setUint16(12, 3, little);
  body.setUint32(14, 1, little);
  body.setUint16(18, orientation, little);
  const tiff = [...new Uint8Array(body.buffer)];
  return [0xff, 0xe1, 0, 2 + 6 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
}

describe('the JPEG header parser', () => {
  it.each([
    ['baseline', () => plain(641, 353).jpeg(), 3],
    ['progressive', () => plain(641, 353).jpeg({ progressive: true }), 3],
    ['4:4:4', () => plain(641, 353).jpeg({ chromaSubsampling: '4:4:4' }), 3],
    ['grey', () => plain(641, 353).toColourspace('b-w').jpeg(), 1],
    ['CMYK', () => plain(641, 353).toColourspace('cmyk').jpeg(), 4],
    ['optimised', () => plain(641, 353).jpeg({ mozjpeg: true }), 3],
  ] as const)('reads width, height and components of a %s picture', async (_name, make, components) => {
    const bytes = await make().toBuffer();
    expect(parsed(bytes)).toEqual({ format: 'jpeg', width: 641, height: 353, orientation: 1, components });
    expect(hasJpegEnd(bytes)).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'reads EXIF orientation %d, and knows which way up it is seen',
    async (orientation) => {
      const header = parsed(await plain(64, 32).withMetadata({ orientation }).jpeg().toBuffer());
      expect(header).toMatchObject({ width: 64, height: 32, orientation });
      const upright = await sharp(await plain(64, 32).withMetadata({ orientation }).jpeg().toBuffer())
        .rotate()
        .toBuffer({ resolveWithObject: true });
      expect(uprightSize(header)).toEqual({ width: upright.info.width, height: upright.info.height });
    },
  );

  it.each(['II', 'MM'] as const)('reads an orientation in %s byte order', (order) => {
    expect(parsed(jpeg(exif(order, 6), frameHeader({}))).orientation).toBe(6);
  });

  it('takes a picture as upright whose Exif lies about itself', () => {
    expect(parsed(jpeg(exif('II', 9), frameHeader({}))).orientation).toBe(1);
    expect(parsed(jpeg(exif('II', 6, 0xffff_ff00), frameHeader({}))).orientation).toBe(1);
    expect(parsed(jpeg(exif('II', 6, 20), frameHeader({}))).orientation).toBe(1);
    const notExif = exif('II', 6);
    notExif[4] = 0x20;
    expect(parsed(jpeg(notExif, frameHeader({}))).orientation).toBe(1);
    const noOrder = exif('II', 6);
    noOrder[10] = 0;
    expect(parsed(jpeg(noOrder, frameHeader({}))).orientation).toBe(1);
  });

  it('says what the header says, however large: whether it may be so is for the limits', () => {
    expect(parsed(jpeg(frameHeader({ width: 65_535, height: 65_535 })))).toMatchObject({
      width: 65_535,
      height: 65_535,
    });
    expect(parsed(jpeg(frameHeader({ width: 1, height: 1 })))).toMatchObject({ width: 1, height: 1 });
  });

  it('skips fill bytes, comments and restart markers before the frame header', () => {
    const comment = [0xff, 0xfe, 0, 4, 0xff, 0xc0];
    expect(parsed(jpeg(comment, [0xff, 0xff, 0xff], [0xff, 0xd0], [0xff, 0x01], frameHeader({}))).width).toBe(640);
  });

  it.each([
    ['nothing', [], 'not_an_image'],
    ['text', [...Buffer.from('hello, camera')], 'not_an_image'],
    ['a start alone', [0xff, 0xd8, 0xff, 0xff], 'image_truncated'],
    ['no picture before the end', [0xff, 0xd8, 0xff, 0xd9], 'image_truncated'],
    ['a segment past the end', [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0], 'image_truncated'],
    ['a segment shorter than its length field', [0xff, 0xd8, 0xff, 0xe0, 0, 1, 0, 0], 'image_corrupt'],
    ['no marker where one must be', [0xff, 0xd8, 0x12, 0x34], 'image_corrupt'],
    ['a scan before the frame header', [0xff, 0xd8, 0xff, 0xda, 0, 2], 'image_corrupt'],
    ['no height', [0xff, 0xd8, ...frameHeader({ height: 0 })], 'image_corrupt'],
    ['no width', [0xff, 0xd8, ...frameHeader({ width: 0 })], 'image_corrupt'],
    ['12 bits a sample', [0xff, 0xd8, ...frameHeader({ precision: 12 })], 'unsupported_image'],
    ['lossless coding', [0xff, 0xd8, ...frameHeader({ marker: 0xc3 })], 'unsupported_image'],
    ['arithmetic coding', [0xff, 0xd8, ...frameHeader({ marker: 0xc9 })], 'unsupported_image'],
    ['two components', [0xff, 0xd8, ...frameHeader({ components: 2 })], 'unsupported_image'],
    ['a frame header of a wrong length', [0xff, 0xd8, 0xff, 0xc0, 0, 10, 8, 0, 9, 0, 9, 3, 0, 0], 'image_corrupt'],
    ['a frame header too short', [0xff, 0xd8, 0xff, 0xc0, 0, 4, 8, 0], 'image_corrupt'],
  ] as const)('refuses %s', (_name, bytes, expected) => {
    expect(reason(Uint8Array.from(bytes))).toBe(expected);
  });
});

describe('bytes that are cut or invented', () => {
  let pictures: Buffer[] = [];
  beforeAll(async () => {
    pictures = await Promise.all([
      plain(48, 32).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      plain(48, 32).jpeg({ progressive: true }).toBuffer(),
      plain(48, 32).toColourspace('b-w').jpeg().toBuffer(),
      plain(48, 32).toColourspace('cmyk').jpeg().toBuffer(),
    ]);
  });

  it('are a truncated image at every length until the header is whole, and the same image from there on', () => {
    for (const picture of pictures) {
      const whole = parsed(picture);
      let isWhole = false;
      for (let length = 0; length <= picture.byteLength; length++) {
        const result = parseJpegHeader(picture.subarray(0, length));
        if (result.kind === 'image') isWhole = true;
        if (isWhole) expect(result).toEqual({ kind: 'image', header: whole });
        else expect(reason(picture.subarray(0, length))).toBe(length < 4 ? 'not_an_image' : 'image_truncated');
      }
      expect(isWhole).toBe(true);
    }
  });

  it('never make the parser throw or give a size that is none', () => {
    const known: readonly string[] = REJECT_REASONS;
    const check = (bytes: Uint8Array): void => {
      const result = parseJpegHeader(bytes);
      sniffImageFormat(bytes);
      hasJpegEnd(bytes);
      if (result.kind === 'bad') expect(known).toContain(result.reason);
      else {
        expect(result.header.width).toBeGreaterThan(0);
        expect(result.header.height).toBeGreaterThan(0);
        expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(result.header.orientation);
      }
    };
    const magic = Uint8Array.from([0xff, 0xd8, 0xff]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        check(noise);
        check(Uint8Array.from([...magic, ...noise]));
      }),
      { seed: 1, numRuns: 1_000 },
    );
    // Real pictures with some bytes changed get farther into the parser than noise does.
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (which, changes) => {
          const bytes = Uint8Array.from(pictures[which] ?? []);
          for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
          check(bytes);
        },
      ),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

describe('the first bytes', () => {
  it('tell JPEG, PNG and WebP from anything else', async () => {
    expect(sniffImageFormat(await plain(8, 8).jpeg().toBuffer())).toBe('jpeg');
    expect(sniffImageFormat(await plain(8, 8).png().toBuffer())).toBe('png');
    expect(sniffImageFormat(await plain(8, 8).webp().toBuffer())).toBe('webp');
    expect(sniffImageFormat(await plain(8, 8).gif().toBuffer())).toBeUndefined();
    expect(sniffImageFormat(Buffer.from('RIFF....WAVE'))).toBeUndefined();
    expect(sniffImageFormat(new Uint8Array())).toBeUndefined();
  });
});

describe('the end of a JPEG', () => {
  it('is found behind padding, within bounds, and missed where the picture was cut', async () => {
    const picture = await plain(64, 64).jpeg().toBuffer();
    expect(hasJpegEnd(Buffer.concat([picture, Buffer.alloc(1_000)]))).toBe(true);
    expect(hasJpegEnd(Buffer.concat([picture, Buffer.alloc(2_000)]))).toBe(false);
    expect(hasJpegEnd(picture.subarray(0, picture.byteLength - 2))).toBe(false);
    expect(hasJpegEnd(Uint8Array.of(0xff))).toBe(false);
  });
});
