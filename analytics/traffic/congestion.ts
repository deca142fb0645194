/**
 * Level of congestion of a zone: 0 free, 1 dense, 2 slow, 3 standing.
 *
 * With a ground plane it is the speed performance index, mean speed over free speed, in its usual four classes
 * (He, Yan, Liu, Ma: A Traffic Congestion Assessment Method for Urban Road Networks Based on Speed Performance Index,
 * Procedia Engineering 137, 2016): above 75 % free, above 50 % dense, above 25 % slow, under it standing.
 * Without one there are no km/h; what can be told is which share of the vehicles stands.
 * A single lane that is full yet fast is dense too: from 22 vehicles/km on, where the Highway Capacity Manual's level
 * of service E begins (35 passenger cars per mile and lane, HCM 2010 exhibit 11-5).
 */
const INDEX_OF_LEVEL = [0.75, 0.5, 0.25] as const;
const STANDING_OF_LEVEL = [0.34, 0.5, 0.8] as const;
export const DENSE_PER_KM = 22;
/** Fewer vehicles are no congestion: one that stands is a stopped vehicle. */
export const VEHICLES_MIN = 3;
/** A level is only left once the index is this far inside the next. */
const MARGIN = 0.05;
/** Time constant of what goes into the level, s: one braking car does not make it jump. */
export const SMOOTH_S = 4;

export interface ZoneLoad {
  /** Vehicles in it now, smoothed. */
  readonly vehicles: number;
  /** Mean speed over free speed, smoothed; null without ground plane or measured vehicle. */
  readonly speedIndex: number | null;
  /** Share of the vehicles that stand, smoothed. */
  readonly standingShare: number;
  /** Of one lane; null where the length or the number of lanes is unknown. */
  readonly densityPerKm: number | null;
}

/** The level now, given the level before: within the margin it stays. */
export function congestionLevel(load: ZoneLoad, before: number): number {
  // Half a vehicle less: a smoothed count reaches its whole number only in the long run.
  if (load.vehicles < VEHICLES_MIN - (before > 0 ? 1 : 0.5)) return 0;
  let level = 0;
  if (load.speedIndex !== null) {
    for (const [i, limit] of INDEX_OF_LEVEL.entries())
      if (load.speedIndex <= limit + (before > i ? MARGIN : 0)) level = i + 1;
  } else {
    for (const [i, limit] of STANDING_OF_LEVEL.entries())
      if (load.standingShare >= limit - (before > i ? MARGIN : 0)) level = i + 1;
  }
  if (level === 0 && load.densityPerKm !== null && load.densityPerKm >= DENSE_PER_KM) return 1;
  return level;
}
