import type { CameraSettings, Point } from '../../config/camera-settings/schema.ts';
import type { CameraEvent } from '../../core/camera-event.ts';
import type { Gauge } from '../../core/measure.ts';
import type { MeasureBook } from '../measure-book.ts';
import { fixed } from '../state/fixed.ts';
import { isTraffic, looksAt } from './classes.ts';
import { congestionLevel, SMOOTH_S } from './congestion.ts';
import { densityPerKm } from './flow.ts';
import { heightOf, PATH_STRIDE, type TrackMemory } from './track-memory.ts';
import type { UsualSpeed } from './usual-speed.ts';
import type { Zone, ZoneMemory } from './zones.ts';

/** A zone's speed of an object is told if it was measured for at least this long, s. */
const SPEED_S_MIN = 0.5;

/** What is the case in a zone. Plain JSON. */
export interface ZoneState {
  occupancy: number;
  queue: number;
  vehicles: number;
  standing: number;
  density: number | null;
  meanKmh: number | null;
  level: number;
  /** Smoothed. */
  vehiclesSmooth: number;
  indexSmooth: number | null;
  standingSmooth: number;
  /** Observed seconds it has been congested, for the incident. */
  congestedS: number;
  /** How fast vehicles usually look; null where the ground is measured, or nothing asks for it. */
  usual: UsualSpeed | null;
}

export function emptyZone(): ZoneState {
  return {
    occupancy: 0,
    queue: 0,
    vehicles: 0,
    standing: 0,
    density: null,
    meanKmh: null,
    level: 0,
    vehiclesSmooth: 0,
    indexSmooth: null,
    standingSmooth: 0,
    congestedS: 0,
    usual: null,
  };
}

export type Emit = (event: CameraEvent) => void;

/** Who is in a zone: entry and exit with hysteresis, dwell, occupancy, queue, density, congestion. */
export class ZoneWatch {
  readonly zone: Zone;
  readonly state: ZoneState;
  readonly #id: string;
  readonly #roads: boolean;

  constructor(zone: Zone, state: ZoneState) {
    this.zone = zone;
    this.state = state;
    this.#id = zone.settings.id;
    this.#roads = zone.settings.kind === 'road' || zone.settings.kind === 'lane';
  }

