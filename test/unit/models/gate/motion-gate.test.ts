import { describe, expect, it } from 'vitest';
import { gridOf } from '../../../../models/gate/luma-grid.ts';
import { createGate, SLIGHT_EVERY_MS } from '../../../../models/gate/motion-gate.ts';
import { base, createRandom, gridBy, headerOf, noisy, type Scene, slotOf, street } from './scenes.ts';

const settings = { lumaDifferenceMin: 6, cellsMin: 2, analyseEveryMsMax: 5_000 };
const still = gridBy(base);

/** The still scene with a rectangle of cells raised. */
const withObject = (left: number, top: number, width: number, height: number, contrast = 40) =>
  gridBy((c, r) => base(c, r) + (c >= left && c < left + width && r >= top && r < top + height ? contrast : 0));

/** A gate that analysed the still scene at 0. */
const watching = () => {
  const gate = createGate(settings);
  gate.analysed(still, 0);
  return gate;
};

describe('a motion gate', () => {
  it('has the first frame of a camera analysed, without calling it movement', () => {
    expect(createGate(settings).look(still, 0).kind).toBe('due');
  });

  it('skips a scene in which nothing moves', () => {
    expect(watching().look(still, 200)).toEqual({ kind: 'still', changedCells: 0, activity: 0 });
  });

  it('sees an object that appears, however small a model still finds it', () => {
    expect(watching().look(withObject(20, 10, 2, 1), 500).kind).toBe('moved');
    expect(watching().look(withObject(20, 10, 1, 1), 500).kind).toBe('moved');
  });

  it('takes one cell that changes a little for a flicker', () => {
    expect(watching().look(withObject(20, 10, 1, 1, 10), 500)).toMatchObject({ kind: 'still', changedCells: 1 });
  });

  it('counts activity as the share of cells that changed', () => {
    const look = watching().look(withObject(0, 0, 20, 11), 200);
    expect(look).toEqual({ kind: 'moved', changedCells: 220, activity: 0.25 });
  });

  it('analyses a still scene all the same now and then', () => {
    const gate = watching();
    expect(gate.look(still, 4_999).kind).toBe('still');
    expect(gate.look(still, 5_000).kind).toBe('due');
    gate.analysed(still, 5_000);
    expect(gate.look(still, 5_200).kind).toBe('still');
  });

  it('skips slight movement for half a second, and large movement never', () => {
    const gate = watching();
    const small = withObject(20, 10, 4, 3);
    expect(gate.look(small, SLIGHT_EVERY_MS - 1).kind).toBe('slight');
    expect(gate.look(small, SLIGHT_EVERY_MS).kind).toBe('moved');
    expect(gate.look(withObject(10, 5, 8, 8), 40).kind).toBe('moved');
  });

  it('skips no slight movement where it is told that there is capacity to spare', () => {
    expect(watching().look(withObject(20, 10, 4, 3), 40, 0).kind).toBe('moved');
    expect(watching().look(still, 40, 0).kind).toBe('still');
  });

  it('lets slow movement add up until it shows', () => {
    const gate = watching();
    // An edge that brightens by one grey level each look: no two frames in a row differ by the threshold.
    const kinds = Array.from({ length: 8 }, (_, i) => gate.look(withObject(10, 5, 4, 4, i + 1), 500 + i * 100).kind);
    expect(kinds.slice(0, 5)).toEqual(Array(5).fill('still'));
    expect(kinds.at(-1)).toBe('moved');
  });

  it('compares with the frame last analysed: one looked at and then lost changes nothing', () => {
    const gate = watching();
    const moved = withObject(10, 5, 8, 8);
    expect(gate.look(moved, 200).kind).toBe('moved');
    expect(gate.look(moved, 400).kind).toBe('moved');
    gate.analysed(moved, 400);
    expect(gate.look(moved, 600).kind).toBe('still');
  });

  it('ignores light that shifts everywhere alike, and sees what moves in it', () => {
    const darker = (contrast: number) =>
      gridBy((c, r) => base(c, r) - 20 + (c >= 10 && c < 18 && r >= 5 && r < 13 ? contrast : 0));
    expect(watching().look(darker(0), 200)).toMatchObject({ kind: 'still', changedCells: 0 });
    expect(watching().look(darker(40), 200)).toMatchObject({ kind: 'moved', changedCells: 64 });
  });

  it('takes a lens that is covered for movement', () => {
    expect(
      watching().look(
        gridBy(() => 3),
        200,
      ),
    ).toMatchObject({ kind: 'moved' });
  });

  it('skips the noise of a sensor', () => {
    const random = createRandom(7);
    const gate = createGate(settings);
    gate.analysed(noisy(base, 0.7, random), 0);
    for (let look = 1; look <= 60; look++) {
      expect(gate.look(noisy(base, 0.7, random), look * 80).kind).toBe('still');
    }
  });

  it('learns to skip a tree that sways, and still sees a car pass in front of it', () => {
    const random = createRandom(11);
    const tree = (c: number, r: number): boolean => c < 12 && r < 8;
    const swaying = (car: boolean) =>
      gridBy((c, r) => {
        const sway = tree(c, r) ? 12 * (random() - 0.5) : 0;
        return base(c, r) + sway + (car && c >= 4 && c < 10 && r >= 3 && r < 6 ? 70 : 0);
      });
    const gate = createGate(settings);
    const run = (from: number, looks: number): number => {
      let analysed = 0;
      for (let i = 0; i < looks; i++) {
        const atMs = (from + i) * 200;
        const grid = swaying(false);
        const { kind } = gate.look(grid, atMs);
        if (kind === 'still' || kind === 'slight') continue;
        gate.analysed(grid, atMs);
        if (kind === 'moved') analysed++;
      }
      return analysed;
    };
    const atFirst = run(0, 40);
    run(40, 200);
    const later = run(240, 200);
    expect(atFirst).toBeGreaterThan(5);
    expect(later).toBeLessThan(5);
    expect(gate.look(swaying(true), 440 * 200 + 500).kind).toBe('moved');
  });

  it('does not take traffic that passes for noise', () => {
    const gate = createGate(settings);
    let atMs = 0;
    // A car in one frame out of four, for minutes.
    for (let i = 0; i < 1_000; i++, atMs += 200) {
      gate.analysed(i % 4 === 0 ? withObject(10, 5, 8, 8) : still, atMs);
    }
    expect(gate.look(withObject(10, 5, 8, 8, 14), atMs)).toMatchObject({ kind: 'moved', changedCells: 64 });
  });

  it('sees a strong change even where noise never ends', () => {
    const random = createRandom(3);
    const gate = createGate(settings);
    for (let i = 0; i < 2_000; i++)
      gate.analysed(
        gridBy((c, r) => base(c, r) + 80 * (random() - 0.5)),
        i * 200,
      );
    gate.analysed(still, 80_000);
    expect(gate.look(withObject(10, 5, 8, 8, 60), 80_200).kind).toBe('moved');
  });

  it('does not take a switch of the input size for movement, and sees movement right after it', () => {
    const wide = headerOf(640, 352);
    const car: Scene = (x, y) => (x > 0.4 && x < 0.6 && y > 0.2 && y < 0.35 ? 230 : street(x, y));
    for (const size of [224, 416, 512]) {
      const gate = createGate(settings);
      gate.analysed(gridOf(slotOf(street, 640, 352, 320), 320, wide), 0);
      expect(gate.look(gridOf(slotOf(street, 640, 352, size), size, wide), 500).kind).toBe('still');
      expect(gate.look(gridOf(slotOf(car, 640, 352, size), size, wide), 500).kind).toBe('moved');
    }
  });

  it('has a picture of another shape analysed', () => {
    const gate = watching();
    const upright = { columns: 22, rows: 40, inputSize: 320, cells: new Uint8Array(880).fill(90) };
    expect(gate.look(upright, 200)).toMatchObject({ kind: 'moved', activity: 1 });
    gate.analysed(upright, 200);
    expect(gate.look(upright, 400).kind).toBe('still');
  });
});
