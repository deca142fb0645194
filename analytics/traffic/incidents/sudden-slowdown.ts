import { isTraffic } from '../classes.ts';
import { atBorder, heightOf, type TrackMemory } from '../track-memory.ts';
import { learnUsual, noUsualSpeed, usualAt } from '../usual-speed.ts';
import type { ZoneMemory } from '../zones.ts';
import type { IncidentScene } from './incident-scene.ts';

/** One vehicle that brakes turns off; two brake for something. */
const VEHICLES_MIN = 2;
/** It was flowing before: share of the free speed; without ground plane, of the usual one at the place. */
const FLOWING_SHARE = 0.4;
const FLOWING_USUAL = 0.5;
/** Own heights per second: what is slower has no logarithm worth learning. */
const SLOWEST = 0.05;
/** A speed counts as fastest only after it was followed so long. */
const FOLLOWED_MS = 1_000;
/** Traffic no slower than usual for so long ends it. */
const ENDS_S = 5;

/**
 * The mean speed in a zone falls by a share within some time. Each vehicle is compared with itself: a mean that falls
 * because a fast one left and a slow one came is none. Speeds are km/h. Without a ground plane they are shares of what is
 * usual at the place (see usual-speed.ts): whatever drives away gets slower in the picture, and would be an incident all
 * day. So there nothing is told before some vehicles have shown what is usual, nor of those at the picture's border.
 */
export function watchSlowdown(
  scene: IncidentScene,
  settings: { readonly dropShare: number; readonly withinS: number },
): void {
  const { watch, objects, incidents, observedS, atMs } = scene;
  const { id, labels, freeSpeedKmh } = watch.zone.settings;
  let vehicles = 0;
  let slowed = 0;
  let now = 0;
  let before = 0;
  const ground = scene.ground;
  let first: TrackMemory | undefined;
  for (const memory of objects.values()) {
    const within = memory.zones[id];
    if (within === undefined || !memory.observed || memory.speed === null || !isTraffic(labels, memory.label)) continue;
    if (atMs - (memory.path[0] ?? atMs) < FOLLOWED_MS) continue;
    const speed = ground ? memory.speed.kmh : shareOfUsual(scene, memory);
    if (speed === null) continue;
    const peak = peakOf(within, speed, atMs, settings.withinS);
    vehicles += 1;
    now += speed;
    before += peak;
    if (speed > (1 - settings.dropShare) * peak) continue;
    slowed += 1;
    first ??= memory;
  }
  const flowing = before >= vehicles * (ground ? FLOWING_SHARE * freeSpeedKmh : FLOWING_USUAL);
  const falls = slowed >= VEHICLES_MIN && flowing && now <= (1 - settings.dropShare) * before;
  const open = incidents.open.find((o) => o.kind === 'sudden_slowdown' && o.zone === id);
  if (open !== undefined) {
    open.goneS = falls ? 0 : open.goneS + observedS;
    if (open.goneS >= ENDS_S) incidents.end(open, 'traffic does not slow down any more', atMs, scene.emit);
  } else if (falls && first !== undefined) {
    const figures = ground
      ? `from ${Math.round(before / vehicles)} to ${Math.round(now / vehicles)} km/h`
      : `to ${Math.round((100 * now) / before)} %`;
    incidents.begin(
      { kind: 'sudden_slowdown', zone: id, track: null, label: null, box: first.box },
      `${slowed} of ${vehicles} vehicles in ${id} slowed down within ${settings.withinS} s, on average ${figures}`,
      atMs,
      scene.measures,
      scene.emit,
    );
  }
}

/** How fast it looks, in shares of what is usual where it is; null where that is not known yet. What it does is learned. */
function shareOfUsual({ watch, aspect, observedS, incidents }: IncidentScene, memory: TrackMemory): number | null {
  if (memory.speed === null || atBorder(memory) || memory.sure?.atMs !== memory.lastSeenMs) return null;
  const { zone, state } = watch;
  const at = zone.along([memory.x * aspect, memory.y]);
  const speed = Math.max(SLOWEST, memory.speed.heightsPerS / Math.max(1e-3, heightOf(memory)));
  state.usual ??= noUsualSpeed();
  const usual = usualAt(state.usual, at);
  // What an incident does is not usual; nor is standing.
  const isOpen = incidents.open.some((o) => o.kind === 'sudden_slowdown' && o.zone === zone.settings.id);
  if (!isOpen && !memory.standing) learnUsual(state.usual, at, speed, observedS);
  return usual === undefined ? null : speed / usual;
}

/** Its fastest within the time looked back on: that of the last one to two halves of it. */
function peakOf(within: ZoneMemory, speed: number, atMs: number, withinS: number): number {
  const half = withinS * 500;
  if (atMs - within.peakFromMs >= 2 * half) {
    within.peakBefore = within.peakFromMs === within.enteredMs ? within.peak : speed;
    within.peak = speed;
    within.peakFromMs = atMs;
  } else if (atMs - within.peakFromMs >= half) {
    within.peakBefore = within.peak;
    within.peak = speed;
    within.peakFromMs = atMs;
  }
  within.peak = Math.max(within.peak, speed);
  return Math.max(within.peak, within.peakBefore);
}
