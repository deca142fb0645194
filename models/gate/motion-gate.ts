import type { LumaGrid } from './luma-grid.ts';

export interface GateSettings {
  /** Least change of a cell that counts, of 255. */
  readonly lumaDifferenceMin: number;
  /** Cells that must change at once. */
  readonly cellsMin: number;
  /** A still scene is analysed all the same this often, ms. */
  readonly analyseEveryMsMax: number;
  /** Changes of less than this share of the cells are slight; 0 for none. {@link SLIGHT_ACTIVITY} where not set. */
  readonly slightActivity?: number;
}

export interface Look {
  /**
   * `moved`: analyse it. `due`: nothing moved, and it was analysed too long ago, or never: analyse it, but it is no
   * reason to sample faster. `slight`: something moves, but little changed since half a second ago: skip it and go on
   * sampling as for `moved`. `still`: skip it.
   */
  readonly kind: 'moved' | 'due' | 'slight' | 'still';
  readonly changedCells: number;
  /** Share of the cells that changed, 0..1. */
  readonly activity: number;
}

/**
 * A change of less than this share of the picture is slight. What is small in a picture also moves by few pixels, being
 * far or slow, and is followed nearly as well from two frames a second; docs/gating.md has what that saves and misses.
 */
export const SLIGHT_ACTIVITY = 0.05;
/** A slight change is analysed this often: twice a second, with room for frames that come a little early. */
export const SLIGHT_EVERY_MS = 450;
/** Thresholds rise with a cell's own noise, up to so many times the least: what passes that is no noise. */
const THRESHOLD_RISE_MAX = 4;
/** A cell whose difference is normally distributed passes 4 times its median one time in 140. */
const NOISE_FACTOR = 4;
/** Noise is kept in eighths of a grey level, so that a byte holds it and one step is small. */
const NOISE_UNITS = 8;
/** Between grids of two input sizes: resampling alone moves a cell by up to 13 of 255 (docs/gating.md). */
const OTHER_SIZE_FACTOR = 3;
/** A brightness shift of the whole picture beyond this is no cloud and no exposure step, and counts as movement. */
const SHIFT_MAX = 40;

/** Differences of two grids lie within -255..255. Looking is synchronous: one histogram serves all gates. */
const histogram = new Uint16Array(511);

/**
 * One camera's memory of its scene: did anything move since the frame that was last analysed? Comparing with that one,
 * and not with the one before, lets slow movement add up.
 *
 * Each cell has a noise estimate, the running median of its differences (sigma-delta: Manzanera and Richefeu, Pattern
 * Recognition Letters 28, 2007): water and swaying trees, which change more often than not, raise their own threshold;
 * traffic that passes does not. Brightness that shifts everywhere alike (clouds, exposure) is taken out as the median
 * difference.
 *
 * It holds one byte per cell for the reference and one for the noise: 1.8 KB at 16:9, 3.2 KB for a square picture.
 */
