import sharp, { type Sharp } from 'sharp';

export interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  /** Random pixels, so that the picture is large; flat and small otherwise. */
  readonly noise?: boolean;
}

function picture({ width = 64, height = 48, noise = false }: PictureOptions): Sharp {
  if (!noise) return sharp({ create: { width, height, channels: 3, background: { r: 90, g: 140, b: 30 } } });
  const data = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state >>> 24;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

const made = new Map<string, Promise<Buffer>>();

function once(kind: string, options: PictureOptions, make: () => Promise<Buffer>): Promise<Buffer> {
  const key = `${kind} ${JSON.stringify(options)}`;
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

export const jpeg = (options: PictureOptions = {}): Promise<Buffer> =>
  once('jpeg', options, () => picture(options).jpeg({ quality: 90 }).toBuffer());
export const png = (options: PictureOptions = {}): Promise<Buffer> =>
  once('png', options, () => picture(options).png().toBuffer());
export const webp = (options: PictureOptions = {}): Promise<Buffer> =>
  once('webp', options, () => picture(options).webp().toBuffer());

/** A JPEG whose header is good and whose scan is not: only a decoder finds out. */
export async function corruptJpeg(): Promise<Buffer> {
  const bytes = Buffer.from(await jpeg({ width: 320, height: 240, noise: true }));
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  bytes.fill(0xff, scan + 20, bytes.byteLength - 2);
  return bytes;
}

/** A JPEG of exactly `bytes` bytes: padded after its end, as some cameras do. */
export async function jpegOfBytes(bytes: number): Promise<Buffer> {
  const start = await jpeg();
  const padded = Buffer.alloc(bytes);
  start.copy(padded);
  padded.set([0xff, 0xd9], bytes - 2);
  return padded;
}
