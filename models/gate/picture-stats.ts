import { type ImageHeader, uprightSize } from '../../core/frame.ts';
import type { PictureStats } from '../../core/picture-stats.ts';
import { letterbox } from '../decode/letterbox.ts';

/** Cells of the edge map along the picture's longer side. */
export const EDGE_CELLS_LONGER_SIDE = 32;
/** Places of the lattice along each side of a cell: 128 along the longer side, which an input of 224 still resolves. */
const PLACES = 4;
/** Of one place out of so many, in both directions, the colour is looked at. */
const COLOUR_STRIDE = 3;
const DARK_BELOW = 16;
const BRIGHT_ABOVE = 239;
/** |dx| + |dy| of a lattice reaches 510; where the mean over a cell is beyond 64 it is as strong as any. */
const EDGE_GAIN = 4;

/**
 * Where the lattice lies in a slot: byte offsets of each place's rows and columns, twice, so that a place that falls
 * between two pixels is the mean of them. The same for all frames of one shape.
 */
interface LatticePlan {
  readonly columns: number;
  readonly rows: number;
  readonly rowAt: Int32Array;
  readonly rowBeside: Int32Array;
  readonly columnAt: Int32Array;
  readonly columnBeside: Int32Array;
  /** The lattice itself: filled and read within one call. Its words are what the fingerprint is made of. */
  readonly lattice: Uint8Array;
  readonly words: Int32Array;
}

const plans = new Map<number, LatticePlan>();
/** Shapes in use at once are few; a node fed with odd ones forgets all and begins anew. */
const PLANS_MAX = 64;

/**
 * What one decoded picture says about the camera: brightness, colour, sharpness, edges. Padding is left out.
 *
 * All is read off a lattice of 128 places along the picture's longer side, whatever the input size. What is blurred by
 * less than half a place (2.5 pixels of 640) cannot be told from what is sharp. Brightness is that of the green channel,
 * as in luma-grid.ts. Smaller inputs were smoothed more when they were decoded: on real footage sharpness is 0.61 to
 * 0.70 of that at 320 where the input is 224, 1.00 to 1.23 at 416 and 1.05 to 1.30 at 512.
 *
 * It takes 80 to 100 µs on a Xeon core, at every input size from 224 to 512.
 *
 * @param slot `[inputSize, inputSize, 3]`, RGB, as `Decoder.decodeInto` leaves it.
 * @param header of the picture: says where in the square it lies.
 */
export function pictureStats(slot: Uint8Array, inputSize: number, header: ImageHeader): PictureStats {
  if (slot.byteLength !== inputSize * inputSize * 3) {
    throw new RangeError(`slot of ${slot.byteLength} bytes for size ${inputSize}`);
  }
  const plan = planFor(inputSize, header);
  const light = readLattice(slot, plan);
  const { edges, sharpness } = edgesOf(plan);
  return {
    ...light,
    colour: colourOf(slot, plan),
    sharpness,
    edges,
    columns: plan.columns / PLACES,
    rows: plan.rows / PLACES,
    fingerprint: fingerprintOf(plan.words),
  };
}

/** Fills the lattice: each place is the mean of two pixels, diagonally beside each other. */
function readLattice(
  slot: Uint8Array,
  plan: LatticePlan,
): Pick<PictureStats, 'mean' | 'deviation' | 'darkShare' | 'brightShare'> {
  const { columns, rows, rowAt, rowBeside, columnAt, columnBeside, lattice } = plan;
  let sum = 0;
  let squares = 0;
  let dark = 0;
  let bright = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    const y = rowAt[row] ?? 0;
    const yBeside = rowBeside[row] ?? 0;
    for (let column = 0; column < columns; column++, at++) {
      const first = slot[y + (columnAt[column] ?? 0)] ?? 0;
      const second = slot[yBeside + (columnBeside[column] ?? 0)] ?? 0;
      const luma = (first + second + 1) >> 1;
      lattice[at] = luma;
      sum += luma;
      squares += luma * luma;
      if (luma < DARK_BELOW) dark++;
      else if (luma > BRIGHT_ABOVE) bright++;
    }
  }
  const n = columns * rows;
  const mean = sum / n;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / n - mean * mean)),
    darkShare: dark / n,
    brightShare: bright / n,
  };
}

