import type { PictureStats } from '../../core/picture-stats.ts';

interface Usual {
  readonly looks: number;
  readonly sinceMs: number;
  readonly atMs: number;
  /** Relative, see {@link relativeSharpness}. */
  readonly sharpness: number;
  readonly deviation: number;
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

  learn(picture: PictureStats, atMs: number): void {
    const s = this.#state;
    if (s === null || s.columns !== picture.columns || s.rows !== picture.rows) return this.#begin(picture, atMs);
    // At first the plain mean, so that one odd picture at the start does not stay for minutes.
    const share = Math.max(1 / (s.looks + 1), 1 - Math.exp(-Math.max(0, atMs - s.atMs) / FOLLOW_MS));
    const rate = s.looks < LOOKS_MIN ? 1 / (s.looks + 1) : Math.min(share, 1 / LOOKS_MIN);
    const likeness = Math.max(0, this.likeness(picture));
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
      likeness: s.likeness + (likeness - s.likeness) * rate,
    };
  }

  /**
   * Likeness of a picture's edges to the usual ones: their correlation, -1..1 (zero-mean normalised cross-correlation,
   * Lewis 1995). Light and exposure scale both alike and do not matter. 1 where nothing can be told.
   */
  likeness(picture: PictureStats): number {
    const n = this.#edges.length;
    if (picture.edges.length !== n || n < 2) return 1;
    let sumA = 0;
    let sumB = 0;
    for (let i = 0; i < n; i++) {
      sumA += picture.edges[i] ?? 0;
      sumB += this.#edges[i] ?? 0;
    }
    const meanA = sumA / n;
    const meanB = sumB / n;
    let both = 0;
    let squareA = 0;
    let squareB = 0;
    for (let i = 0; i < n; i++) {
      const a = (picture.edges[i] ?? 0) - meanA;
      const b = (this.#edges[i] ?? 0) - meanB;
      both += a * b;
      squareA += a * a;
      squareB += b * b;
    }
    // A scene without edges, fog, looks like nothing in particular.
    return squareA < n || squareB < n ? 1 : both / Math.sqrt(squareA * squareB);
  }

  state(): UsualViewState | null {
    return this.#state === null
      ? null
      : { ...this.#state, edges: Array.from(this.#edges, (e) => Math.round(e * 100) / 100) };
  }

  #begin(picture: PictureStats, atMs: number): void {
    const { deviation, columns, rows, edges } = picture;
    this.#edges = Float64Array.from(edges);
    const sharpness = relativeSharpness(picture);
    this.#state = { looks: 1, sinceMs: atMs, atMs, sharpness, deviation, likeness: 1, columns, rows };
  }
}

/** Sharpness without contrast: dusk and fog take away both, a lens out of focus only the former. */
export function relativeSharpness({ sharpness, deviation }: PictureStats): number {
  return sharpness / Math.max(1, deviation ** 2);
}
