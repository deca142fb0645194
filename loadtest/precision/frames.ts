import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { letterbox } from '../../models/decode/letterbox.ts';

export interface PreparedFrame {
  readonly folder: string;
  /** uint8 `[size, size, 3]`, RGB, letterboxed with 0. */
  readonly pixels: Uint8Array;
}

/**
 * The JPEGs of some folders as a model sees them, by name. Neighbouring pictures of a film look alike, so `even` ones
 * calibrate and `odd` ones judge.
 */
export async function prepareFrames(
  folders: readonly string[],
  size: number,
  half: 'even' | 'odd',
  framesMax = Infinity,
): Promise<readonly PreparedFrame[]> {
  const frames: PreparedFrame[] = [];
  for (const folder of folders) {
    const files = (await readdir(folder)).filter((file) => /\.jpe?g$/i.test(file)).sort();
    const own = files.filter((_, i) => i % 2 === (half === 'even' ? 0 : 1));
    for (const file of own.slice(0, framesMax)) {
      frames.push({ folder, pixels: await prepareFrame(join(folder, file), size) });
    }
  }
  return frames;
}

async function prepareFrame(path: string, size: number): Promise<Uint8Array> {
  const image = sharp(path);
  const { width = size, height = size } = await image.metadata();
  const fit = letterbox(width, height, size);
  const pixels = await image
    .resize(fit.scaledWidth, fit.scaledHeight, { fit: 'fill', kernel: 'linear' })
    .extend({
      left: fit.offsetX,
      right: size - fit.scaledWidth - fit.offsetX,
      top: fit.offsetY,
      bottom: size - fit.scaledHeight - fit.offsetY,
      background: 'black',
    })
    .removeAlpha()
    .raw()
    .toBuffer();
  return new Uint8Array(pixels);
}

export function tensorOf({ pixels }: PreparedFrame, size: number): Tensor {
  return new Tensor('uint8', pixels, [1, size, size, 3]);
}
