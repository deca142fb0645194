import type { PictureStats } from '../../core/picture-stats.ts';

interface Usual {
  readonly looks: number;
  readonly sinceMs: number;
  readonly atMs: number;
  /** Relative, see {@link relativeSharpness}. */
  readonly sharpness: number;
  readonly deviation: number;
  /** Mean, 0..255; next to none where the camera sees by infrared light, or nothing but asphalt. */
  readonly colour: number;
  /** How like the usual one pictures are by and large, 0..1: lower where much of the picture moves. */
  readonly likeness: number;
  readonly columns: number;
  readonly rows: number;
}

/** Plain JSON. */
export interface UsualViewState extends Usual {
  /** Mean edge strength per cell. */
  readonly edges: readonly number[];
}

/** Looks and time before what is usual counts as known. */
const LOOKS_MIN = 30;
const KNOWN_AFTER_MS = 10_000;
/** What is usual follows the scene with this time constant, once known. */
const FOLLOW_MS = 300_000;
/** Tiles a picture is compared by, across its longer and its shorter side. */
const TILES_LONGER = 4;
const TILES_SHORTER = 3;
/** Cells to either side that an edge is held against: what is coarser is light and shade. */
const AROUND = 2;
/** An edge map with less than this in all is that of a wall. */
const STRUCTURE_MIN = 1;

/**
 * What a camera usually sees: how sharp, and where edges lie. Traffic passes, the kerb stays: slowly learned from good
 * pictures, it is the scene without what moves.
 */
export class UsualView {
  #state: Usual | null;
  #edges: Float64Array;

  constructor(state: UsualViewState | null) {
    this.#state = state;
    this.#edges = Float64Array.from(state?.edges ?? []);
  }

  /** Whether enough was seen to hold something against it. */
  get known(): boolean {
    const s = this.#state;
    return s !== null && s.looks >= LOOKS_MIN && s.atMs - s.sinceMs >= KNOWN_AFTER_MS;
  }

  /** How like what is usual pictures are by and large, 0..1. */
  get usualLikeness(): number {
    return this.#state?.likeness ?? 1;
  }

  /** Relative. */
  get sharpness(): number {
    return this.#state?.sharpness ?? 0;
  }

  get deviation(): number {
    return this.#state?.deviation ?? 0;
  }

  get colour(): number {
    return this.#state?.colour ?? 0;
  }

  /** @param likeness of the picture, as {@link likeness} tells it */
  learn(picture: PictureStats, atMs: number, likeness: number): void {
    const s = this.#state;
    if (s === null || s.columns !== picture.columns || s.rows !== picture.rows) return this.#begin(picture, atMs);
    // At first the plain mean, so that one odd picture at the start does not stay for minutes.
    const share = Math.max(1 / (s.looks + 1), 1 - Math.exp(-Math.max(0, atMs - s.atMs) / FOLLOW_MS));
    const rate = s.looks < LOOKS_MIN ? 1 / (s.looks + 1) : Math.min(share, 1 / LOOKS_MIN);
    for (let cell = 0; cell < this.#edges.length; cell++) {
      const usual = this.#edges[cell] ?? 0;
      this.#edges[cell] = usual + ((picture.edges[cell] ?? 0) - usual) * rate;
    }
    this.#state = {
      ...s,
      looks: s.looks + 1,
      atMs,
      sharpness: s.sharpness + (relativeSharpness(picture) - s.sharpness) * rate,
      deviation: s.deviation + (picture.deviation - s.deviation) * rate,
      colour: s.colour + (picture.colour - s.colour) * rate,
      likeness: s.likeness + (likeness - s.likeness) * rate,
    };
  }

  /**
   * Likeness of a picture's edges to the usual ones, 0..1: the correlation (zero-mean normalised cross-correlation, Lewis
   * 1995) of edges that stand out from those around them, tile by tile, over the better half of what structure there is.
   * Light and exposure scale both alike and do not matter. A lorry before the camera hides some tiles; a camera that was
   * moved shows none where they were. 1 where nothing can be told, for there is no structure to be known by.
   */
  likeness({ edges, columns, rows }: PictureStats): number {
    const s = this.#state;
    if (s === null || s.columns !== columns || s.rows !== rows) return 1;
    const seen = standingOut(edges, columns, rows);
    const usual = standingOut(this.#edges, columns, rows);
    const [across, down] = columns >= rows ? [TILES_LONGER, TILES_SHORTER] : [TILES_SHORTER, TILES_LONGER];
    const tiles: { readonly likeness: number; readonly weight: number }[] = [];
    for (let row = 0; row < down; row++) {
      for (let column = 0; column < across; column++) {
        const left = Math.floor((column * columns) / across);
        const right = Math.floor(((column + 1) * columns) / across);
        const top = Math.floor((row * rows) / down);
        const bottom = Math.floor(((row + 1) * rows) / down);
        tiles.push(tileLikeness(seen, usual, columns, [left, top, right, bottom]));
      }
    }
    const half = tiles.reduce((sum, { weight }) => sum + weight, 0) / 2;
    if (half < STRUCTURE_MIN) return 1;
    tiles.sort((a, b) => b.likeness - a.likeness);
    let sum = 0;
    let left = half;
    for (const tile of tiles) {
      const weight = Math.min(tile.weight, left);
      sum += tile.likeness * weight;
      left -= weight;
    }
    return Math.max(0, sum / half);
  }

  state(): UsualViewState | null {
    return this.#state === null
      ? null
      : { ...this.#state, edges: Array.from(this.#edges, (e) => Math.round(e * 100) / 100) };
  }

  #begin(picture: PictureStats, atMs: number): void {
    const { deviation, colour, columns, rows, edges } = picture;
    this.#edges = Float64Array.from(edges);
    const sharpness = relativeSharpness(picture);
    this.#state = { looks: 1, sinceMs: atMs, atMs, sharpness, deviation, colour, likeness: 1, columns, rows };
  }
}

