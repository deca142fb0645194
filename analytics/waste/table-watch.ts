import type { Track } from '../../core/track.ts';
import type { Area } from './areas.ts';
import { centreOf, hitsOf, itemOf, likeness, overlapOf, seeAs, type WasteItem } from './item.ts';

/** Items followed at most. */
const ITEMS_MAX = 512;
/** An item not detected for this long is gone, ms. */
const HOLD_MS = 1_500;

/** An item on a table. */
export interface LyingItem extends WasteItem {
  /** Whether it was counted as lying there. */
  present: boolean;
  observed: boolean;
  seenMs: number;
}

/** What lies on a table. */
export class TableWatch {
  readonly #hitsMin: number;
  readonly #materialOf: (label: string) => string | undefined;
  #items: LyingItem[];

  constructor(hitsMin: number, materialOf: (label: string) => string | undefined, items: readonly LyingItem[] = []) {
    this.#hitsMin = hitsMin;
    this.#materialOf = materialOf;
    this.#items = items.filter(({ label }) => materialOf(label) !== undefined).slice(0, ITEMS_MAX);
  }

  get items(): readonly LyingItem[] {
    return this.#items;
  }

  /** @returns items that came to lie there */
  observe(tracks: readonly Track[], atMs: number, areas: readonly Area[]): readonly LyingItem[] {
    for (const item of this.#items) item.observed = false;
    const unknown: Track[] = [];
    for (const track of tracks) {
      if (!track.observed || !liesIn(areas, track) || this.#materialOf(track.label) === undefined) continue;
      const item = this.#items.find(({ tracks: ids, observed }) => !observed && ids.includes(track.id));
      if (item === undefined) unknown.push(track);
      else see(item, track, atMs);
    }
    for (const track of unknown) {
      const item = this.#sameAs(track);
      if (item !== undefined) see(item, track, atMs);
      else if (this.#items.length < ITEMS_MAX)
        this.#items.push({ ...itemOf(track), present: false, observed: true, seenMs: atMs });
    }
    const came: LyingItem[] = [];
    for (const item of this.#items) {
      if (item.present || hitsOf(item) < this.#hitsMin) continue;
      item.present = true;
      came.push(item);
    }
    this.#items = this.#items.filter(({ seenMs }) => atMs - seenMs <= HOLD_MS);
    return came;
  }

  /** Nothing moved for `passedMs`: what lay there does still. */
  unchanged(passedMs: number): void {
    for (const item of this.#items) item.seenMs += passedMs;
  }

  /** The item a new track is: one that is not seen at present and lay there, or one like it that was moved. */
  #sameAs(track: Track): LyingItem | undefined {
    let best: LyingItem | undefined;
    let most = 0;
    for (const item of this.#items) {
      if (item.observed) continue;
      const overlap = overlapOf(item.box, track.box);
      const moved = this.#materialOf(item.label) === this.#materialOf(track.label) ? likeness(item.box, track.box) : 0;
      const score = overlap > 0.3 ? 1 + overlap : moved > 0.6 ? moved : 0;
      if (score <= most) continue;
      most = score;
      best = item;
    }
    return best;
  }
}

function liesIn(areas: readonly Area[], track: Track): boolean {
  const centre = centreOf(track.box);
  return areas.some((area) => (area.labels?.includes(track.label) ?? true) && area.contains(centre));
}

function see(item: LyingItem, track: Track, atMs: number): void {
  seeAs(item, track);
  item.observed = true;
  item.seenMs = atMs;
}
