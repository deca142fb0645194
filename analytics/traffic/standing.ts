import type { TrafficSettings } from '../../config/camera-settings/schema.ts';
import { fixed } from '../state/fixed.ts';
import { heightOf, type TrackMemory } from './track-memory.ts';

/** Slower than this, heights of its own box per second, nothing moves: it is the box's trembling. */
const TREMBLE = 0.04;
/** Without a ground plane: far away, a share of the picture is a long way. A car's height is 1.5 m: 1.6 km/h. */
const OWN_HEIGHTS = 0.3;
/** To stand is to be slower than the limit, to go is to be faster than this many times the limit. */
const GO_FACTOR = 2;

/** Whether an object stands, with hysteresis, and for how long it was seen to. */
export function updateStanding(memory: TrackMemory, observedS: number, settings: TrafficSettings): void {
  const { speed } = memory;
  if (speed !== null && memory.observed) {
    const factor = memory.standing ? GO_FACTOR : 1;
    const height = heightOf(memory);
    const still = speed.heightsPerS < factor * TREMBLE * height;
    const slow =
      speed.kmh !== null
        ? speed.kmh < factor * settings.standingKmh
        : speed.heightsPerS < factor * Math.min(settings.standingShare, OWN_HEIGHTS * height);
    const standing = still || slow;
    if (standing && !memory.standing) {
      memory.standingS = 0;
      memory.stoodX = memory.x;
      memory.stoodY = memory.y;
    }
    memory.standing = standing;
  }
  if (memory.standing) memory.standingS = fixed(memory.standingS + observedS);
}
