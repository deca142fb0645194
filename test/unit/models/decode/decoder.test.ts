import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { errorCode } from '../../../../core/errors.ts';
import type { ImageHeader } from '../../../../core/frame.ts';
import { parseJpegHeader } from '../../../../core/image-header.ts';
import { parsePngHeader, parseWebpHeader } from '../../../../core/png-webp-header.ts';
import { createRandom } from '../../../../core/random.ts';
import { createDecoder, type DecodeInfo } from '../../../../models/decode/decoder.ts';
import { jpegOf, type Rgb, scene, toSharp, withDimensions } from './pictures.ts';

const PAD = 7;
const SIZE = 320;
/** Mean difference of a channel, of 255: turbo decodes with its fast transform, libvips with the exact one. */
const DIRECT_WITHIN = 1.25;
const CANARY = 0xa5;
const CANARY_BYTES = 4_096;

const decoder = createDecoder({ padValue: PAD, concurrencyMax: 3, scratchBytesMax: 64 * 1024 * 1024 });
afterAll(() => decoder.close());

function headerOf(bytes: Uint8Array): ImageHeader {
  for (const parse of [parseJpegHeader, parsePngHeader, parseWebpHeader]) {
    const parsed = parse(bytes);
    if (parsed.kind === 'image') return parsed.header;
  }
  throw new Error('no header');
}

interface Decoded extends DecodeInfo {
  readonly slot: Buffer;
}

/** Decodes between canaries and proves them untouched, whatever comes of it. */
async function decode(bytes: Uint8Array, header = headerOf(bytes), size = SIZE): Promise<Decoded> {
  const slotBytes = size * size * 3;
  const whole = Buffer.alloc(slotBytes + 2 * CANARY_BYTES, CANARY);
  const slot = whole.subarray(CANARY_BYTES, CANARY_BYTES + slotBytes);
  try {
    return { ...(await decoder.decodeInto({ bytes, header }, slot, size)), slot };
  } finally {
    const canary = Buffer.alloc(CANARY_BYTES, CANARY);
    expect(whole.subarray(0, CANARY_BYTES).equals(canary)).toBe(true);
    expect(whole.subarray(CANARY_BYTES + slotBytes).equals(canary)).toBe(true);
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'decoded',
    (error: unknown) => errorCode(error),
  );
}

/** The picture cut out of its slot. */
function pictureIn({ slot, letterbox: fit }: Decoded, size = SIZE): Rgb {
  const data = Buffer.alloc(fit.scaledWidth * fit.scaledHeight * 3);
  for (let y = 0; y < fit.scaledHeight; y++) {
    const from = ((fit.offsetY + y) * size + fit.offsetX) * 3;
    slot.copy(data, y * fit.scaledWidth * 3, from, from + fit.scaledWidth * 3);
  }
  return { data, width: fit.scaledWidth, height: fit.scaledHeight };
}

function expectPadded({ slot, letterbox: fit }: Decoded, size = SIZE): void {
  let wrong = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside =
        x >= fit.offsetX && x < fit.offsetX + fit.scaledWidth && y >= fit.offsetY && y < fit.offsetY + fit.scaledHeight;
      const at = (y * size + x) * 3;
      if (!inside && (slot[at] !== PAD || slot[at + 1] !== PAD || slot[at + 2] !== PAD)) wrong++;
    }
  }
  expect(wrong).toBe(0);
}

