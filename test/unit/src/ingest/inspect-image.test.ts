import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import type { ImageFormat } from '../../../../core/frame.ts';
import { inspectImage } from '../../../../src/ingest/inspect-image.ts';

const limits = nodeConfigSchema.parse({}).ingest;
const ANY: readonly ImageFormat[] = ['jpeg', 'png', 'webp'];

function picture(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const background = { r: 90, g: 140, b: 30, alpha: 0.5 };
  return sharp({ create: { width, height, channels, background } });
}

function reasonFor(bytes: Uint8Array, allowed = ANY): string {
  const parsed = inspectImage(bytes, limits, allowed);
  return parsed.kind === 'bad' ? parsed.reason : 'image';
}

function patchedJpeg(bytes: Buffer, width: number, height: number): Buffer {
  const patched = Buffer.from(bytes);
  const at = patched.indexOf(Buffer.from([0xff, 0xc0]));
  patched.writeUInt16BE(height, at + 5);
  patched.writeUInt16BE(width, at + 7);
  return patched;
}

describe('inspectImage', () => {
  it('reads dimensions, components and orientation of every format it knows', async () => {
    const rotated = await picture(40, 30).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(inspectImage(rotated, limits, ANY)).toEqual({
      kind: 'image',
      header: { format: 'jpeg', width: 40, height: 30, orientation: 6, components: 3 },
    });
    const rest: readonly [Sharp, ImageFormat, number][] = [
      [picture(40, 30).png(), 'png', 3],
      [picture(40, 30, 4).png(), 'png', 4],
      [picture(40, 30).toColourspace('b-w').png(), 'png', 1],
      [picture(40, 30).webp(), 'webp', 3],
      [picture(40, 30, 4).webp(), 'webp', 4],
      [picture(40, 30).webp({ lossless: true }), 'webp', 3],
      [picture(40, 30, 4).webp({ lossless: true }), 'webp', 4],
      [picture(40, 30).withMetadata({ orientation: 6 }).webp(), 'webp', 3],
    ];
    for (const [image, format, components] of rest) {
      expect(inspectImage(await image.toBuffer(), limits, ANY)).toEqual({
        kind: 'image',
        header: { format, width: 40, height: 30, orientation: 1, components },
      });
    }
  });

  it('refuses what is no image, and a format this way in does not take', async () => {
    expect(reasonFor(new TextEncoder().encode('hello, this is no picture'))).toBe('not_an_image');
    expect(reasonFor(new Uint8Array(0))).toBe('not_an_image');
    expect(reasonFor(await picture(40, 30).gif().toBuffer())).toBe('not_an_image');
    expect(reasonFor(await picture(40, 30).png().toBuffer(), ['jpeg'])).toBe('unsupported_image');
  });

  it('refuses pictures below the least side or above the limits, by their header alone', async () => {
    const jpeg = await picture(64, 64).jpeg().toBuffer();
    for (const [width, height, reason] of [
      [16, 16, 'image'],
      [15, 400, 'dimensions_too_small'],
      [400, 15, 'dimensions_too_small'],
      [4_096, 2_304, 'image'],
      [2_304, 4_096, 'image'],
      [4_097, 100, 'dimensions_too_large'],
      [4_096, 2_305, 'dimensions_too_large'],
      [65_500, 65_500, 'dimensions_too_large'],
    ] as const) {
      expect(reasonFor(patchedJpeg(jpeg, width, height))).toBe(reason);
    }
    const png = await picture(64, 64).png().toBuffer();
    png.writeUInt32BE(0xffff_ffff, 16);
    expect(reasonFor(png)).toBe('dimensions_too_large');
    const webp = await picture(64, 64, 4).webp().toBuffer();
    webp.writeUIntLE(0xff_ffff, 24, 3);
    expect(reasonFor(webp)).toBe('dimensions_too_large');
  });

  it('calls a bomb a bomb although it is cut short', async () => {
    const jpeg = patchedJpeg(await picture(64, 64).jpeg().toBuffer(), 60_000, 60_000);
    expect(reasonFor(jpeg.subarray(0, -10))).toBe('dimensions_too_large');
  });

  it('refuses truncated pictures before they take a slot', async () => {
    for (const bytes of [
      await picture(64, 64).jpeg().toBuffer(),
      await picture(64, 64).png().toBuffer(),
      await picture(64, 64).webp().toBuffer(),
    ]) {
      for (let kept = 12; kept < bytes.byteLength - 1; kept += 1 + (kept >> 3)) {
        expect(reasonFor(bytes.subarray(0, kept))).toBe('image_truncated');
      }
    }
  });

  it('takes a JPEG padded after its end, as some cameras send it', async () => {
    const jpeg = await picture(64, 64).jpeg().toBuffer();
    expect(reasonFor(Buffer.concat([jpeg, Buffer.alloc(500)]))).toBe('image');
  });

  it('never throws, whatever the bytes are', async () => {
    const sources = [
      await picture(64, 64).withMetadata({ orientation: 3 }).jpeg().toBuffer(),
      await picture(64, 64, 4).png().toBuffer(),
      await picture(64, 64, 4).webp().toBuffer(),
    ];
    let state = 12_345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let i = 0; i < 3_000; i++) {
      const source = sources[i % sources.length] ?? Buffer.alloc(0);
      const broken = Buffer.from(source.subarray(0, 1 + random(source.byteLength)));
      // Headers are at the front: most blows go there.
      for (let b = 0; b < 4; b++) broken[random(Math.min(broken.byteLength, 200))] = random(256);
      expect(['image', 'bad']).toContain(inspectImage(broken, limits, ANY).kind);
    }
  });
});
