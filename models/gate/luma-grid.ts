import { type ImageHeader, uprightSize } from '../../core/frame.ts';
import { letterbox } from '../decode/letterbox.ts';

/**
 * A picture as the mean brightness of coarse cells: what the motion gate compares. Its layout follows from the
 * picture's shape alone, so grids of one camera can be compared whatever size they were decoded to.
 */
export interface LumaGrid {
  readonly columns: number;
  readonly rows: number;
  /** Side of the square the pixels came from: grids of different sizes differ a little by resampling alone. */
  readonly inputSize: number;
  /** Mean brightness 0..255 per cell, row by row. */
  readonly cells: Uint8Array;
}

/** Cells along the picture's longer side: 8 pixels each at an input of 320. */
export const CELLS_LONGER_SIDE = 40;

/** Places along each side of a cell, of which every other one is read, as the black squares of a chessboard. */
const PLACES = 8;
const SAMPLES = (PLACES * PLACES) / 2;

/**
 * Where in a slot the places lie: byte offsets of their rows, and within a row. The same for all frames of one shape.
 *
 * Cells are seldom a whole number of pixels. Where their edges were rounded to whole ones, a cell's mean differed by up
 * to 11 of 255 between input sizes (docs/gating.md), more than the least threshold; eighths of a cell come nearer.
 */
interface CellPlan {
  readonly columns: number;
  readonly rows: number;
  readonly rowAt: Int32Array;
  readonly columnAt: Int32Array;
}

const plans = new Map<number, CellPlan>();
/** Shapes in use at once are few; a node fed with odd ones forgets all and begins anew. */
const PLANS_MAX = 64;

/**
 * The grid of one decoded picture; the padding around it is left out. It costs the same whatever the input size.
 *
 * Brightness is that of the green channel, most of luma (0.587 by ITU-R BT.601): one load per pixel instead of three.
 *
 * @param slot `[inputSize, inputSize, 3]`, RGB, as `Decoder.decodeInto` leaves it.
 * @param header of the picture: says where in the square it lies.
 */
export function gridOf(slot: Uint8Array, inputSize: number, header: ImageHeader): LumaGrid {
  if (slot.byteLength !== inputSize * inputSize * 3) {
    throw new RangeError(`slot of ${slot.byteLength} bytes for size ${inputSize}`);
  }
  const { columns, rows, rowAt, columnAt } = planFor(inputSize, header);
  const cells = new Uint8Array(columns * rows);
  for (let row = 0, cell = 0; row < rows; row++) {
    // Eight rows at a time, written out: the sum stays in a register. Four more readings of `rowAt` per place would
    // double the time.
    const y = row * PLACES;
    const y0 = rowAt[y] ?? 0;
    const y1 = rowAt[y + 1] ?? 0;
    const y2 = rowAt[y + 2] ?? 0;
    const y3 = rowAt[y + 3] ?? 0;
    const y4 = rowAt[y + 4] ?? 0;
    const y5 = rowAt[y + 5] ?? 0;
    const y6 = rowAt[y + 6] ?? 0;
    const y7 = rowAt[y + 7] ?? 0;
    for (let column = 0, x = 0; column < columns; column++, cell++) {
      let sum = SAMPLES / 2; // rounds to the nearest
      for (const end = x + PLACES; x < end; x += 2) {
        const even = columnAt[x] ?? 0;
        const odd = columnAt[x + 1] ?? 0;
        sum += (slot[y0 + even] ?? 0) + (slot[y2 + even] ?? 0) + (slot[y4 + even] ?? 0) + (slot[y6 + even] ?? 0);
        sum += (slot[y1 + odd] ?? 0) + (slot[y3 + odd] ?? 0) + (slot[y5 + odd] ?? 0) + (slot[y7 + odd] ?? 0);
      }
      cells[cell] = sum / SAMPLES;
    }
  }
  return { columns, rows, inputSize, cells };
}

function planFor(inputSize: number, header: ImageHeader): CellPlan {
  const { width, height } = uprightSize(header);
  const fit = letterbox(width, height, inputSize);
  const longer = Math.max(width, height);
  const cellsOf = (side: number): number => Math.max(1, Math.round((side * CELLS_LONGER_SIDE) / longer));
  const columns = cellsOf(width);
  const rows = cellsOf(height);
  // Pictures of one scaled size may differ by a row of cells. Doubles hold 53 bits; these are 13 + 13 + 13 + 6.
  const key = ((inputSize * 8_192 + fit.scaledWidth) * 8_192 + fit.scaledHeight) * 64 + Math.min(columns, rows);
  const known = plans.get(key);
  if (known !== undefined) return known;
  const green = 1;
  const plan: CellPlan = {
    columns,
    rows,
    rowAt: places(rows * PLACES, fit.offsetY, fit.scaledHeight).map((y) => y * inputSize * 3),
    columnAt: places(columns * PLACES, fit.offsetX, fit.scaledWidth).map((x) => x * 3 + green),
  };
  if (plans.size >= PLANS_MAX) plans.clear();
  plans.set(key, plan);
  return plan;
}

/** The pixels at the middles of `count` equal parts of an extent. */
function places(count: number, offset: number, extent: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => offset + Math.floor(((i + 0.5) * extent) / count));
}