  /** An object was observed at a place (heights of the picture). */
  observe(memory: TrackMemory, at: Point, atMs: number, book: MeasureBook, emit: Emit): void {
    const within = memory.zones[this.#id];
    if (within === undefined) {
      if (!looksAt(this.zone.settings.labels, memory.label) || !this.zone.contains(at)) return;
      // What is first seen inside was inside since it was first detected.
      const since = memory.path.length === PATH_STRIDE ? memory.firstSeenMs : atMs;
      memory.zones[this.#id] = this.zone.remember(since);
      emit({ kind: 'zone_entered', atMs, zone: this.#id, track: memory.id, label: memory.label });
    } else if (this.zone.isLeft(at, heightOf(memory))) this.leave(memory, within, atMs, atMs, book, emit);
  }

  /** An object has left, or is gone; it was last inside at `untilMs`. */
  leave(memory: TrackMemory, within: ZoneMemory, atMs: number, untilMs: number, book: MeasureBook, emit: Emit): void {
    delete memory.zones[this.#id];
    const dwellS = Math.max(0, untilMs - within.enteredMs) / 1000;
    book.sample({ metric: 'dwell', subject: this.#id, label: memory.label }, dwellS);
    if (within.speedS >= SPEED_S_MIN)
      book.speed({ metric: 'speed', subject: this.#id, label: memory.label }, within.speedTime / within.speedS);
    emit({ kind: 'zone_left', atMs, zone: this.#id, track: memory.id, label: memory.label, dwellS });
  }

  /** Whether an object counts as in the zone now: seen in it, or predicted and still in it. */
  isPresent(memory: TrackMemory, aspect: number): boolean {
    if (memory.zones[this.#id] === undefined || memory.endedAtMs !== null) return false;
    return memory.observed || this.zone.contains([memory.x * aspect, memory.y]);
  }

  /** Time goes on: what is the case is added up over the time it was observed. */
  step(
    memories: Iterable<TrackMemory>,
    aspect: number,
    observedS: number,
    settings: CameraSettings,
    book: MeasureBook,
  ): void {
    const { state, zone } = this;
    const { labels, kind, freeSpeedKmh } = zone.settings;
    const parking = settings.zones.filter((other) => other.kind === 'parking');
    let occupancy = 0;
    let queue = 0;
    let vehicles = 0;
    let standing = 0;
    let speedSum = 0;
    let speeds = 0;
    for (const memory of memories) {
      const within = memory.zones[this.#id];
      if (within === undefined || !this.isPresent(memory, aspect)) continue;
      occupancy += 1;
      // Who parks beside a road is no part of its traffic.
      const parked = this.#roads && parking.some(({ id }) => memory.zones[id] !== undefined);
      if (memory.standing && !parked) queue += 1;
      const kmh = memory.speed?.kmh ?? null;
      if (kmh !== null && memory.observed) {
        within.speedTime = fixed(within.speedTime + kmh * observedS);
        within.speedS = fixed(within.speedS + observedS);
      }
      if (parked || !isTraffic(labels, memory.label)) continue;
      vehicles += 1;
      if (memory.standing) standing += 1;
      if (kmh !== null) {
        speedSum += memory.standing ? 0 : kmh;
        speeds += 1;
      }
    }
    state.occupancy = occupancy;
    state.queue = queue;
    state.vehicles = vehicles;
    state.standing = standing;
    state.density = zone.lengthM === null ? null : densityPerKm(vehicles, zone.lengthM);
    state.meanKmh = speeds === 0 ? null : speedSum / speeds;
    this.#smooth(observedS, freeSpeedKmh, settings.ground !== null);
    const subject = this.#id;
    book.during({ metric: 'occupancy', subject }, observedS, occupancy);
    if (kind !== 'parking' && kind !== 'belt' && kind !== 'table')
      book.during({ metric: 'queue', subject }, observedS, queue);
    if (state.density !== null && kind !== 'parking')
      book.during({ metric: 'density', subject }, observedS, state.density);
    if (this.#roads) book.during({ metric: 'congestion', subject }, observedS, state.level);
  }

  #smooth(observedS: number, freeSpeedKmh: number, ground: boolean): void {
    const { state, zone } = this;
    if (!this.#roads || observedS <= 0) return;
    const share = 1 - Math.exp(-observedS / SMOOTH_S);
    state.vehiclesSmooth += share * (state.vehicles - state.vehiclesSmooth);
    if (state.vehicles > 0) state.standingSmooth += share * (state.standing / state.vehicles - state.standingSmooth);
    else state.standingSmooth -= share * state.standingSmooth;
    if (state.meanKmh !== null) {
      const index = Math.min(1, state.meanKmh / freeSpeedKmh);
      state.indexSmooth = state.indexSmooth === null ? index : state.indexSmooth + share * (index - state.indexSmooth);
    } else if (state.vehicles === 0) state.indexSmooth = null;
    state.level = congestionLevel(
      {
        vehicles: state.vehiclesSmooth,
        speedIndex: ground ? state.indexSmooth : null,
        standingShare: state.standingSmooth,
        densityPerKm:
          zone.settings.kind === 'lane' && zone.lengthM !== null
            ? densityPerKm(state.vehiclesSmooth, zone.lengthM)
            : null,
      },
      state.level,
    );
  }

  gauges(): Gauge[] {
    const { state } = this;
    const subject = this.#id;
    const gauges: Gauge[] = [{ metric: 'occupancy', subject, label: '', value: state.occupancy }];
    const { kind } = this.zone.settings;
    if (kind !== 'parking' && kind !== 'belt' && kind !== 'table')
      gauges.push({ metric: 'queue', subject, label: '', value: state.queue });
    if (state.density !== null && kind !== 'parking')
      gauges.push({ metric: 'density', subject, label: '', value: state.density });
    if (state.meanKmh !== null) gauges.push({ metric: 'speed', subject, label: '', value: state.meanKmh });
    if (this.#roads) gauges.push({ metric: 'congestion', subject, label: '', value: state.level });
    return gauges;
  }
}
