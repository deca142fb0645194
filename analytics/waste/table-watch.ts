import type { Track } from '../../core/track.ts';
import type { Area } from './areas.ts';
import { centreOf, hitsOf, itemOf, likeness, overlapOf, seeAs, sizeOf, type WasteItem } from './item.ts';

/** Items followed at most; more at once are not counted. */
const ITEMS_MAX = 512;
/** What vanishes from where it lay is taken to lie there this long: detections of things at rest drop out for a while. */
const HOLD_MS = 2_500;
/** ... and until it was missing in as many analysed frames: gated ones only say that nothing has changed since. */
const MISSES_MIN = 2;
/** What left the place where it lay is being taken: it lies there no more after this long, be it seen or not. */
const TAKEN_MS = 500;
/** An item rests once it was this long within this share of its size of one place. */
const REST_MS = 300;
const REST_OF_SIZE = 0.2;
/** Overlap from which a new track is what lay there, and from which two tracks are one thing at one time. */
const SAME_PLACE = 0.3;
const SAME_THING = 0.6;
/** An item of one material and like size that appears while another is missing is that one, moved. */
const LIKENESS_MIN = 0.7;

/** An item on a table. */
export interface LyingItem extends WasteItem {
  /** It has come to rest here, and was told. */
  told: boolean;
  /** It lies here now, and counts. */
  present: boolean;
  observed: boolean;
  /** Analysed frames it is missing in since it was last seen. */
  misses: number;
  /** In the table's time, which stands while nobody looks. */
  seenMs: number;
  /** The place it has been near of since: its centre, shares. */
  restX: number;
  restY: number;
  restMs: number;
  /** When it was last seen at rest, if ever. */
  restedMs: number | null;
}

export interface TableState {
  readonly clockMs: number;
  readonly items: readonly LyingItem[];
}

type MaterialOf = (label: string) => string | undefined;

/** What lies on a table: it came to rest there, and was not taken away. */
export class TableWatch {
  readonly #hitsMin: number;
  readonly #materialOf: MaterialOf;
  #items: LyingItem[];
  #clockMs: number;

  constructor(hitsMin: number, materialOf: MaterialOf, state?: TableState) {
    this.#hitsMin = hitsMin;
    this.#materialOf = materialOf;
    this.#items = (state?.items ?? []).filter(({ label }) => materialOf(label) !== undefined).slice(0, ITEMS_MAX);
    this.#clockMs = state?.clockMs ?? 0;
  }

  /** What lies there now. */
  get present(): readonly LyingItem[] {
    return this.#items.filter(({ present }) => present);
  }

  /**
   * @param observedS time the frame speaks for, as in Scene
   * @returns items that came to lie there
   */
  observe(tracks: readonly Track[], observedS: number, areas: readonly Area[], aspect: number): readonly LyingItem[] {
    this.#clockMs += observedS * 1_000;
    for (const item of this.#items) item.observed = false;
    const unknown: Track[] = [];
    for (const track of tracks) {
      if (!track.observed || this.#materialOf(track.label) === undefined) continue;
      const item = this.#items.find(({ tracks: ids, observed }) => !observed && ids.includes(track.id));
      if (item === undefined) {
        if (areas.some((area) => looksAt(area, track) && area.contains(centreOf(track.box)))) unknown.push(track);
      } else this.#see(item, track, aspect);
    }
    for (const track of unknown) this.#meet(track, aspect);
    for (const item of this.#items) if (!item.observed) item.misses += 1;
    this.#items = this.#items.filter((item) => !item.observed || isIn(item, areas));
    return this.#step();
  }

  /**
   * Nothing moved since the last frame: what was seen in it lies there still, what was missing is missing still.
   * @returns items that came to lie there: whoever put them down holds still
   */
  unchanged(observedS: number): readonly LyingItem[] {
    this.#clockMs += observedS * 1_000;
    for (const item of this.#items) if (item.observed) this.#stay(item);
    return this.#step();
  }

  state(): TableState {
    return { clockMs: this.#clockMs, items: this.#items };
  }

  #step(): readonly LyingItem[] {
    this.#items = this.#items.filter((item) => this.#isRemembered(item));
    const came: LyingItem[] = [];
    for (const item of this.#items) {
      item.present = this.#lies(item);
      if (item.told || !item.present) continue;
      item.told = true;
      came.push(item);
    }
    return came;
  }

  #see(item: LyingItem, track: Track, aspect: number): void {
    seeAs(item, track);
    item.observed = true;
    const [x, y] = centreOf(item.box);
    if (Math.hypot((x - item.restX) * aspect, y - item.restY) > REST_OF_SIZE * sizeOf(item.box, aspect)) {
      item.restX = x;
      item.restY = y;
      item.restMs = this.#clockMs;
    }
    this.#stay(item);
  }

  /** It is where it was. */
  #stay(item: LyingItem): void {
    item.misses = 0;
    item.seenMs = this.#clockMs;
    if (this.#clockMs - item.restMs >= REST_MS) item.restedMs = this.#clockMs;
  }

  #meet(track: Track, aspect: number): void {
    if (this.#items.some((item) => item.observed && overlapOf(item.box, track.box) > SAME_THING)) return;
    const item = this.#sameAs(track);
    if (item !== undefined) this.#see(item, track, aspect);
    else if (this.#items.length < ITEMS_MAX) {
      const [restX, restY] = centreOf(track.box);
      const now = this.#clockMs;
      const rest = { restX, restY, restMs: now, restedMs: null };
      this.#items.push({
        ...itemOf(track),
        told: false,
        present: false,
        observed: true,
        misses: 0,
        seenMs: now,
        ...rest,
      });
    }
  }

  /** The item a new track is: what lay there, or one like it that is missing elsewhere and so was moved. */
  #sameAs(track: Track): LyingItem | undefined {
    const material = this.#materialOf(track.label);
    let best: LyingItem | undefined;
    let most = 0;
    for (const item of this.#items) {
      if (item.observed) continue;
      const overlap = overlapOf(item.box, track.box);
      const like = this.#materialOf(item.label) === material ? likeness(item.box, track.box) : 0;
      const score = overlap >= SAME_PLACE ? 1 + overlap : like >= LIKENESS_MIN ? like : 0;
      if (score <= most) continue;
      most = score;
      best = item;
    }
    return best;
  }

  #isRemembered({ seenMs, restedMs, misses }: LyingItem): boolean {
    const missingMs = this.#clockMs - seenMs;
    if (restedMs !== seenMs) return missingMs < TAKEN_MS;
    return missingMs < HOLD_MS || misses < MISSES_MIN;
  }

  #lies(item: LyingItem): boolean {
    if (item.restedMs === null || hitsOf(item) < this.#hitsMin) return false;
    // Missing from its place it lies there as long as it is remembered.
    return item.restedMs === item.seenMs || this.#clockMs - item.restedMs < TAKEN_MS;
  }
}

/** Whether an item is still in one of the areas that look at it. */
function isIn(item: LyingItem, areas: readonly Area[]): boolean {
  const height = item.box[3] - item.box[1];
  return areas.some((area) => looksAt(area, item) && !area.isLeft(centreOf(item.box), height));
}

const looksAt = ({ labels }: Area, { label }: { readonly label: string }): boolean => labels?.includes(label) ?? true;
