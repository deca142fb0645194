import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { JpegSplitter } from '../../../src/client/jpeg-splitter.ts';

const BYTES_MAX = 1024 * 1024;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function noise(width: number, height: number, options: JpegOptions = {}): Promise<Buffer> {
  const raw = Buffer.alloc(width * height * 3);
  let state = width * 31 + height;
  for (let i = 0; i < raw.length; i++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    raw[i] = state >> 16;
  }
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer();
}

function split(parts: readonly Uint8Array[], bytesMax = BYTES_MAX): { pictures: string[]; splitter: JpegSplitter } {
  const splitter = new JpegSplitter(bytesMax);
  const pictures = parts.flatMap((part) => splitter.push(part)).map(hex);
  return { pictures, splitter };
}

let pictures: Buffer[] = [];

beforeAll(async () => {
  const thumbnail = await noise(16, 16);
  // An Exif-like segment that holds a whole JPEG, end marker included.
  const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), Buffer.from('Exif\0\0'), thumbnail]);
  exif.writeUInt16BE(exif.length - 2, 2);
  const plain = await noise(64, 48);
  pictures = [
    plain,
    await noise(80, 40, { progressive: true, quality: 95 }),
    Buffer.concat([plain.subarray(0, 2), exif, plain.subarray(2)]),
    await noise(33, 17, { chromaSubsampling: '4:4:4' }),
    await sharp(await noise(40, 40))
      .grayscale()
      .jpeg()
      .toBuffer(),
  ];
});

describe('splitting a stream of JPEGs', () => {
  it('finds every picture in one chunk, thumbnails inside pictures included', () => {
    expect(split([Buffer.concat(pictures)]).pictures).toEqual(pictures.map(hex));
  });

  it('finds the same pictures however the chunks fall', () => {
    const stream = Buffer.concat(pictures);
    const expected = pictures.map(hex);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const parts: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          parts.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(split(parts).pictures).toEqual(expected);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('finds them byte by byte', () => {
    const stream = Buffer.concat(pictures.slice(0, 2));
    expect(split([...stream].map((byte) => Buffer.from([byte]))).pictures).toEqual(pictures.slice(0, 2).map(hex));
  });

  it('steps over fill bytes before a marker and restart markers inside a scan', () => {
    const [plain] = pictures;
    if (plain === undefined) throw new Error('no picture');
    const filled = Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xff]), plain.subarray(2)]);
    const withRestart = Buffer.concat([plain.subarray(0, -2), Buffer.from([0xff, 0xd0, 0x12, 0xff, 0xd9])]);
    expect(split([filled, withRestart]).pictures).toEqual([filled, withRestart].map(hex));
  });

  it('skips what is no picture and counts it', () => {
    const [a, b] = pictures;
    if (a === undefined || b === undefined) throw new Error('no pictures');
    const junk = Buffer.from([0xff, 0xd8, 0x00, 0x11, 0xff, 0xd8, 0xff, 0x00, 0x22]);
    const { pictures: found, splitter } = split([junk, a, junk, b]);
    expect(found).toEqual([a, b].map(hex));
    expect(splitter.skippedBytes).toBe(2 * junk.length);
  });

  it('drops and counts a picture over the limit and goes on with the next', async () => {
    const large = await noise(400, 400, { quality: 95 });
    const [small] = pictures;
    if (small === undefined) throw new Error('no picture');
    const limit = small.length + 100;
    const { pictures: found, splitter } = split([large, small, large, small], limit);
    expect(found).toEqual([small, small].map(hex));
    expect(splitter.oversized).toBe(2);
    expect(splitter.skippedBytes).toBe(2 * large.length);
  });

  it('gives nothing for a picture that never ends', () => {
    const [plain] = pictures;
    if (plain === undefined) throw new Error('no picture');
    expect(split([plain.subarray(0, -2)]).pictures).toEqual([]);
  });
});
