import { fixed } from '../../state/fixed.ts';
import { isCycle, isPerson, isVehicle } from '../classes.ts';
import type { TrackMemory } from '../track-memory.ts';
import { type IncidentScene, isAlsoIn, seconds } from './incident-scene.ts';

/** Nobody there for so long ends it: a group coming over one by one is one incident. */
const ENDS_S = 2;
/** A person whose box is in a vehicle's to this share, and whose feet are above its wheels, sits in it. */
const INSIDE = 0.7;

/**
 * People on a road or lane: one incident per zone as long as anybody is on it. Not who is on a zone of kind crossing or
 * pavement that lies in it, not riders, not who sits in a vehicle.
 */
export function watchPedestrians(scene: IncidentScene, afterS: number): void {
  const { watch, objects, incidents, observedS, atMs } = scene;
  const { id } = watch.zone.settings;
  let first: TrackMemory | undefined;
  let people = 0;
  for (const memory of objects.values()) {
    const within = memory.zones[id];
    if (within === undefined || !isPerson(memory.label) || !watch.isPresent(memory, scene.aspect)) continue;
    if (rides(memory, objects) || isAlsoIn(scene, memory, ['crossing', 'pavement'])) {
      within.personS = 0;
      continue;
    }
    within.personS = fixed(within.personS + observedS);
    if (within.personS < afterS) continue;
    people += 1;
    if (first === undefined || within.personS > (first.zones[id]?.personS ?? 0)) first = memory;
  }
  const open = incidents.open.find((o) => o.kind === 'pedestrian_on_road' && o.zone === id);
  if (open !== undefined) {
    open.goneS = people > 0 ? 0 : open.goneS + observedS;
    if (open.goneS >= ENDS_S) incidents.end(open, 'nobody is on it any more', atMs, scene.emit);
  } else if (first !== undefined) {
    const forS = first.zones[id]?.personS ?? 0;
    incidents.begin(
      { kind: 'pedestrian_on_road', zone: id, track: first.id, label: first.label, box: first.box },
      people === 1
        ? `${first.label} has been on ${id} for ${seconds(forS)}`
        : `${people} people are on ${id}, one for ${seconds(forS)}`,
      atMs,
      scene.measures,
      scene.emit,
    );
  }
}

/** Whether a person is a rider, or sits in a vehicle. */
function rides(person: TrackMemory, objects: ReadonlyMap<number, TrackMemory>): boolean {
  const [x1, y1, x2, y2] = person.box;
  const area = Math.max(1e-9, (x2 - x1) * (y2 - y1));
  for (const other of objects.values()) {
    if (other.endedAtMs !== null || !(isCycle(other.label) || isVehicle(other.label) || other.label === 'bicycle'))
      continue;
    const [a1, b1, a2, b2] = other.box;
    const width = Math.min(x2, a2) - Math.max(x1, a1);
    const height = Math.min(y2, b2) - Math.max(y1, b1);
    if (width <= 0 || height <= 0) continue;
    if (isCycle(other.label) || other.label === 'bicycle') {
      // A rider is above the saddle: over most of its own width on the cycle, feet not far under its wheels.
      const over = width / Math.min(x2 - x1, a2 - a1);
      if (over > 0.6 && y1 < b1 && y2 > b1 + 0.2 * (b2 - b1) && y2 < b2 + 0.15 * (b2 - b1)) return true;
    } else if ((width * height) / area >= INSIDE && y2 < b2 - 0.1 * (b2 - b1)) return true;
  }
  return false;
}
