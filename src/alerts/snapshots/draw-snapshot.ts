import sharp, { type Sharp } from 'sharp';
import { type DrawnScene, measuresOf, sceneSvg } from './scene-svg.ts';

export type { DrawnLine, DrawnScene, DrawnTrack, DrawnZone } from './scene-svg.ts';

/** Longest side of a drawn picture, px. */
export const SNAPSHOT_SIDE_MAX = 1_280;
/** A narrower picture is enlarged to this width where its height allows it: nobody could read its caption. */
const SNAPSHOT_WIDTH_MIN = 480;
/** A drawing takes tens of milliseconds; one that takes this long is given up. */
const DRAW_S_MAX = 10;
const JPEG_QUALITY = 82;

/** Decoded, upright RGB rows. */
export interface RawPicture {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws a scene over a picture and a caption under it.
 *
 * @param picture JPEG, PNG or WebP as a camera sent it, or pixels. Only a JPEG is turned by its EXIF orientation, as
 * everywhere in the node (core/png-webp-header.ts).
 * @returns a JPEG of at most {@link SNAPSHOT_SIDE_MAX} px on each side of the picture; width and height are even
 * @throws whatever sharp throws at a picture it cannot decode
 */
export async function drawScene(picture: Uint8Array | RawPicture, scene: DrawnScene): Promise<Buffer> {
  const { upright, width, height } = await open(picture);
  const shrink = Math.min(SNAPSHOT_SIDE_MAX / width, SNAPSHOT_SIDE_MAX / height);
  const scale = Math.min(shrink, Math.max(1, SNAPSHOT_WIDTH_MIN / width));
  const m = measuresOf(even(width * scale), Math.max(1, Math.round(height * scale)));
  const resized = m.width === width && m.height === height ? upright : upright.resize(m.width, m.height, RESIZE);
  const { data } = await resized
    .toColourspace('srgb')
    .flatten({ background: '#000' })
    .extend({ bottom: m.barHeight, background: '#0f172a' })
    .composite([{ input: Buffer.from(sceneSvg(scene, m)), top: 0, left: 0 }])
    .jpeg({ quality: JPEG_QUALITY })
    .timeout({ seconds: DRAW_S_MAX })
    .toBuffer({ resolveWithObject: true });
  return data;
}

/** {@link drawScene} of an alert's picture. */
export const drawSnapshot: (picture: Uint8Array, scene: DrawnScene) => Promise<Buffer> = drawScene;

const RESIZE = { fit: 'fill', kernel: 'linear' } as const;
const even = (value: number): number => Math.max(2, 2 * Math.round(value / 2));

async function open(
  picture: Uint8Array | RawPicture,
): Promise<{ readonly upright: Sharp; readonly width: number; readonly height: number }> {
  if (!(picture instanceof Uint8Array)) {
    const { rgb, width, height } = picture;
    return { upright: sharp(rgb, { raw: { width, height, channels: 3 } }), width, height };
  }
  const image = sharp(picture, { failOn: 'error', sequentialRead: true });
  const { format, width, height, autoOrient } = await image.metadata();
  return format === 'jpeg'
    ? { upright: image.autoOrient(), width: autoOrient.width, height: autoOrient.height }
    : { upright: image, width, height };
}
