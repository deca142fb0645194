/** Pixels of one picture: `channels` bytes each, rows from the top, nothing between them. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** A rectangle of a sheet and where it goes, all in pixels and in fractions of them. */
export interface Blit {
  readonly sourceX: number;
  readonly sourceY: number;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly x: number;
  readonly y: number;
  /** Target pixels per source pixel; not far below 1, since sampling is bilinear. */
  readonly scale: number;
  readonly opacity: number;
}

/**
 * Draws a rectangle of `sheet` (RGBA, colours already multiplied by alpha) over `target` (RGB). Bilinear, so that
 * things move by fractions of a pixel; in plain loops, because for some ten small sprites that is several times cheaper
 * than a pass of sharp's compositing over the whole frame.
 */
export function blend(target: Pixels, sheet: Pixels, blit: Blit): void {
  const { sourceX, sourceY, sourceWidth, sourceHeight, x, y, scale, opacity } = blit;
  const x0 = Math.max(0, Math.ceil(x - 0.5));
  const y0 = Math.max(0, Math.ceil(y - 0.5));
  const x1 = Math.min(target.width, Math.floor(x + sourceWidth * scale + 0.5));
  const y1 = Math.min(target.height, Math.floor(y + sourceHeight * scale + 0.5));
  const { data: from, width: stride } = sheet;
  const to = target.data;
  const step = 1 / scale;
  // A sample between the last pixel and the next sprite's must not reach beyond the sheet.
  const maxX = Math.min(sourceX + sourceWidth, sheet.width - 1) - 1;
  const maxY = Math.min(sourceY + sourceHeight, sheet.height - 1) - 1;
  for (let ty = y0; ty < y1; ty += 1) {
    const sy = Math.min(maxY, Math.max(0, sourceY + (ty + 0.5 - y) * step - 0.5));
    const rowIndex = Math.floor(sy);
    const fy = sy - rowIndex;
    const row = rowIndex * stride;
    for (let tx = x0; tx < x1; tx += 1) {
      const sx = Math.min(maxX, Math.max(0, sourceX + (tx + 0.5 - x) * step - 0.5));
      const column = Math.floor(sx);
      const fx = sx - column;
      const a = (row + column) * 4;
      const b = a + stride * 4;
      const w11 = fx * fy * opacity;
      const w10 = fx * opacity - w11;
      const w01 = fy * opacity - w11;
      const w00 = opacity - w10 - w01 - w11;
      const alpha = at(from, a + 3) * w00 + at(from, a + 7) * w10 + at(from, b + 3) * w01 + at(from, b + 7) * w11;
      if (alpha < 0.5) continue;
      const keep = 1 - alpha / 255;
      const t = (ty * target.width + tx) * 3;
      for (let c = 0; c < 3; c += 1) {
        const over =
          at(from, a + c) * w00 + at(from, a + 4 + c) * w10 + at(from, b + c) * w01 + at(from, b + 4 + c) * w11;
        to[t + c] = over + at(to, t + c) * keep + 0.5;
      }
    }
  }
}

const at = (data: Uint8Array | Uint8ClampedArray, index: number): number => data[index] ?? 0;
