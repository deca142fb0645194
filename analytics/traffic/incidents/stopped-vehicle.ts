import type { Box } from '../../../core/detection.ts';
import { fixed } from '../../state/fixed.ts';
import { isTraffic } from '../classes.ts';
import { heightOf, type TrackMemory } from '../track-memory.ts';
import { type IncidentScene, isAlsoIn, seconds } from './incident-scene.ts';

/** So many vehicles standing, and half of all in the zone: a queue (lights, a jam), which `queue` and `congestion` tell. */
const QUEUE_MIN = 3;
const QUEUE_SHARE = 0.5;
/** Driving for so long ends it. */
const DRIVES_S = 2;
/** Unseen for so long ends it: a lorry may stand before it, a tracker may lose it. */
const UNSEEN_S = 15;
/** Two boxes that overlap so much are the same vehicle that stands. */
const SAME_PLACE = 0.4;

/**
 * A vehicle stands where one drives. As the operator of a tunnel or junction wants it:
 * - what waits in a queue is no incident: a queue must have dissolved for the whole time before who is left counts;
 * - but an incident that is open when a queue builds up behind it stays open;
 * - in a zone of kind parking nothing ever is, even where that lies in a road;
 * - it survives its track: a vehicle found standing at the same place is the same.
 */
export function watchStopped(scene: IncidentScene, afterS: number): void {
  const { watch, objects, incidents, observedS, atMs } = scene;
  const { id, labels } = watch.zone.settings;
  const { standing, vehicles } = watch.state;
  const queue = standing >= QUEUE_MIN && standing >= QUEUE_SHARE * vehicles;
  for (const memory of objects.values()) {
    const within = memory.zones[id];
    if (within === undefined) continue;
    if (!memory.standing || queue || !isTraffic(labels, memory.label)) {
      // In a queue the time begins anew when the queue is gone.
      within.stoppedS = 0;
      if (!memory.standing || !queue || !isTraffic(labels, memory.label)) continue;
    }
    if (!watch.isPresent(memory, scene.aspect)) continue;
    if (incidents.open.some((o) => o.kind === 'stopped_vehicle' && o.now === memory.id)) continue;
    const same = incidents.open.find(
      (o) =>
        o.kind === 'stopped_vehicle' &&
        o.zone === id &&
        !isHere(objects, o.now) &&
        o.box !== null &&
        overlap(o.box, memory.box) >= SAME_PLACE,
    );
    if (same !== undefined) {
      same.now = memory.id;
      continue;
    }
    if (queue || isAlsoIn(scene, memory, ['parking'])) continue;
    within.stoppedS = fixed(within.stoppedS + observedS);
    if (within.stoppedS < afterS) continue;
    incidents.begin(
      { kind: 'stopped_vehicle', zone: id, track: memory.id, label: memory.label, box: memory.box },
      `${memory.label} has stood for ${seconds(Math.max(memory.standingS, within.stoppedS))}; ${standing} of ${vehicles} vehicles in ${id} stand`,
      atMs,
      scene.measures,
      scene.emit,
    );
  }
  endStopped(scene);
}

function endStopped(scene: IncidentScene): void {
  const { watch, objects, incidents, observedS, atMs, emit } = scene;
  for (const incident of incidents.open) {
    if (incident.kind !== 'stopped_vehicle' || incident.zone !== watch.zone.settings.id) continue;
    const memory = incident.now === null ? undefined : objects.get(incident.now);
    if (memory?.observed === true) {
      const left = memory.zones[incident.zone] === undefined;
      if (!left && (memory.standing || !hasMoved(memory, scene.aspect))) {
        incident.goneS = 0;
        incident.box = memory.box;
        continue;
      }
      incident.goneS += observedS;
      if (incident.goneS >= DRIVES_S) incidents.end(incident, left ? 'it has left' : 'it drives again', atMs, emit);
      continue;
    }
    incident.goneS += observedS;
    if (incident.goneS >= UNSEEN_S) incidents.end(incident, 'it is not seen any more', atMs, emit);
  }
}

function isHere(objects: ReadonlyMap<number, TrackMemory>, track: number | null): boolean {
  return track !== null && objects.get(track)?.observed === true;
}

/** By half its height from where it came to stand. */
function hasMoved(memory: TrackMemory, aspect: number): boolean {
  return Math.hypot((memory.x - memory.stoodX) * aspect, memory.y - memory.stoodY) > 0.5 * heightOf(memory);
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const w = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return (w * h) / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
}
