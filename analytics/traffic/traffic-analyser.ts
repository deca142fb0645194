import type { CameraSettings, LineSettings, Point, ZoneSettings } from '../../config/camera-settings/schema.ts';
import type { Gauge, Measure } from '../../core/measure.ts';
import { anchorOf, type Track } from '../../core/track.ts';
import type { Analyser, Scene } from '../analyser.ts';
import { GroundPlane } from '../geometry/ground-plane.ts';
import { MeasureBook } from '../measure-book.ts';
import { fixed } from '../state/fixed.ts';
import { looksAt } from './classes.ts';
import { Incidents, type IncidentsState } from './incidents.ts';
import { type Crossing, LineCounter } from './line-counter.ts';
import { routeTo } from './routes.ts';
import { motionOf, speedAt } from './speed.ts';
import { updateStanding } from './standing.ts';
import { birthPlace, lastPlace, predecessorOf, velocityOf } from './stitching.ts';
import { atBorder, heightOf, movingAt, rememberTrack, see, seeAgain, type TrackMemory } from './track-memory.ts';
import { type Emit, emptyZone, type ZoneState, ZoneWatch } from './zone-watch.ts';
import { Zone } from './zones.ts';

/** More objects than this at once are not followed. */
const OBJECTS_MAX = 512;
/** How long an object is remembered after its track ended, for a new track to take it up. */
const FORGET_MS = 1_000;
/** Speeds are fitted again after this long. */
const SPEED_STEP_MS = 200;
/** An object is in the class mix once it is this old, with the class it then has. */
const SETTLED_MS = 1_000;

/** Plain JSON. */
export interface TrafficState {
  readonly version: 1;
  readonly atMs: number;
  readonly aspect: number;
  /** Highest number of a track seen. */
  readonly newest: number;
  readonly objects: readonly TrackMemory[];
  /** How each line and zone was drawn: what an object did at one drawn otherwise says nothing. */
  readonly lines: Readonly<Record<string, string>>;
  readonly zones: Readonly<Record<string, { readonly drawn: string; readonly state: ZoneState }>>;
  readonly incidents: IncidentsState;
  readonly measures: readonly Measure[];
}

/**
 * What tracks mean on a road: crossings of lines, presence in zones, speeds, routes, congestion and incidents.
 *
 *     tracks ─► objects (a track, or several in a row) ─► lines ─► routes
 *                   │                                  └► zones ─► congestion
 *                   └► path ─► speed, standing ───────────┴──────► incidents
 */
export class TrafficAnalyser implements Analyser<TrafficState> {
  readonly #settings: CameraSettings;
  readonly #plane: GroundPlane | undefined;
  /** By the number of its newest track. */
  readonly #objects = new Map<number, TrackMemory>();
  readonly #book: MeasureBook;
  readonly #incidents: Incidents;
  readonly #zoneStates: Map<string, ZoneState>;
  #lines: LineCounter[] = [];
  #zones: ZoneWatch[] = [];
  #aspect = 0;
  #atMs: number;
  #newest: number;

