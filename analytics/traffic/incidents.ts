import type { CameraSettings, TrafficSettings } from '../../config/camera-settings/schema.ts';
import type { IncidentKind } from '../../core/camera-event.ts';
import type { MeasureBook } from '../measure-book.ts';
import { IncidentBook, type IncidentsState, type OpenIncident } from './incident-book.ts';
import { watchCongestion } from './incidents/congestion.ts';
import type { IncidentScene } from './incidents/incident-scene.ts';
import { watchPedestrians } from './incidents/pedestrian-on-road.ts';
import { watchStopped } from './incidents/stopped-vehicle.ts';
import { watchSlowdown } from './incidents/sudden-slowdown.ts';
import { watchWrongWay } from './incidents/wrong-way.ts';
import type { TrackMemory } from './track-memory.ts';
import type { Emit, ZoneWatch } from './zone-watch.ts';

export type { IncidentsState } from './incident-book.ts';

const SETTING: Readonly<Record<IncidentKind, keyof TrafficSettings['incidents']>> = {
  stopped_vehicle: 'stoppedVehicle',
  wrong_way: 'wrongWay',
  pedestrian_on_road: 'pedestrianOnRoad',
  sudden_slowdown: 'suddenSlowdown',
  congestion: 'congestion',
};

/** Looks for incidents in the zones of kind road and lane. */
export class Incidents {
  readonly #settings: CameraSettings;
  readonly #book: IncidentBook;

  constructor(settings: CameraSettings, state?: IncidentsState) {
    this.#settings = settings;
    this.#book = new IncidentBook(state);
  }

  /** A new track took up the way of an old one. */
  renamed(from: number, to: number): void {
    for (const incident of this.#book.open) if (incident.now === from) incident.now = to;
  }

  step(
    objects: ReadonlyMap<number, TrackMemory>,
    zones: readonly ZoneWatch[],
    aspect: number,
    atMs: number,
    observedS: number,
    measures: MeasureBook,
    emit: Emit,
  ): void {
    const { incidents } = this.#settings.traffic;
    for (const incident of this.#book.open)
      if (!this.#isWatched(incident, zones))
        this.#book.end(incident, 'the settings do not ask for it any more', atMs, emit);
    for (const watch of zones) {
      const { kind } = watch.zone.settings;
      if (kind !== 'road' && kind !== 'lane') continue;
      const scene: IncidentScene = {
        watch,
        zones,
        objects,
        aspect,
        ground: this.#settings.ground !== null,
        atMs,
        observedS,
        incidents: this.#book,
        measures,
        emit,
      };
      if (incidents.stoppedVehicle !== null) watchStopped(scene, incidents.stoppedVehicle.afterS);
      if (incidents.wrongWay !== null) watchWrongWay(scene, incidents.wrongWay.afterS);
      if (incidents.pedestrianOnRoad !== null) watchPedestrians(scene, incidents.pedestrianOnRoad.afterS);
      if (incidents.suddenSlowdown !== null) watchSlowdown(scene, incidents.suddenSlowdown);
      if (incidents.congestion !== null) watchCongestion(scene, incidents.congestion);
    }
  }

  state(): IncidentsState {
    return this.#book.state();
  }

  #isWatched(incident: OpenIncident, zones: readonly ZoneWatch[]): boolean {
    if (this.#settings.traffic.incidents[SETTING[incident.kind]] === null) return false;
    const zone = zones.find((z) => z.zone.settings.id === incident.zone)?.zone.settings;
    return zone !== undefined && (zone.kind === 'road' || zone.kind === 'lane');
  }
}
