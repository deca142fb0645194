import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { createRandom } from '../../../../core/random.ts';

/** Pictures for decode tests, made from a seed: smooth colour and shapes, so that scalers and codecs agree closely. */

export interface Rgb {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Gradients with a bright square in the upper left quarter, so that every mirroring and rotation shows. */
export function scene(width: number, height: number, seed = 1): Rgb {
  const random = createRandom(seed);
  const [a, b, c] = [random() * 100, random() * 100, random() * 100];
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const inSquare = x > width * 0.1 && x < width * 0.4 && y > height * 0.15 && y < height * 0.4;
      data[at] = inSquare ? 230 : a + (100 * x) / width;
      data[at + 1] = inSquare ? 220 : b + (100 * y) / height;
      data[at + 2] = inSquare ? 40 : c + (50 * (x + y)) / (width + height);
    }
  }
  return { data, width, height };
}

export function toSharp(picture: Rgb): Sharp {
  return sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } });
}

export async function jpegOf(picture: Rgb, options: JpegOptions = {}): Promise<Buffer> {
  return await toSharp(picture)
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4', ...options })
    .toBuffer();
}

/** A JPEG with its frame header's dimensions overwritten. */
export function withDimensions(jpeg: Buffer, width: number, height: number): Buffer {
  const lying = Buffer.from(jpeg);
  const at = Math.max(lying.indexOf(Buffer.from([0xff, 0xc0])), lying.indexOf(Buffer.from([0xff, 0xc2])));
  lying.writeUInt16BE(height, at + 5);
  lying.writeUInt16BE(width, at + 7);
  return lying;
}
