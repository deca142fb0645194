import { describe, expect, it } from 'vitest';
import type { PictureStats } from '../../../../core/picture-stats.ts';
import { EDGE_CELLS_LONGER_SIDE, pictureStats } from '../../../../models/gate/picture-stats.ts';
import { createRandom, headerOf, type Scene, slotOf, street } from './scenes.ts';

const wide = headerOf(640, 352);
const SIZES = [224, 320, 416, 512];

function statsOf(scene: Scene, size = 320, width = 640, height = 352, padding = 0): PictureStats {
  return pictureStats(slotOf(scene, width, height, size, padding), size, headerOf(width, height));
}

/** The mean of a scene around each place: a lens out of focus by `reach`, a share of the width. */
const blurred =
  (scene: Scene, reach: number): Scene =>
  (x, y) => {
    let sum = 0;
    for (let i = -2; i <= 2; i++) for (let j = -2; j <= 2; j++) sum += scene(x + (i * reach) / 2, y + (j * reach) / 2);
    return sum / 25;
  };

/** How alike two edge maps are: their correlation. */
function likeness(a: PictureStats, b: PictureStats): number {
  const meanOf = (values: Uint8Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [meanA, meanB] = [meanOf(a.edges), meanOf(b.edges)];
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  a.edges.forEach((value, i) => {
    const [da, db] = [value - meanA, (b.edges[i] ?? 0) - meanB];
    both += da * db;
    squareA += da * da;
    squareB += db * db;
  });
  return both / Math.sqrt(squareA * squareB);
}

describe('what a picture says about its camera', () => {
  it.each(SIZES)('is the brightness of the picture alone, not of the padding around it, at an input of %i', (size) => {
    for (const [width, height] of [
      [640, 352],
      [352, 640],
      [300, 300],
    ] as const) {
      const stats = statsOf(() => 100, size, width, height, 255);
      expect(stats).toMatchObject({ mean: 100, deviation: 0, darkShare: 0, brightShare: 0, colour: 0, sharpness: 0 });
      expect(Math.max(...stats.edges)).toBe(0);
    }
  });

  it('tells how much of it is nearly black and nearly white', () => {
    const stats = statsOf((x) => (x < 0.25 ? 5 : x < 0.75 ? 128 : 250));
    expect(stats.darkShare).toBeCloseTo(0.25, 1);
    expect(stats.brightShare).toBeCloseTo(0.25, 1);
    expect(stats.mean).toBeCloseTo(0.25 * 5 + 0.5 * 128 + 0.25 * 250, -1);
  });

  it('tells how far brightness spreads', () => {
    expect(statsOf((x) => (x < 0.5 ? 50 : 150)).deviation).toBeCloseTo(50, 0);
  });

  it('sees colour, and none in the grey of infrared light', () => {
    const size = 320;
    const slot = slotOf(street, 640, 352, size);
    expect(pictureStats(slot, size, wide).colour).toBe(0);
    for (let at = 0; at < slot.length; at += 3) {
      slot[at] = 140;
      slot[at + 1] = 100;
      slot[at + 2] = 90;
    }
    expect(pictureStats(slot, size, wide).colour).toBe(50);
  });

  it('has its edges in cells that follow from the shape of the picture alone', () => {
    for (const size of SIZES) {
      const lying = statsOf(street, size);
      expect([lying.columns, lying.rows, lying.edges.length]).toEqual([EDGE_CELLS_LONGER_SIDE, 18, 32 * 18]);
      const upright = statsOf(street, size, 352, 640);
      expect([upright.columns, upright.rows]).toEqual([18, EDGE_CELLS_LONGER_SIDE]);
    }
  });

  it('turns with a picture that lies on its side', () => {
    const stats = pictureStats(
      slotOf(() => 50, 352, 640, 320),
      320,
      { ...wide, orientation: 6 },
    );
    expect([stats.columns, stats.rows]).toEqual([18, 32]);
  });

  it('has edges where the scene has them, and nowhere else', () => {
    const { edges, columns, rows } = statsOf((x) => (x < 0.5 ? 60 : 160));
    for (let row = 1; row < rows - 1; row++) {
      for (let column = 0; column < columns; column++) {
        const strength = edges[row * columns + column] ?? 0;
        if (column < 15 || column > 16) expect(strength).toBe(0);
      }
      expect((edges[row * columns + 15] ?? 0) + (edges[row * columns + 16] ?? 0)).toBeGreaterThan(50);
    }
  });

  it.each([224, 416, 512])('has the same edges at inputs of 320 and %i', (size) => {
    expect(likeness(statsOf(street), statsOf(street, size))).toBeGreaterThan(0.9);
  });

  it('has other edges once the camera looks elsewhere', () => {
    expect(
      likeness(
        statsOf(street),
        statsOf((x, y) => street(x + 0.13, y + 0.08)),
      ),
    ).toBeLessThan(0.6);
  });

  it('is less sharp the further a lens is out of focus', () => {
    const [sharp, little, far] = [street, blurred(street, 0.006), blurred(street, 0.02)].map(
      (scene) => statsOf(scene).sharpness,
    );
    expect(little).toBeLessThan((sharp ?? 0) * 0.8);
    expect(far).toBeLessThan((sharp ?? 0) * 0.3);
  });

  it('is as sharp at one input size as at another, by far more than a blur', () => {
    const sharp = SIZES.map((size) => statsOf(street, size).sharpness);
    // 0.35 of what is usual is blurred, by the defaults.
    expect(Math.min(...sharp) / Math.max(...sharp)).toBeGreaterThan(0.45);
  });

  it('has another fingerprint for each picture of a sensor with noise, and the same for the same picture', () => {
    const random = createRandom(7);
    const noisy = (): Scene => (x, y) => street(x, y) + (random() < 0.02 ? 8 : 0);
    const prints = Array.from({ length: 20 }, () => statsOf(noisy()).fingerprint);
    expect(new Set(prints).size).toBe(20);
    expect(statsOf(street).fingerprint).toBe(statsOf(street).fingerprint);
  });

  it('keeps nothing of one picture for the next, whatever sizes and shapes come in between', () => {
    const first = statsOf(street);
    statsOf(() => 250, 512);
    statsOf(blurred(street, 0.01), 320, 352, 640);
    statsOf(() => 3);
    expect(statsOf(street)).toEqual(first);
  });

  it('stands pictures of any shape, down to one row of cells', () => {
    for (const [width, height] of [
      [2_000, 16],
      [16, 2_000],
      [16, 16],
    ] as const) {
      const stats = statsOf((x) => 40 + 100 * x, 224, width, height);
      expect(stats.edges.length).toBe(stats.columns * stats.rows);
      expect(Number.isFinite(stats.sharpness)).toBe(true);
      expect(stats.mean).toBeGreaterThan(35);
    }
  });

  it('refuses a slot of another size', () => {
    expect(() => pictureStats(new Uint8Array(10), 320, wide)).toThrow(RangeError);
  });
});