export class MotionGate {
  readonly #settings: GateSettings;
  #reference: LumaGrid | undefined;
  #analysedAtMs = 0;
  /** In 1 / NOISE_UNITS of 255, per cell. */
  #noise = new Uint8Array(0);

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /**
   * Says whether a frame has to be analysed. The reference stays as it is: a frame that is then lost, or put back,
   * changes nothing. A frame that is skipped is settled by that and teaches its noise.
   *
   * @param atMs when the frame was received, monotonic ms.
   * @param slightActivity see {@link GateSettings}; 0 where there is capacity to spare, so that small things too are
   *   followed at the full rate.
   */
  look(grid: LumaGrid, atMs: number, slightActivity = this.#settings.slightActivity ?? SLIGHT_ACTIVITY): Look {
    const reference = this.#reference;
    if (reference === undefined) return { kind: 'due', changedCells: 0, activity: 0 };
    const { length } = grid.cells;
    const { changedCells, clearly } = sameLayout(grid, reference)
      ? this.#compare(grid, reference)
      : { changedCells: length, clearly: length };
    const activity = changedCells / length;
    const sinceMs = atMs - this.#analysedAtMs;
    // The smallest objects a model finds are hardly larger than a cell: a clear change of one counts as two.
    const moved = changedCells + clearly >= this.#settings.cellsMin;
    if (moved && (activity >= slightActivity || sinceMs >= SLIGHT_EVERY_MS)) {
      return { kind: 'moved', changedCells, activity };
    }
    if (!moved && sinceMs >= this.#settings.analyseEveryMsMax) return { kind: 'due', changedCells, activity };
    this.#learnNoise(grid, reference);
    return { kind: moved ? 'slight' : 'still', changedCells, activity };
  }

  /**
   * Takes the frame as the one to compare with from now on; to be called once its detections are there, in the order
   * of the camera's frames. The grid is kept: it must not change any more.
   *
   * @param atMs when the frame was received, monotonic ms.
   */
  analysed(grid: LumaGrid, atMs: number): void {
    if (this.#reference !== undefined) this.#learnNoise(grid, this.#reference);
    if (this.#noise.length !== grid.cells.length) this.#noise = new Uint8Array(grid.cells.length);
    this.#reference = grid;
    this.#analysedAtMs = atMs;
  }

  /** Counts the cells that changed by their threshold or more, and of those the ones that changed by twice as much. */
  #compare(grid: LumaGrid, reference: LumaGrid): { readonly changedCells: number; readonly clearly: number } {
    const { lumaDifferenceMin } = this.#settings;
    const sizeFactor = grid.inputSize === reference.inputSize ? 1 : OTHER_SIZE_FACTOR;
    const least = lumaDifferenceMin * sizeFactor;
    const most = least * THRESHOLD_RISE_MAX;
    const shift = boundedShift(grid.cells, reference.cells);
    let changedCells = 0;
    let clearly = 0;
    for (let cell = 0; cell < grid.cells.length; cell++) {
      const difference = Math.abs((grid.cells[cell] ?? 0) - (reference.cells[cell] ?? 0) - shift);
      if (difference < least) continue;
      const threshold = Math.max(least, Math.min(most, ((this.#noise[cell] ?? 0) * NOISE_FACTOR) / NOISE_UNITS));
      if (difference < threshold) continue;
      changedCells++;
      if (difference >= 2 * threshold) clearly++;
    }
    return { changedCells, clearly };
  }

  #learnNoise(grid: LumaGrid, reference: LumaGrid): void {
    if (!sameLayout(grid, reference) || grid.inputSize !== reference.inputSize) return;
    const shift = boundedShift(grid.cells, reference.cells);
    const noiseMax = Math.min(
      255,
      (this.#settings.lumaDifferenceMin * THRESHOLD_RISE_MAX * NOISE_UNITS) / NOISE_FACTOR,
    );
    for (let cell = 0; cell < grid.cells.length; cell++) {
      const difference = Math.abs((grid.cells[cell] ?? 0) - (reference.cells[cell] ?? 0) - shift) * NOISE_UNITS;
      const noise = this.#noise[cell] ?? 0;
      if (difference > noise && noise < noiseMax) this.#noise[cell] = noise + 1;
      else if (difference < noise) this.#noise[cell] = noise - 1;
    }
  }
}

/** One gate per camera. */
export function createGate(settings: GateSettings): MotionGate {
  return new MotionGate(settings);
}

function sameLayout(a: LumaGrid, b: LumaGrid): boolean {
  return a.columns === b.columns && a.rows === b.rows;
}

/** The median of `cells - reference`, or 0 where it is too large to be a change of light. */
function boundedShift(cells: Uint8Array, reference: Uint8Array): number {
  histogram.fill(0);
  for (let cell = 0; cell < cells.length; cell++) {
    const bin = (cells[cell] ?? 0) - (reference[cell] ?? 0) + 255;
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  const half = cells.length / 2;
  let below = 0;
  for (let bin = 0; bin < histogram.length; bin++) {
    below += histogram[bin] ?? 0;
    if (below >= half) return Math.abs(bin - 255) <= SHIFT_MAX ? bin - 255 : 0;
  }
  return 0;
}
