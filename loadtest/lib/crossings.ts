import type { Box, Detection } from '../../core/detection.ts';

/**
 * A plain tracker and a counting line, for comparing runs over the same footage: what one finds, does the other find it?
 * It follows boxes at 2 to 5 frames/s, where a near car moves by its own length from one to the next. Not the product's
 * tracker.
 */
export interface CountingLine {
  /** Ends, in pixels of the picture. */
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

export interface Crossing {
  /** ms, as given to `add`. */
  readonly atMs: number;
  readonly track: number;
  /** `down`: to the right of the way from `from` to `to` in a picture whose y points down, below for a line drawn rightwards. */
  readonly direction: 'down' | 'up';
}

export interface CrossingOptions {
  readonly width: number;
  readonly height: number;
  readonly line: CountingLine;
  /** Which detections are followed. */
  readonly labels: ReadonlySet<string>;
  readonly scoreMin: number;
}

/** Pixels past the line before a crossing counts, so that a box that trembles on it is counted once. */
const HYSTERESIS_PIXELS = 4;
/** A track nothing was matched to for this long is over. */
const LOST_AFTER_MS = 1_500;
/** Distance of bottom centres, in box sizes, past which two boxes are not the same thing; more while its way is unknown. */
const DISTANCE_MAX = 1;
const DISTANCE_NEW_MAX = 1.6;
/** Boxes of one object double or halve from frame to frame at most; more where there was a longer gap. */
const GROWTH_MAX = 2.5;
/** A box whose share this large lies in one of a better score is taken for a second box of the same thing. */
const SAME_OVERLAP = 0.6;

interface Track {
  readonly id: number;
  /** Pixels: bottom centre, and the square root of the area. */
  x: number;
  y: number;
  size: number;
  /** Pixels per ms; undefined while it was seen once. */
  speed: readonly [number, number] | undefined;
  seenAtMs: number;
  /** The side of the line it was last clearly on. */
  side: -1 | 0 | 1;
}

interface Seen {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export class CrossingCounter {
  readonly #options: CrossingOptions;
  readonly #crossings: Crossing[] = [];
  #tracks: Track[] = [];
  #made = 0;

  constructor(options: CrossingOptions) {
    this.#options = options;
  }

  get crossings(): readonly Crossing[] {
    return this.#crossings;
  }

  /** Detections of the next frame; times must not decrease. */
  add(detections: readonly Detection[], atMs: number): void {
    const seen = this.#boxes(detections);
    this.#tracks = this.#tracks.filter((track) => atMs - track.seenAtMs <= LOST_AFTER_MS);
    const free = new Set(seen);
    const waiting = new Set(this.#tracks);
    // Greedy, the nearest pair first.
    const pairs = this.#tracks.flatMap((track) =>
      seen.flatMap((box) => {
        const cost = distance(track, box, atMs);
        return cost === undefined ? [] : [{ track, box, cost }];
      }),
    );
    for (const { track, box } of pairs.sort((a, b) => a.cost - b.cost)) {
      if (!free.has(box) || !waiting.has(track)) continue;
      free.delete(box);
      waiting.delete(track);
      this.#move(track, box, atMs);
    }
    for (const box of free) {
      const track: Track = { id: ++this.#made, ...box, speed: undefined, seenAtMs: atMs, side: 0 };
      track.side = this.#sideOf(box.x, box.y);
      this.#tracks.push(track);
    }
  }

  #move(track: Track, box: Seen, atMs: number): void {
    const passedMs = Math.max(1, atMs - track.seenAtMs);
    track.speed = [(box.x - track.x) / passedMs, (box.y - track.y) / passedMs];
    const side = this.#sideOf(box.x, box.y);
    if (side !== 0 && track.side !== 0 && side !== track.side && this.#passesBetweenEnds(track, box)) {
      this.#crossings.push({ atMs, track: track.id, direction: side > 0 ? 'down' : 'up' });
    }
    if (side !== 0) track.side = side;
    track.x = box.x;
    track.y = box.y;
    track.size = box.size;
    track.seenAtMs = atMs;
  }

  #signedDistance(x: number, y: number): number {
    const { from, to } = this.#options.line;
    const dx = to[0] - from[0];
    const dy = to[1] - from[1];
    return (dx * (y - from[1]) - dy * (x - from[0])) / Math.hypot(dx, dy);
  }

  #sideOf(x: number, y: number): -1 | 0 | 1 {
    const d = this.#signedDistance(x, y);
    if (Math.abs(d) < HYSTERESIS_PIXELS) return 0;
    return d > 0 ? 1 : -1;
  }

  /** Whether the way from where the track was to where it is meets the line between its ends. */
  #passesBetweenEnds(track: Track, box: Seen): boolean {
    const { from, to } = this.#options.line;
    const before = this.#signedDistance(track.x, track.y);
    const after = this.#signedDistance(box.x, box.y);
    const share = before === after ? 0 : Math.min(1, Math.max(0, before / (before - after)));
    const x = track.x + share * (box.x - track.x);
    const y = track.y + share * (box.y - track.y);
    const dx = to[0] - from[0];
    const dy = to[1] - from[1];
    const along = ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy);
    return along >= 0 && along <= 1;
  }

  #boxes(detections: readonly Detection[]): Seen[] {
    const { width, height, labels, scoreMin } = this.#options;
    const kept: Box[] = [];
    for (const { label, score, box } of [...detections].sort((a, b) => b.score - a.score)) {
      if (score < scoreMin || !labels.has(label)) continue;
      if (kept.some((other) => shareInside(box, other) >= SAME_OVERLAP)) continue;
      kept.push(box);
    }
    return kept.map((box) => {
      const w = (box[2] - box[0]) * width;
      const h = (box[3] - box[1]) * height;
      return { x: ((box[0] + box[2]) / 2) * width, y: box[3] * height, size: Math.sqrt(w * h) };
    });
  }
}

/** How far a box is from where its track should be by now, in box sizes; undefined where it cannot be the same thing. */
function distance(track: Track, box: Seen, atMs: number): number | undefined {
  const growth = Math.max(track.size, box.size) / Math.max(1e-6, Math.min(track.size, box.size));
  if (growth > GROWTH_MAX) return undefined;
  const passedMs = atMs - track.seenAtMs;
  const [vx, vy] = track.speed ?? [0, 0];
  const away = Math.hypot(box.x - track.x - vx * passedMs, box.y - track.y - vy * passedMs);
  const cost = away / ((track.size + box.size) / 2);
  return cost <= (track.speed === undefined ? DISTANCE_NEW_MAX : DISTANCE_MAX) ? cost : undefined;
}

/** Share of `a` that lies in `b`. */
function shareInside(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const area = (a[2] - a[0]) * (a[3] - a[1]);
  return width <= 0 || height <= 0 || area <= 0 ? 0 : (width * height) / area;
}
