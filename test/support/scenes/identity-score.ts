import { assign, createPairs } from '../../../analytics/tracking/assignment.ts';
import type { Box } from '../../../core/detection.ts';
import type { Track } from '../../../core/track.ts';
import type { TruthObject } from './scene.ts';
import { areaOf } from './view.ts';

export interface IdentityFigures {
  /** Objects that were in sight at all. */
  readonly objects: number;
  readonly tracks: number;
  /** An object's track changed to another. */
  readonly switches: number;
  /** Ways on which an object in sight was lost for a while and found again. */
  readonly fragments: number;
  /** Identity F1 (Ristani et al. 2016): of boxes, those of the one track that fits the object best. */
  readonly idf1: number;
  /** Of the objects in sight, the share of frames in which a track had them. */
  readonly found: number;
}

/** An object less visible than this is not asked for. */
const VISIBLE_MIN = 0.25;
/** One hidden for longer than this is another one when it comes back: no tracker here remembers it. */
const REMEMBERED_MS = 1_500;
const OVERLAP_MIN = 0.5;

/** Compares tracks to the truth, frame by frame: who is whom, and for how long (CLEAR MOT, Bernardin et al. 2008). */
export class IdentityScore {
  readonly #trackOf = new Map<number, number>();
  readonly #seenMs = new Map<number, number>();
  readonly #episodes = new Map<number, number>();
  readonly #lost = new Set<number>();
  readonly #together = new Map<string, { object: number; track: number; frames: number }>();
  readonly #objects = new Set<number>();
  readonly #tracks = new Set<number>();
  #truthBoxes = 0;
  #trackBoxes = 0;
  #foundBoxes = 0;
  #switches = 0;
  #fragments = 0;

  add(truth: readonly TruthObject[], tracks: readonly Track[], atMs: number): void {
    const free = new Set(tracks.filter((t) => t.observed));
    for (const track of free) this.#tracks.add(track.id);
    this.#trackBoxes += free.size;
    const pairs: { object: TruthObject; track: Track; rank: number }[] = [];
    for (const raw of truth) {
      if (raw.visible < VISIBLE_MIN) continue;
      const object = { ...raw, id: this.#identity(raw.id, atMs) };
      this.#objects.add(object.id);
      this.#truthBoxes++;
      for (const track of free) {
        const shared = Math.max(overlap(object.box, track.box), overlap(object.visibleBox, track.box));
        // A track that had the object in the frame before has it still.
        const rank = shared + (this.#trackOf.get(object.id) === track.id ? 1 : 0);
        if (shared >= OVERLAP_MIN) pairs.push({ object, track, rank });
      }
    }
    const done = new Set<number>();
    for (const { object, track } of pairs.sort((a, b) => b.rank - a.rank)) {
      if (done.has(object.id) || !free.delete(track)) continue;
      done.add(object.id);
      this.#pair(object.id, track.id);
    }
    for (const raw of truth) {
      if (raw.visible < VISIBLE_MIN) continue;
      const id = this.#identity(raw.id, atMs);
      if (!done.has(id) && this.#trackOf.has(id)) this.#lost.add(id);
    }
  }

  /** A number for the object that changes when it was hidden for too long. */
  #identity(object: number, atMs: number): number {
    const since = atMs - (this.#seenMs.get(object) ?? atMs);
    this.#seenMs.set(object, atMs);
    const episode = (this.#episodes.get(object) ?? 0) + (since > REMEMBERED_MS ? 1 : 0);
    this.#episodes.set(object, episode);
    return object + episode / 1_000;
  }

  #pair(object: number, track: number): void {
    this.#foundBoxes++;
    const before = this.#trackOf.get(object);
    if (before !== undefined && before !== track) this.#switches++;
    if (this.#lost.delete(object)) this.#fragments++;
    this.#trackOf.set(object, track);
    const key = `${object} ${track}`;
    const together = this.#together.get(key) ?? { object, track, frames: 0 };
    together.frames++;
    this.#together.set(key, together);
  }

  figures(): IdentityFigures {
    const both = [...this.#together.values()];
    const objects = [...new Set(both.map((t) => t.object))];
    const tracks = [...new Set(both.map((t) => t.track))];
    const rowOf = new Map(objects.map((id, i) => [id, i]));
    const columnOf = new Map(tracks.map((id, i) => [id, i]));
    const pairs = createPairs(both.length);
    const most = Math.max(1, ...both.map((t) => t.frames));
    for (const { object, track, frames } of both) {
      pairs.row[pairs.count] = rowOf.get(object) ?? 0;
      pairs.column[pairs.count] = columnOf.get(track) ?? 0;
      pairs.cost[pairs.count++] = 1 - frames / most;
    }
    const best = new Int32Array(objects.length);
    assign(pairs, objects.length, tracks.length, 1, best);
    let right = 0;
    objects.forEach((object, i) => {
      right += this.#together.get(`${object} ${tracks[best[i] ?? -1]}`)?.frames ?? 0;
    });
    return {
      objects: this.#objects.size,
      tracks: this.#tracks.size,
      switches: this.#switches,
      fragments: this.#fragments,
      idf1: (2 * right) / Math.max(1, this.#truthBoxes + this.#trackBoxes),
      found: this.#foundBoxes / Math.max(1, this.#truthBoxes),
    };
  }
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}
