import sharp, { type Sharp } from 'sharp';
import { FrameError } from '../../core/errors.ts';
import { type ImageHeader, uprightSize } from '../../core/frame.ts';

/**
 * Settings of the whole process: one thread per operation, since several pictures are decoded at once anyway, and no
 * cache of operations, since no two frames are equal.
 */
export function configureSharp(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

/**
 * Resizes packed RGB rows with libvips, off the main thread. The linear kernel is cheaper than Lanczos and does not
 * ring around edges.
 *
 * @returns width * height * 3 bytes of the new size.
 */
export async function resizeRgb(
  rgb: Buffer,
  from: { readonly width: number; readonly height: number },
  to: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  return await sharp(rgb, { raw: { width: from.width, height: from.height, channels: 3 }, limitInputPixels: false })
    .resize(to.width, to.height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
}

/**
 * Decodes any picture this node takes and resizes it to exactly `to`: rotated by EXIF, CMYK, PNG (16 bits too), WebP.
 * Alpha is laid over black; a colour profile is converted to sRGB.
 *
 * @returns to.width * to.height * 3 bytes, RGB.
 * @throws FrameError `image_truncated` or `image_corrupt`.
 */
export async function convertToRgb(
  bytes: Buffer,
  header: ImageHeader,
  to: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  try {
    let picture: Sharp = sharp(bytes, {
      limitInputPixels: header.width * header.height,
      failOn: 'warning',
      sequentialRead: true,
    });
    // Of PNG and WebP no orientation is read (core/png-webp-header.ts); sharp would find one.
    if (header.orientation !== 1) picture = picture.autoOrient();
    if (header.format !== 'jpeg') picture = picture.flatten({ background: '#000' });
    const { data, info } = await picture
      .resize(to.width, to.height, { fit: 'fill', kernel: 'linear' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width !== to.width || info.height !== to.height || info.channels !== 3) {
      throw new FrameError('image_corrupt', `decoded to ${info.width}x${info.height}x${info.channels}`);
    }
    return data;
  } catch (error) {
    if (error instanceof FrameError) throw error;
    const { width, height } = uprightSize(header);
    const message = error instanceof Error ? error.message : String(error);
    const truncated = /premature end of JPEG image|end of stream|not enough data/i.test(message);
    throw new FrameError(
      truncated ? 'image_truncated' : 'image_corrupt',
      // libvips appends a line per complaint; the first says what went wrong.
      `${header.format} of ${width}x${height}: ${message.split('\n', 1)[0]}`,
      { cause: error },
    );
  }
}
