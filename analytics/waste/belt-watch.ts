import type { Box } from '../../core/detection.ts';
import type { Track } from '../../core/track.ts';
import type { Area } from './areas.ts';
import { areaOf, centreOf, hitsOf, itemOf, likeness, overlapOf, seeAs, sizeOf, type WasteItem } from './item.ts';

/** Items followed at most; more at once are not counted. */
const ITEMS_MAX = 512;
/** An item that is not seen any more has passed after this long, unless it is found again, ms of the belt's time. */
const PASSED_MS = 2_000;
/** A counted item is remembered this long after it was last seen, so that it is not counted again. */
const REMEMBER_MS = 10_000;
/** How far from where an item should be a new track may begin and be that item: share of its size and of its way since. */
const OFF_OF_SIZE = 0.6;
const OFF_OF_WAY = 0.3;
const LIKENESS_MIN = 0.6;
/** Overlap from which two tracks at one time are one thing. */
const SAME_THING = 0.6;
/** Share of its size an item must have moved to have passed: a spot on the belt's frame never does. */
const MOVED_MIN = 0.25;
/** Time constant of the belt's speed, ms. */
const SPEED_MS = 500;

/** A box this near to the picture's edge is cut by it, shares. */
const EDGE = 0.005;

/** An item on a belt. */
export interface PassingItem extends WasteItem {
  /** The belt it was last on; null before it was on any. */
  on: string | null;
  /** On it now, by what was last seen or is expected. */
  within: boolean;
  observed: boolean;
  counted: boolean;
  /** Where it is expected: its centre, moved on with the belt while it is not seen. Shares. */
  x: number;
  y: number;
  fromX: number;
  fromY: number;
  /** Way of the belt since it was last seen, heights of the picture. */
  way: number;
  /** In the belt's time, which stands while nothing moves. */
  seenMs: number;
  /** Of its box, share of the picture: the mean where it was whole, else the largest. */
  area: number;
  /** Times it was seen whole. */
  wholes: number;
}

/** Shares of width and height per second. */
export interface BeltSpeed {
  x: number;
  y: number;
}

export interface BeltState {
  readonly clockMs: number;
  readonly items: readonly PassingItem[];
  readonly speeds: Readonly<Record<string, BeltSpeed>>;
}

/**
 * What passes on a belt, each item once. Trackers lose things under covers, arms and glare, and find them again as new
 * tracks. All on a belt move alike, so where a lost item should be is known: a new track there is the same item.
 */
export class BeltWatch {
  readonly #hitsMin: number;
  readonly #materialOf: (label: string) => string | undefined;
  readonly #speeds: Map<string, BeltSpeed>;
  #items: PassingItem[];
  #clockMs: number;

  constructor(hitsMin: number, materialOf: (label: string) => string | undefined, state?: BeltState) {
    this.#hitsMin = hitsMin;
    this.#materialOf = materialOf;
    this.#items = (state?.items ?? []).filter(({ label }) => materialOf(label) !== undefined).slice(0, ITEMS_MAX);
    this.#speeds = new Map(Object.entries(state?.speeds ?? {}));
    this.#clockMs = state?.clockMs ?? 0;
  }