/** Sharpness without contrast: dusk and fog take away both, a lens out of focus only the former. */
export function relativeSharpness({ sharpness, deviation }: PictureStats): number {
  return sharpness / Math.max(1, deviation ** 2);
}

/** How much stronger the edges of each cell are than those around it: square roots, so that one lamp is not all there is. */
function standingOut(edges: ArrayLike<number>, columns: number, rows: number): Float64Array {
  const roots = new Float64Array(columns * rows);
  for (let i = 0; i < roots.length; i++) roots[i] = Math.sqrt(edges[i] ?? 0);
  const across = new Float64Array(roots.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = Math.max(0, column - AROUND);
      const to = Math.min(columns - 1, column + AROUND);
      let sum = 0;
      for (let x = from; x <= to; x++) sum += roots[row * columns + x] ?? 0;
      across[row * columns + column] = sum / (to - from + 1);
    }
  }
  const out = new Float64Array(roots.length);
  for (let row = 0; row < rows; row++) {
    const from = Math.max(0, row - AROUND);
    const to = Math.min(rows - 1, row + AROUND);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = from; y <= to; y++) sum += across[y * columns + column] ?? 0;
      const at = row * columns + column;
      out[at] = (roots[at] ?? 0) - sum / (to - from + 1);
    }
  }
  return out;
}

/** Correlation of one tile, -1..1 and 0 where it is bare, and how much structure the usual one has. */
function tileLikeness(
  seen: Float64Array,
  usual: Float64Array,
  columns: number,
  [left, top, right, bottom]: readonly [number, number, number, number],
): { readonly likeness: number; readonly weight: number } {
  const n = (right - left) * (bottom - top);
  if (n === 0) return { likeness: 0, weight: 0 };
  let sumA = 0;
  let sumB = 0;
  let both = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const a = seen[y * columns + x] ?? 0;
      const b = usual[y * columns + x] ?? 0;
      sumA += a;
      sumB += b;
      both += a * b;
      squaresA += a * a;
      squaresB += b * b;
    }
  }
  const varianceA = squaresA - (sumA * sumA) / n;
  const varianceB = squaresB - (sumB * sumB) / n;
  if (varianceA <= 0 || varianceB <= 0) return { likeness: 0, weight: Math.sqrt(Math.max(0, varianceB)) };
  return { likeness: (both - (sumA * sumB) / n) / Math.sqrt(varianceA * varianceB), weight: Math.sqrt(varianceB) };
}