function meanDifference(a: Buffer, b: Buffer): number {
  expect(a.byteLength).toBe(b.byteLength);
  let sum = 0;
  for (let i = 0; i < a.byteLength; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.byteLength;
}

/** What sharp makes of the same bytes, alone. */
async function reference(bytes: Buffer, width: number, height: number): Promise<Buffer> {
  return await sharp(bytes)
    .autoOrient()
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: '#000' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
}

async function expectLikeSharp(bytes: Buffer, decoded: Decoded, within: number, size = SIZE): Promise<void> {
  expectPadded(decoded, size);
  const picture = pictureIn(decoded, size);
  expect(meanDifference(picture.data, await reference(bytes, picture.width, picture.height))).toBeLessThan(within);
}

describe('a picture as wide as its slot', () => {
  for (const [name, options] of [
    ['4:4:4', {}],
    ['4:2:0', { chromaSubsampling: '4:2:0' }],
    ['progressive', { progressive: true }],
  ] as const) {
    it(`goes straight into the slot (${name})`, async () => {
      const bytes = await jpegOf(scene(320, 176), options);
      const decoded = await decode(bytes);
      expect(decoded.way).toBe('direct');
      await expectLikeSharp(bytes, decoded, DIRECT_WITHIN);
    });
  }

  it('becomes RGB where it is grey', async () => {
    const bytes = await toSharp(scene(320, 200)).toColourspace('b-w').jpeg({ quality: 92 }).toBuffer();
    expect(headerOf(bytes).components).toBe(1);
    const decoded = await decode(bytes);
    expect(decoded.way).toBe('direct');
    await expectLikeSharp(bytes, decoded, DIRECT_WITHIN);
  });

  it('fills a square slot without padding', async () => {
    const bytes = await jpegOf(scene(320, 320));
    const decoded = await decode(bytes);
    expect(decoded.way).toBe('direct');
    await expectLikeSharp(bytes, decoded, DIRECT_WITHIN);
  });

  it('clears what an earlier frame left on the padding', async () => {
    const slot = Buffer.alloc(SIZE * SIZE * 3, 99);
    const bytes = await jpegOf(scene(320, 176));
    const info = await decoder.decodeInto({ bytes, header: headerOf(bytes) }, slot, SIZE);
    expectPadded({ ...info, slot });
  });
});

describe('a picture of another size', () => {
  for (const [width, height, size] of [
    [640, 352, 320],
    [641, 353, 320],
    [333, 777, 320],
    [16, 16, 320],
    [17, 31, 224],
    [1920, 1080, 512],
    [1920, 1080, 320],
    [200, 320, 320],
  ] as const) {
    it(`is resized with its aspect kept: ${width}x${height} into ${size}`, async () => {
      const bytes = await jpegOf(scene(width, height));
      const decoded = await decode(bytes, headerOf(bytes), size);
      expect(decoded.way).toBe(width / decoded.letterbox.scaledWidth < 4 ? 'scratch' : 'converted');
      // Linear against Lanczos: most apart where pixels become large squares.
      await expectLikeSharp(bytes, decoded, width < 32 ? 4 : 2, size);
    });
  }

  it('is taken up to the largest the default limits allow: 4096x2304', async () => {
    const bytes = await jpegOf(scene(4096, 2304), { chromaSubsampling: '4:2:0' });
    await expectLikeSharp(bytes, await decode(bytes), 2);
  });

  it('is taken with the stray byte or two some cameras leave before the end marker', async () => {
    for (const bytes of [
      await jpegOf(scene(320, 176)),
      await jpegOf(scene(640, 352), { chromaSubsampling: '4:2:0' }),
    ]) {
      for (const stray of [[0x00], [0x41], [0x00, 0x00], [0xff, 0x00]]) {
        const odd = Buffer.concat([bytes.subarray(0, -2), Buffer.from(stray), bytes.subarray(-2)]);
        await expectLikeSharp(bytes, await decode(odd), 2);
      }
    }
  });

  it('is shrunk while it is read where no scratch is large enough for it', async () => {
    const small = createDecoder({ padValue: PAD, concurrencyMax: 1, scratchBytesMax: 128 * 1024 });
    const bytes = await jpegOf(scene(640, 352));
    const slot = Buffer.alloc(SIZE * SIZE * 3);
    const info = await small.decodeInto({ bytes, header: headerOf(bytes) }, slot, SIZE);
    expect(info.way).toBe('converted');
    await expectLikeSharp(bytes, { ...info, slot }, 2);
    await small.close();
  });
});

describe('a picture the fast way cannot take', () => {
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`is turned upright by its EXIF orientation ${orientation}`, async () => {
      const bytes = await toSharp(scene(320, 240)).withMetadata({ orientation }).jpeg({ quality: 92 }).toBuffer();
      const header = headerOf(bytes);
      expect(header.orientation).toBe(orientation);
      const decoded = await decode(bytes);
      expect(decoded.way).toBe(orientation === 1 ? 'direct' : 'converted');
      expect(decoded.letterbox.scaledWidth).toBe(orientation >= 5 ? 240 : 320);
      await expectLikeSharp(bytes, decoded, 1.5);
    });
  }

  it('is brought from CMYK to RGB', async () => {
    const bytes = await toSharp(scene(400, 300)).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect(headerOf(bytes).components).toBe(4);
    const decoded = await decode(bytes);
    expect(decoded.way).toBe('converted');
    await expectLikeSharp(bytes, decoded, 2);
  });

  it('is laid over black where a PNG or WebP is transparent', async () => {
    const clear = sharp({
      create: { width: 64, height: 64, channels: 4, background: { r: 250, g: 250, b: 250, alpha: 0 } },
    });
    for (const bytes of [
      await clear.clone().png().toBuffer(),
      await clear.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const decoded = await decode(bytes);
      expect(pictureIn(decoded).data.every((value) => value === 0)).toBe(true);
    }
  });

  it('is taken as PNG: colour, grey, palette and 16 bits', async () => {
    const from = toSharp(scene(300, 200));
    for (const bytes of [
      await from.clone().png().toBuffer(),
      await from.clone().greyscale().png().toBuffer(),
      await from.clone().png({ palette: true, dither: 0 }).toBuffer(),
      await from.clone().toColourspace('rgb16').png().toBuffer(),
    ]) {
      await expectLikeSharp(bytes, await decode(bytes), 2);
    }
  });

  it('is taken as WebP: lossy, lossless and with alpha', async () => {
    const from = toSharp(scene(300, 200));
    for (const bytes of [
      await from.clone().webp().toBuffer(),
      await from.clone().webp({ lossless: true }).toBuffer(),
      await from.clone().ensureAlpha(0.5).webp().toBuffer(),
    ]) {
      await expectLikeSharp(bytes, await decode(bytes), 2);
    }
  });
});