  /**
   * @param passedMs since the last analysed or gated frame
   * @returns items that have passed
   */
  observe(tracks: readonly Track[], passedMs: number, areas: readonly Area[], aspect: number): readonly PassingItem[] {
    this.#clockMs += passedMs;
    const before = new Map(this.#items.filter((i) => i.observed).map((i) => [i, [i.x, i.y] as const]));
    for (const item of this.#items) this.#moveOn(item, passedMs, aspect);
    const unknown: Track[] = [];
    for (const track of tracks) {
      if (!track.observed || this.#materialOf(track.label) === undefined) continue;
      const item = this.#items.find(({ tracks: ids, observed }) => !observed && ids.includes(track.id));
      if (item === undefined) unknown.push(track);
      else this.#see(item, track);
    }
    for (const track of unknown) {
      if (this.#items.some((i) => i.observed && overlapOf(i.box, track.box) > SAME_THING)) continue;
      const item = this.#sameAs(track, aspect);
      if (item !== undefined) this.#see(item, track);
      else if (this.#items.length < ITEMS_MAX) this.#items.push(passingItemOf(track, this.#clockMs));
    }
    this.#measureSpeeds(before, passedMs);
    const passed: PassingItem[] = [];
    for (const item of this.#items) if (this.#hasPassed(item, areas, aspect)) passed.push(item);
    this.#items = this.#items.filter((item) => !this.#isOver(item));
    return passed;
  }

  state(): BeltState {
    return { clockMs: this.#clockMs, items: this.#items, speeds: Object.fromEntries(this.#speeds) };
  }

  #moveOn(item: PassingItem, passedMs: number, aspect: number): void {
    item.observed = false;
    const speed = this.#speeds.get(item.on ?? '');
    if (speed === undefined) return;
    const dx = (speed.x * passedMs) / 1000;
    const dy = (speed.y * passedMs) / 1000;
    item.x += dx;
    item.y += dy;
    item.way += Math.hypot(dx * aspect, dy);
  }

  #see(item: PassingItem, track: Track): void {
    seeAs(item, track);
    [item.x, item.y] = centreOf(track.box);
    item.observed = true;
    item.way = 0;
    item.seenMs = this.#clockMs;
    measureArea(item, track.box);
  }

  /** The item that should be where the new track is. */
  #sameAs(track: Track, aspect: number): PassingItem | undefined {
    const [x, y] = centreOf(track.box);
    const material = this.#materialOf(track.label);
    let best: PassingItem | undefined;
    let least = 1;
    for (const item of this.#items) {
      if (item.observed || likeness(item.box, track.box) < LIKENESS_MIN) continue;
      const allowed = OFF_OF_SIZE * sizeOf(item.box, aspect) + OFF_OF_WAY * item.way;
      const strictness = this.#materialOf(item.label) === material ? 1 : 2;
      const off = (strictness * Math.hypot((x - item.x) * aspect, y - item.y)) / allowed;
      if (off >= least) continue;
      least = off;
      best = item;
    }
    return best;
  }

  /** The belt's speed is the median of what is seen on it, smoothed. */
  #measureSpeeds(before: ReadonlyMap<PassingItem, readonly [number, number]>, passedMs: number): void {
    if (passedMs <= 0) return;
    const seen = new Map<string, { x: number[]; y: number[] }>();
    for (const [item, [x, y]] of before) {
      if (!item.observed || item.on === null) continue;
      const speeds = seen.get(item.on) ?? { x: [], y: [] };
      seen.set(item.on, speeds);
      speeds.x.push(((item.x - x) * 1000) / passedMs);
      speeds.y.push(((item.y - y) * 1000) / passedMs);
    }
    for (const [on, { x, y }] of seen) {
      const now = { x: median(x), y: median(y) };
      const known = this.#speeds.get(on);
      const share = known === undefined ? 1 : 1 - Math.exp(-passedMs / SPEED_MS);
      const from = known ?? now;
      this.#speeds.set(on, { x: from.x + share * (now.x - from.x), y: from.y + share * (now.y - from.y) });
    }
  }

  #hasPassed(item: PassingItem, areas: readonly Area[], aspect: number): boolean {
    const p = [item.x, item.y] as const;
    const height = item.box[3] - item.box[1];
    if (item.observed) {
      const area = areas.find((a) => (a.labels?.includes(item.label) ?? true) && a.contains(p));
      if (area !== undefined) {
        item.on = area.id;
        item.within = true;
      }
    }
    if (item.within && (areas.find(({ id }) => id === item.on)?.isLeft(p, height) ?? true)) item.within = false;
    if (item.counted || item.on === null || hitsOf(item) < this.#hitsMin) return false;
    const moved = Math.hypot((item.x - item.fromX) * aspect, item.y - item.fromY);
    if (moved < MOVED_MIN * sizeOf(item.box, aspect)) return false;
    if (item.within && this.#clockMs - item.seenMs < PASSED_MS) return false;
    item.counted = true;
    return true;
  }

  #isOver(item: PassingItem): boolean {
    if (item.observed) return false;
    return this.#clockMs - item.seenMs >= (item.within || item.on !== null ? REMEMBER_MS : PASSED_MS);
  }
}

function passingItemOf(track: Track, clockMs: number): PassingItem {
  const [x, y] = centreOf(track.box);
  const item: PassingItem = {
    ...itemOf(track),
    on: null,
    within: false,
    observed: true,
    counted: false,
    x,
    y,
    fromX: x,
    fromY: y,
    way: 0,
    seenMs: clockMs,
    area: 0,
    wholes: 0,
  };
  measureArea(item, track.box);
  return item;
}

/** On its way into the picture and out of it an item is cut: how large it is is seen in between. */
function measureArea(item: PassingItem, box: Box): void {
  const area = areaOf(box);
  if (box[0] <= EDGE || box[1] <= EDGE || box[2] >= 1 - EDGE || box[3] >= 1 - EDGE) {
    if (item.wholes === 0) item.area = Math.max(item.area, area);
    return;
  }
  item.wholes += 1;
  item.area = item.wholes === 1 ? area : item.area + (area - item.area) / item.wholes;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length / 2;
  return ((values[Math.ceil(half) - 1] ?? 0) + (values[Math.floor(half)] ?? 0)) / 2;
}