  /**
   * @param settings parsed: points are shares of the picture
   * @param state of another analyser of the same camera, whatever its settings were; it is not changed
   * @throws GeometryError where the settings' ground was not checked and is none
   */
  constructor(settings: CameraSettings, state?: TrafficState) {
    this.#settings = settings;
    this.#plane = settings.ground === null ? undefined : GroundPlane.of(settings.ground);
    this.#book = new MeasureBook(state?.measures);
    this.#incidents = new Incidents(settings, state?.incidents);
    this.#atMs = state?.atMs ?? 0;
    this.#newest = state?.newest ?? 0;
    this.#zoneStates = new Map(
      settings.zones.map((zone) => {
        const kept = state?.zones[zone.id];
        return [
          zone.id,
          kept?.drawn === drawnZone(zone) ? (JSON.parse(JSON.stringify(kept.state)) as ZoneState) : emptyZone(),
        ];
      }),
    );
    if (state === undefined) return;
    const lines = new Set(settings.lines.filter((l) => state.lines[l.id] === drawnLine(l)).map((l) => l.id));
    const zones = new Set(settings.zones.filter((z) => state.zones[z.id]?.drawn === drawnZone(z)).map((z) => z.id));
    for (const kept of state.objects) {
      const memory = JSON.parse(JSON.stringify(kept)) as TrackMemory;
      for (const id of Object.keys(memory.lines)) if (!lines.has(id)) delete memory.lines[id];
      for (const id of Object.keys(memory.zones)) if (!zones.has(id)) delete memory.zones[id];
      if (memory.from !== null && !lines.has(memory.from.line)) memory.from = null;
      this.#objects.set(memory.id, memory);
    }
    if (state.aspect > 0) this.#draw(state.aspect);
  }

  observe(scene: Scene, emit: Emit): void {
    const { atMs, observedS } = scene;
    const aspect = scene.width / scene.height;
    if (aspect !== this.#aspect) this.#draw(aspect);
    this.#atMs = atMs;
    const shown = new Set<number>();
    for (const track of scene.tracks) {
      shown.add(track.id);
      const memory = this.#objects.get(track.id);
      if (memory !== undefined) this.#follow(memory, track, atMs, emit);
    }
    for (const memory of this.#objects.values()) {
      if (shown.has(memory.id) || memory.endedAtMs !== null) continue;
      memory.observed = false;
      memory.missedAtMs ??= atMs;
      memory.endedAtMs = atMs;
    }
    for (const track of scene.tracks) if (track.observed && !this.#objects.has(track.id)) this.#meet(track, atMs, emit);
    for (const { id } of scene.tracks) this.#newest = Math.max(this.#newest, id);
    this.#step(atMs, observedS, emit);
  }

  unchanged(atMs: number, observedS: number, emit: Emit): void {
    this.#atMs = atMs;
    for (const memory of this.#objects.values()) {
      seeAgain(memory, atMs);
      this.#measureSpeed(memory, atMs);
    }
    this.#step(atMs, observedS, emit);
  }

  takeMeasures(): Measure[] {
    return this.#book.take();
  }

  gauges(): readonly Gauge[] {
    return this.#zones.flatMap((watch) => watch.gauges());
  }

  state(): TrafficState {
    return JSON.parse(JSON.stringify(this.live())) as TrafficState;
  }

  /** What is to be packed at once: it changes with the next frame. */
  live(): TrafficState {
    const { lines, zones } = this.#settings;
    return {
      version: 1,
      atMs: this.#atMs,
      aspect: this.#aspect,
      newest: this.#newest,
      objects: [...this.#objects.values()],
      lines: Object.fromEntries(lines.map((line) => [line.id, drawnLine(line)])),
      zones: Object.fromEntries(
        zones.map((zone) => [zone.id, { drawn: drawnZone(zone), state: this.#zoneStates.get(zone.id) ?? emptyZone() }]),
      ),
      incidents: this.#incidents.state(),
      measures: this.#book.measures(),
    };
  }

  #draw(aspect: number): void {
    this.#aspect = aspect;
    this.#lines = this.#settings.lines.map((line) => new LineCounter(line, aspect));
    this.#zones = this.#settings.zones.map(
      (zone) => new ZoneWatch(new Zone(zone, aspect, this.#plane), this.#zoneStates.get(zone.id) ?? emptyZone()),
    );
  }

  /** A track that is not known yet: another's next part, or a new object. */
  #meet(track: Track, atMs: number, emit: Emit): void {
    // A track that was shown before and is no object's: another took up its way. It begins here, not where it came from.
    const again = track.id <= this.#newest;
    const firstSeenMs = again ? atMs : track.firstSeenMs;
    const born = again ? anchorOf(track.box) : birthPlace(track, atMs);
    const before = predecessorOf(track, born, firstSeenMs, this.#objects.values(), this.#aspect);
    if (before !== undefined) {
      this.#objects.delete(before.id);
      this.#incidents.renamed(before.id, track.id);
      this.#objects.set(track.id, before);
      this.#follow(before, track, atMs, emit);
      return;
    }
    if (this.#objects.size >= OBJECTS_MAX) return;
    const memory = rememberTrack(track, firstSeenMs);
    this.#objects.set(track.id, memory);
    this.#follow(memory, track, atMs, emit, [born[0] * this.#aspect, born[1]]);
  }

  /** @param born where a new object was first detected, in heights of the picture */
  #follow(memory: TrackMemory, track: Track, atMs: number, emit: Emit, born?: Point): void {
    const { sure } = memory;
    const before: Point | undefined = born ?? (sure === null ? undefined : [sure.x * this.#aspect, sure.y]);
    const beforeMs = born === undefined ? (sure?.atMs ?? memory.lastSeenMs) : memory.firstSeenMs;
    const isSure = see(memory, track, atMs);
    if (!memory.observed) return;
    this.#measureSpeed(memory, atMs);
    const now: Point = [memory.x * this.#aspect, memory.y];
    for (const watch of this.#zones) watch.observe(memory, now, atMs, this.#book, emit);
    if (!isSure) return;
    const height = heightOf(memory);
    let from = before;
    let fromMs = beforeMs;
    if (memory.emerged) {
      memory.emerged = false;
      for (const at of Object.values(memory.lines)) at.side = 0;
      fromMs = memory.path[0] ?? atMs;
      from = this.#firstPlace(memory, height);
    }
    const velocity: Point | null = memory.speed === null ? null : [memory.speed.vx, memory.speed.vy];
    for (const line of this.#lines) {
      if (!looksAt(line.settings.labels, memory.label)) continue;
      const { id } = line.settings;
      let at = memory.lines[id];
      if (at === undefined) {
        at = line.remember();
        memory.lines[id] = at;
      }
      if (at.side === 0 && from !== undefined) line.advance(at, undefined, fromMs, from, fromMs, height, null);
      const crossing = line.advance(at, from, fromMs, now, atMs, height, velocity, memory.standing);
      if (crossing !== undefined) this.#crossed(memory, line, crossing, atMs, emit);
    }
  }

  /** Where the wheels of what came out from behind something were when only its roof was seen: its height under it. */
  #firstPlace(memory: TrackMemory, height: number): Point {
    const [, x = memory.x, y = memory.y, seen = height] = memory.path;
    return [x * this.#aspect, y - Math.abs(seen) + Math.max(Math.abs(seen), height)];
  }

  #crossed(memory: TrackMemory, line: LineCounter, crossing: Crossing, atMs: number, emit: Emit): void {
    const { id, names, from, to } = line.settings;
    const name = names[crossing.direction];
    const { label } = memory;
    const speedKmh = this.#plane === undefined ? null : speedAt(memory, this.#plane, crossing.atMs, [from, to]);
    this.#book.sample({ metric: 'crossings', subject: id, direction: name, label }, 1);
    if (speedKmh !== null) this.#book.speed({ metric: 'speed', subject: id, direction: name, label }, speedKmh);
    emit({
      kind: 'line_crossed',
      atMs,
      line: id,
      direction: crossing.direction,
      name,
      track: memory.id,
      label,
      speedKmh,
    });
    const route = routeTo(memory, id, crossing.atMs, atMs);
    if (route === undefined) return;
    this.#book.sample({ metric: 'routes', subject: `${route.from}>${route.to}`, label }, route.travelS);
    emit(route);
  }

  #measureSpeed(memory: TrackMemory, atMs: number): void {
    if (!memory.observed || atMs - memory.speedAtMs < SPEED_STEP_MS) return;
    memory.speed = rounded(motionOf(memory, this.#aspect, this.#plane));
    memory.speedAtMs = atMs;
  }

  /** Time goes on, whether anything moved or not. */
  #step(atMs: number, observedS: number, emit: Emit): void {
    for (const memory of this.#objects.values()) {
      updateStanding(memory, observedS, this.#settings.traffic);
      if (!memory.counted && atMs - memory.firstSeenMs >= SETTLED_MS) this.#count(memory);
      if (memory.endedAtMs !== null && atMs - memory.endedAtMs >= FORGET_MS) this.#forget(memory, atMs, emit);
    }
    for (const watch of this.#zones)
      watch.step(this.#objects.values(), this.#aspect, observedS, this.#settings, this.#book);
    this.#incidents.step(this.#objects, this.#zones, this.#aspect, atMs, observedS, this.#book, emit);
  }

  #count(memory: TrackMemory): void {
    memory.counted = true;
    this.#book.sample({ metric: 'objects', label: memory.label }, 1);
  }

  /** The object is gone for good. */
  #forget(memory: TrackMemory, atMs: number, emit: Emit): void {
    if (!memory.counted) this.#count(memory);
    for (const line of this.#lines) {
      const at = memory.lines[line.settings.id];
      if (at === undefined || !looksAt(line.settings.labels, memory.label)) continue;
      const crossing = this.#leavesAcross(memory, line);
      if (crossing !== undefined) this.#crossed(memory, line, crossing, atMs, emit);
    }
    for (const watch of this.#zones) {
      const within = memory.zones[watch.zone.settings.id];
      if (within !== undefined) watch.leave(memory, within, atMs, memory.lastSeenMs, this.#book, emit);
    }
    this.#objects.delete(memory.id);
  }

  /**
   * Whether what is gone crossed the line when it went: on its last observed place, or on its way out of the picture.
   * At few frames a second a vehicle may leave between two frames, and the line with it; if, going on as it went, it was
   * out of the picture and beyond the line by the first frame it is missing in, it has crossed. Nothing else that was
   * not seen beyond a line counts.
   */
  #leavesAcross(memory: TrackMemory, line: LineCounter): Crossing | undefined {
    const at = memory.lines[line.settings.id];
    if (at === undefined) return undefined;
    const aspect = this.#aspect;
    const height = heightOf(memory);
    const last = lastPlace(memory, aspect);
    const velocity = velocityOf(memory, aspect);
    const goneS = Math.min(1, ((memory.missedAtMs ?? memory.lastSeenMs) - memory.lastSeenMs) / 1000);
    const out: Point = [last[0] + velocity[0] * goneS, last[1] + velocity[1] * goneS];
    const middle = out[1] - height / 2;
    if (out[0] < 0 || out[0] > aspect || middle < 0 || middle > 1) {
      const untilMs = memory.missedAtMs ?? memory.lastSeenMs;
      const crossing = line.advance(at, last, memory.lastSeenMs, out, untilMs, height, velocity);
      if (crossing !== undefined) return crossing;
    }
    return line.gone(at, last, velocity, atBorder(memory), height);
  }
}

function drawnLine(line: LineSettings): string {
  return [...line.from, ...line.to].join(' ');
}

function drawnZone(zone: ZoneSettings): string {
  return zone.polygon.flat().join(' ');
}

/** To what a checkpoint keeps. */
function rounded(speed: TrackMemory['speed']): TrackMemory['speed'] {
  if (speed === null) return null;
  const { kmh, vx, vy } = speed;
  return movingAt(fixed(vx), fixed(vy), kmh === null ? null : fixed(kmh));
}
