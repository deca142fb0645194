import type { TrackedDetection } from '../../../core/detection.ts';

export interface TrailPoint {
  /** Shares of the picture: where the object stands, which is the middle of its box's lower edge. */
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
}

export interface Trail {
  readonly track: number;
  readonly label: string;
  /** Oldest first. */
  readonly points: readonly TrailPoint[];
}

const POINTS_MAX = 40;
const AGE_MS_MAX = 4_000;
const TRAILS_MAX = 100;

/**
 * Where the tracked objects of one camera have been in the last seconds. A track that is missing for a moment keeps its
 * trail; numbers that begin anew (the camera's tracker did) end all trails before.
 */
export class TrackTrails {
  readonly #trails = new Map<number, { label: string; points: TrailPoint[] }>();
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** @param atMs of the frame, ms since the Unix epoch */
  add(detections: readonly TrackedDetection[], atMs: number): void {
    // Another life of the camera, or pictures out of order: nothing that was belongs to what is.
    if (atMs < this.#lastAtMs) this.#trails.clear();
    this.#lastAtMs = atMs;
    for (const { track, label, box } of detections) {
      if (track === undefined) continue;
      const trail = this.#trails.get(track) ?? { label, points: [] };
      trail.label = label;
      trail.points.push({ x: (box[0] + box[2]) / 2, y: box[3], atMs });
      if (trail.points.length > POINTS_MAX) trail.points.shift();
      this.#trails.set(track, trail);
    }
    for (const [track, { points }] of this.#trails) {
      while (points[0] !== undefined && atMs - points[0].atMs > AGE_MS_MAX) points.shift();
      if (points.length === 0 || this.#trails.size > TRAILS_MAX) this.#trails.delete(track);
    }
  }

  /** Those with a length. */
  trails(): readonly Trail[] {
    return [...this.#trails].flatMap(([track, { label, points }]) =>
      points.length < 2 ? [] : [{ track, label, points }],
    );
  }

  clear(): void {
    this.#trails.clear();
    this.#lastAtMs = Number.NEGATIVE_INFINITY;
  }
}