describe('a bad picture', () => {
  it('is refused as truncated wherever it was cut', async () => {
    for (const [picture, options] of [
      [scene(320, 176), {}],
      [scene(640, 352), { progressive: true }],
      [scene(640, 352), { chromaSubsampling: '4:2:0' }],
    ] as const) {
      const bytes = await jpegOf(picture, options);
      const header = headerOf(bytes);
      for (let cut = 2; cut < bytes.byteLength - 2; cut += 1 + (cut >> 2)) {
        expect(await codeOf(decode(bytes.subarray(0, bytes.byteLength - cut), header))).toBe('image_truncated');
      }
    }
  });

  it('is refused where data is missing although an end marker follows', async () => {
    const bytes = await jpegOf(scene(320, 176));
    const cut = Buffer.concat([bytes.subarray(0, bytes.byteLength * 0.7), Buffer.from([0xff, 0xd9])]);
    expect(await codeOf(decode(cut))).toBe('image_corrupt');
  });

  it('is refused as PNG or WebP that ends early', async () => {
    for (const bytes of [
      await toSharp(scene(64, 48)).png().toBuffer(),
      await toSharp(scene(64, 48)).webp().toBuffer(),
    ]) {
      const cut = bytes.subarray(0, bytes.byteLength - 20);
      expect(await codeOf(decode(cut, headerOf(bytes)))).toBe('image_truncated');
    }
  });

  it('is refused where its header lies about what follows', async () => {
    const bytes = await jpegOf(scene(320, 176));
    for (const [width, height] of [
      [320, 320],
      [4096, 2304],
      [16, 16],
      [319, 100],
      [65_000, 65_000],
      // 65,535 * 21,846 * 3 is 65,534 in 32 bits: a decoder that counts in them would think it fits.
      [65_535, 21_846],
    ] as const) {
      const lying = withDimensions(bytes, width, height);
      expect(await codeOf(decode(lying, headerOf(bytes)))).toBe('image_corrupt');
      if (width * height <= 4096 * 2304) expect(await codeOf(decode(lying))).toBe('image_corrupt');
    }
  });

  it('is refused where a second frame header hides behind bytes that are no marker', async () => {
    const bytes = await jpegOf(scene(320, 176));
    // FF 00 reads as a segment to a careless parser, which jumps over the huge header inside; libjpeg would take it.
    const huge = Buffer.from([0xff, 0xc0, 0, 17, 8, 0x55, 0x56, 0xff, 0xff, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    const length = Buffer.from([0, huge.byteLength + 2]);
    const hidden = Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0x00]), length, huge, bytes.subarray(2)]);
    expect(await codeOf(decode(hidden, headerOf(bytes)))).toBe('image_corrupt');
  });

  it('is refused where it has more scans than any encoder writes', async () => {
    const bytes = await jpegOf(scene(320, 176), { progressive: true });
    const header = headerOf(bytes);
    const scanAt = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
    const last = bytes.subarray(scanAt, bytes.byteLength - 2);
    const many = Buffer.concat([bytes.subarray(0, -2), ...Array.from({ length: 100 }, () => last), bytes.subarray(-2)]);
    expect(await codeOf(decode(many, header))).toBe('unsupported_image');
  });

  it('never crashes the decoder or writes outside its slot, however its bytes are broken', async () => {
    const random = createRandom(20_240_611);
    const sources = [
      await jpegOf(scene(96, 54)),
      await jpegOf(scene(128, 64), { progressive: true }),
      await jpegOf(scene(65, 63), { chromaSubsampling: '4:2:0' }),
      await toSharp(scene(64, 48)).toColourspace('cmyk').jpeg().toBuffer(),
      await toSharp(scene(64, 48)).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      await toSharp(scene(64, 48)).png().toBuffer(),
      await toSharp(scene(64, 48)).webp().toBuffer(),
    ];
    const codes = new Set<string>();
    for (let i = 0; i < 420; i++) {
      const source = sources[i % sources.length] ?? Buffer.alloc(0);
      const broken = Buffer.from(source);
      const blows = 1 + Math.floor(random() * 8);
      for (let b = 0; b < blows; b++) broken[Math.floor(random() * broken.byteLength)] = Math.floor(random() * 256);
      codes.add(await codeOf(decode(broken, headerOf(source), 96)));
    }
    const expected = ['decoded', 'image_corrupt', 'image_truncated', 'unsupported_image', 'not_an_image'];
    expect([...codes].filter((code) => !expected.includes(code))).toEqual([]);
    expect(codes.has('image_corrupt')).toBe(true);
    const good = await jpegOf(scene(320, 176));
    await expectLikeSharp(good, await decode(good), DIRECT_WITHIN);
  });
});

