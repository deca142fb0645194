import { fixed } from '../../state/fixed.ts';
import { isTraffic } from '../classes.ts';
import { heightOf } from '../track-memory.ts';
import { type IncidentScene, isAlsoIn, seconds } from './incident-scene.ts';

/** More than 120° off the heading is against it; less than 90° is with it; between them is turning. */
const AGAINST = -0.5;
/** Slower than this, own heights per second, has no direction: about 3 km/h. */
const GOES = 0.5;
/** It must have come this far against the heading, own heights: parking and letting by are less. */
const WAY = 1;
/** Going right, out of the zone, or unseen for so long ends it. */
const ENDS_S = 2;

/** A vehicle drives against its zone's heading. Standing neither makes nor ends one. */
export function watchWrongWay(scene: IncidentScene, afterS: number): void {
  const { watch, objects, incidents, observedS, atMs, aspect } = scene;
  const { id, labels } = watch.zone.settings;
  const { heading } = watch.zone;
  if (heading === null) return;
  const right = new Set<number>();
  for (const memory of objects.values()) {
    const within = memory.zones[id];
    const { speed } = memory;
    if (within === undefined || speed === null || !memory.observed || !isTraffic(labels, memory.label)) continue;
    const height = heightOf(memory);
    if (speed.heightsPerS < GOES * height) continue;
    const along = (speed.vx * heading[0] + speed.vy * heading[1]) / speed.heightsPerS;
    if (along > 0) {
      within.againstS = 0;
      right.add(memory.id);
    }
    if (along > AGAINST) continue;
    if (within.againstS === 0) {
      within.againstX = memory.x;
      within.againstY = memory.y;
    }
    within.againstS = fixed(within.againstS + observedS);
    const way = -((memory.x - within.againstX) * aspect * heading[0] + (memory.y - within.againstY) * heading[1]);
    if (within.againstS < afterS || way < WAY * height) continue;
    if (incidents.find('wrong_way', id, memory.id) !== undefined || isAlsoIn(scene, memory, ['parking'])) continue;
    const kmh = speed.kmh === null ? '' : ` at ${Math.round(speed.kmh)} km/h`;
    incidents.begin(
      { kind: 'wrong_way', zone: id, track: memory.id, label: memory.label, box: memory.box },
      `${memory.label} has gone against the heading of ${id} for ${seconds(within.againstS)}${kmh}`,
      atMs,
      scene.measures,
      scene.emit,
    );
  }
  for (const incident of incidents.open) {
    if (incident.kind !== 'wrong_way' || incident.zone !== id) continue;
    const memory = incident.now === null ? undefined : objects.get(incident.now);
    const within = memory?.endedAtMs === null && memory.zones[id] !== undefined;
    if (within && !right.has(memory.id)) {
      incident.goneS = 0;
      continue;
    }
    incident.goneS += observedS;
    if (incident.goneS >= ENDS_S)
      incidents.end(incident, within ? 'it goes with the heading' : 'it has left', atMs, scene.emit);
  }
}
