import type { ImageHeader } from '../../../../core/frame.ts';
import { createRandom, gaussian, type Random } from '../../../../core/random.ts';
import { letterbox } from '../../../../models/decode/letterbox.ts';
import type { LumaGrid } from '../../../../models/gate/luma-grid.ts';

export const headerOf = (width: number, height: number): ImageHeader => ({
  format: 'jpeg',
  width,
  height,
  orientation: 1,
  components: 3,
});

/** Brightness 0..255 of a scene at a place given as shares of its width. */
export type Scene = (x: number, y: number) => number;

/** A slot as the decoder leaves it: the scene letterboxed, each pixel the mean of 4 by 4 samples, padding as told. */
export function slotOf(scene: Scene, width: number, height: number, size: number, padding = 0): Uint8Array {
  const fit = letterbox(width, height, size);
  const slot = new Uint8Array(size * size * 3).fill(padding);
  const pixel = 1 / Math.max(fit.scaledWidth, fit.scaledHeight);
  for (let y = 0; y < fit.scaledHeight; y++) {
    for (let x = 0; x < fit.scaledWidth; x++) {
      let sum = 0;
      for (let i = 0; i < 16; i++) sum += scene((x + ((i & 3) + 0.5) / 4) * pixel, (y + ((i >> 2) + 0.5) / 4) * pixel);
      slot.fill(Math.round(sum / 16), at(x, y), at(x, y) + 3);
    }
  }
  return slot;

  function at(x: number, y: number): number {
    return ((fit.offsetY + y) * size + fit.offsetX + x) * 3;
  }
}

/** Edges in all directions, some finer than a cell: kerbs, windows, fences. */
export const street: Scene = (x, y) => {
  const kerb = y > 0.3 + 0.2 * x ? 70 : 130;
  const windows = Math.sin(x * 60) > 0.3 && Math.sin(y * 45) > 0 ? 60 : 0;
  const fence = y > 0.45 && Math.sin(x * 200) > 0 ? 20 : 0;
  return kerb + windows + fence;
};

export const COLUMNS = 40;
export const ROWS = 22;

/** A grid made by hand, 40 by 22 cells. */
export function gridBy(luma: (column: number, row: number) => number, inputSize = 320): LumaGrid {
  const cells = Uint8Array.from({ length: COLUMNS * ROWS }, (_, i) =>
    Math.round(Math.min(255, Math.max(0, luma(i % COLUMNS, Math.floor(i / COLUMNS))))),
  );
  return { columns: COLUMNS, rows: ROWS, inputSize, cells };
}

/** A still scene with detail, without noise. */
export const base = (column: number, row: number): number => 90 + 40 * Math.sin(column * 1.7) * Math.cos(row * 2.3);

/** What noise a cell of 8 by 8 pixels keeps of a sensor's. */
export function noisy(luma: (column: number, row: number) => number, sigma: number, random: Random): LumaGrid {
  return gridBy((column, row) => luma(column, row) + sigma * gaussian(random));
}

export { createRandom };