describe('the decoder', () => {
  it('decodes many at once into neighbouring slots without mixing them', async () => {
    const count = 12;
    const slotBytes = SIZE * SIZE * 3;
    const tensor = Buffer.alloc(count * slotBytes);
    const jpegs = await Promise.all(
      Array.from({ length: count }, (_, i) => jpegOf(scene(i % 2 === 0 ? 320 : 500, 200 + i, i + 1))),
    );
    const work = jpegs.map((bytes, i) =>
      decoder.decodeInto({ bytes, header: headerOf(bytes) }, tensor.subarray(i * slotBytes, (i + 1) * slotBytes), SIZE),
    );
    expect(decoder.active).toBe(count);
    const infos = await Promise.all(work);
    expect(decoder.active).toBe(0);
    for (const [i, bytes] of jpegs.entries()) {
      const info = infos[i];
      if (info === undefined) throw new Error('no info');
      await expectLikeSharp(bytes, { ...info, slot: tensor.subarray(i * slotBytes, (i + 1) * slotBytes) }, 2);
    }
  });

  it('goes on after refused pictures, with its scratch given back', async () => {
    const one = createDecoder({ padValue: PAD, concurrencyMax: 2, scratchBytesMax: 1024 * 1024 });
    const bytes = await jpegOf(scene(640, 352));
    const bad = Buffer.concat([bytes.subarray(0, bytes.byteLength * 0.5), Buffer.from([0xff, 0xd9])]);
    const slot = Buffer.alloc(SIZE * SIZE * 3);
    const frames = Array.from({ length: 10 }, (_, i) => ({
      bytes: i % 2 === 0 ? bad : bytes,
      header: headerOf(bytes),
    }));
    // Scratch for one picture only: a buffer that was not given back would stop the rest for good.
    const codes = await Promise.all(frames.map((frame) => codeOf(one.decodeInto(frame, slot, SIZE))));
    expect(codes).toEqual(frames.map((_, i) => (i % 2 === 0 ? 'image_corrupt' : 'decoded')));
    await one.close();
  });

  it('waits on close for what is under decode, and takes nothing more', async () => {
    const one = createDecoder({ padValue: PAD, concurrencyMax: 1, scratchBytesMax: 1024 * 1024 });
    const bytes = await jpegOf(scene(640, 352));
    const frame = { bytes, header: headerOf(bytes) };
    let done = 0;
    const work = [1, 2, 3].map(async () => {
      await one.decodeInto(frame, Buffer.alloc(SIZE * SIZE * 3), SIZE);
      done++;
    });
    await one.close();
    await Promise.all(work);
    expect(done).toBe(3);
    expect(one.active).toBe(0);
    await expect(one.decodeInto(frame, Buffer.alloc(SIZE * SIZE * 3), SIZE)).rejects.toThrow('after close');
  });
});
