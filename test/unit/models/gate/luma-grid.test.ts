import { describe, expect, it } from 'vitest';
import { CELLS_LONGER_SIDE, gridOf } from '../../../../models/gate/luma-grid.ts';
import { headerOf, type Scene, slotOf, street } from './scenes.ts';

const wide = headerOf(640, 352);

describe('a grid of mean brightness', () => {
  it('has cells of 8 pixels at an input of 320, over the picture alone', () => {
    const grid = gridOf(
      slotOf(() => 100, 640, 352, 320, 255),
      320,
      wide,
    );
    expect([grid.columns, grid.rows]).toEqual([CELLS_LONGER_SIDE, 22]);
    expect(new Set(grid.cells)).toEqual(new Set([100]));
  });

  it('has the same cells at every input size, and ignores padding left and right of an upright picture too', () => {
    for (const size of [224, 320, 416, 512]) {
      const grid = gridOf(
        slotOf(() => 77, 352, 640, size, 255),
        size,
        headerOf(352, 640),
      );
      expect([grid.columns, grid.rows]).toEqual([22, CELLS_LONGER_SIDE]);
      expect(new Set(grid.cells)).toEqual(new Set([77]));
    }
  });

  it('turns with a picture that lies on its side', () => {
    const lying = { ...wide, orientation: 6 };
    const grid = gridOf(
      slotOf(() => 50, 352, 640, 320),
      320,
      lying,
    );
    expect([grid.columns, grid.rows]).toEqual([22, 40]);
  });

  it('shows an object in the cells it covers, and nowhere else', () => {
    // 4 by 2 cells from column 10, row 5.
    const object: Scene = (x, y) => (x >= 0.25 && x < 0.35 && y >= 0.125 && y < 0.175 ? 200 : 20);
    const grid = gridOf(slotOf(object, 640, 352, 320), 320, wide);
    grid.cells.forEach((luma, cell) => {
      const [column, row] = [cell % 40, Math.floor(cell / 40)];
      expect(luma).toBe(column >= 10 && column < 14 && row >= 5 && row < 7 ? 200 : 20);
    });
  });

  it('averages what is finer than a cell', () => {
    const stripes: Scene = (x) => (Math.floor(x * 80) % 2 === 0 ? 0 : 200);
    const grid = gridOf(slotOf(stripes, 640, 352, 320), 320, wide);
    expect(new Set(grid.cells)).toEqual(new Set([100]));
  });

  it.each([224, 416, 512])('differs between inputs of 320 and %i by less than a gate allows for', (size) => {
    const a = gridOf(slotOf(street, 640, 352, 320), 320, wide);
    const b = gridOf(slotOf(street, 640, 352, size), size, wide);
    const differences = [...a.cells].map((luma, i) => Math.abs(luma - (b.cells[i] ?? 0)));
    // 18 is three times the least threshold of the defaults; see OTHER_SIZE_FACTOR.
    expect(Math.max(...differences)).toBeLessThan(18);
  });

  it.each([
    [32, 640, 480],
    [64, 17, 1_000],
    [320, 5_000, 16],
    [1_024, 1_920, 1_080],
  ])('reads pixels of the picture only, at an input of %i and a picture of %ix%i', (size, width, height) => {
    const grid = gridOf(
      slotOf(() => 90, width, height, size, 255),
      size,
      headerOf(width, height),
    );
    expect(new Set(grid.cells)).toEqual(new Set([90]));
  });

  it('stays right when more shapes come by than it remembers', () => {
    for (let height = 100; height < 300; height++) {
      const grid = gridOf(
        slotOf(() => 33, 320, height, 32, 200),
        32,
        headerOf(320, height),
      );
      expect(new Set(grid.cells)).toEqual(new Set([33]));
    }
  });

  it('refuses a slot of another size', () => {
    expect(() => gridOf(new Uint8Array(224 * 224 * 3), 320, wide)).toThrow(RangeError);
  });
});