/** Gradient and Laplacian at every other place of the lattice, as the black squares of a chessboard. */
function edgesOf(plan: LatticePlan): { readonly edges: Uint8Array; readonly sharpness: number } {
  const { columns, rows, lattice } = plan;
  const cellColumns = columns / PLACES;
  const sums = new Int32Array(cellColumns * (rows / PLACES));
  let sum = 0;
  let squares = 0;
  let n = 0;
  for (let row = 1; row < rows - 1; row++) {
    const cellRow = ((row / PLACES) | 0) * cellColumns;
    for (let column = 1 + (row & 1), at = row * columns + column; column < columns - 1; column += 2, at += 2) {
      const left = lattice[at - 1] ?? 0;
      const right = lattice[at + 1] ?? 0;
      const above = lattice[at - columns] ?? 0;
      const below = lattice[at + columns] ?? 0;
      const laplacian = left + right + above + below - 4 * (lattice[at] ?? 0);
      sum += laplacian;
      squares += laplacian * laplacian;
      n++;
      const cell = cellRow + ((column / PLACES) | 0);
      sums[cell] = (sums[cell] ?? 0) + Math.abs(right - left) + Math.abs(below - above);
    }
  }
  if (n === 0) return { edges: new Uint8Array(sums.length), sharpness: 0 };
  const scale = EDGE_GAIN / ((PLACES * PLACES) / 2);
  const mean = sum / n;
  // By hand: `Uint8Array.from` with a function takes longer than all of the above.
  const edges = new Uint8Array(sums.length);
  for (let cell = 0; cell < edges.length; cell++) edges[cell] = Math.min(255, (sums[cell] ?? 0) * scale);
  return { edges, sharpness: squares / n - mean * mean };
}

/** Mean of largest minus smallest channel. */
function colourOf(slot: Uint8Array, plan: LatticePlan): number {
  const { columns, rows, rowAt, columnAt } = plan;
  let sum = 0;
  let n = 0;
  for (let row = COLOUR_STRIDE >> 1; row < rows; row += COLOUR_STRIDE) {
    const y = rowAt[row] ?? 0;
    for (let column = COLOUR_STRIDE >> 1; column < columns; column += COLOUR_STRIDE, n++) {
      const at = y + (columnAt[column] ?? 0);
      const red = slot[at - 1] ?? 0;
      const green = slot[at] ?? 0;
      const blue = slot[at + 1] ?? 0;
      sum += Math.max(red, green, blue) - Math.min(red, green, blue);
    }
  }
  return n === 0 ? 0 : sum / n;
}

/** FNV-1a (Fowler, Noll, Vo), by words of 32 bits instead of bytes. */
function fingerprintOf(words: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

function planFor(inputSize: number, header: ImageHeader): LatticePlan {
  const { width, height } = uprightSize(header);
  const fit = letterbox(width, height, inputSize);
  const longer = Math.max(width, height);
  const placesOf = (side: number): number => Math.max(1, Math.round((side * EDGE_CELLS_LONGER_SIDE) / longer)) * PLACES;
  const columns = placesOf(width);
  const rows = placesOf(height);
  // Pictures of one scaled size may differ by a row of cells. Doubles hold 53 bits; these are 13 + 13 + 13 + 8.
  const key = ((inputSize * 8_192 + fit.scaledWidth) * 8_192 + fit.scaledHeight) * 256 + Math.min(columns, rows);
  const known = plans.get(key);
  if (known !== undefined) return known;
  const green = 1;
  const across = places(columns, fit.scaledWidth);
  const down = places(rows, fit.scaledHeight);
  const bytes = new ArrayBuffer(Math.ceil((columns * rows) / 4) * 4);
  const plan: LatticePlan = {
    columns,
    rows,
    rowAt: down.first.map((y) => (fit.offsetY + y) * inputSize * 3),
    rowBeside: down.second.map((y) => (fit.offsetY + y) * inputSize * 3),
    columnAt: across.first.map((x) => (fit.offsetX + x) * 3 + green),
    columnBeside: across.second.map((x) => (fit.offsetX + x) * 3 + green),
    lattice: new Uint8Array(bytes),
    words: new Int32Array(bytes),
  };
  if (plans.size >= PLANS_MAX) plans.clear();
  plans.set(key, plan);
  return plan;
}

/** The two pixels around the middle of each of `count` equal parts of an extent; the same one where it is alone. */
function places(count: number, extent: number): { readonly first: Int32Array; readonly second: Int32Array } {
  const pitch = extent / count;
  const middle = (i: number): number => (i + 0.5) * pitch;
  const pixel = (at: number): number => Math.min(extent - 1, Math.max(0, Math.floor(at)));
  return {
    first: Int32Array.from({ length: count }, (_, i) => pixel(middle(i) - pitch / 4)),
    second: Int32Array.from({ length: count }, (_, i) => pixel(middle(i) + pitch / 4)),
  };
}
