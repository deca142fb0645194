import type { MeasureBook } from '../../measure-book.ts';
import type { IncidentBook } from '../incident-book.ts';
import type { TrackMemory } from '../track-memory.ts';
import type { Emit, ZoneWatch } from '../zone-watch.ts';

/** One road or lane at one moment: what each kind of incident looks at. */
export interface IncidentScene {
  readonly watch: ZoneWatch;
  readonly zones: readonly ZoneWatch[];
  /** By the number of their newest track. */
  readonly objects: ReadonlyMap<number, TrackMemory>;
  readonly aspect: number;
  /** Whether the ground is measured: speeds are km/h. */
  readonly ground: boolean;
  readonly atMs: number;
  readonly observedS: number;
  readonly incidents: IncidentBook;
  readonly measures: MeasureBook;
  readonly emit: Emit;
}

/** Whether the object is also in a zone of one of these kinds. */
export function isAlsoIn(scene: IncidentScene, memory: TrackMemory, kinds: readonly string[]): boolean {
  return scene.zones.some(
    ({ zone }) =>
      kinds.includes(zone.settings.kind) &&
      (memory.zones[zone.settings.id] !== undefined || zone.contains([memory.x * scene.aspect, memory.y])),
  );
}

/** Seconds for people: one digit under ten. */
export function seconds(s: number): string {
  return `${s < 10 ? Math.round(s * 10) / 10 : Math.round(s)} s`;
}
