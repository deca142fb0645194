/**
 * Flow, density and speed of traffic and how they hang together (fundamental relation, Wardrop 1952: flow = density ×
 * space-mean speed). Flow is not a measure of its own: it is `crossings` over observed time, so that it adds up.
 */

/** Vehicles per hour from crossings in observed seconds; null where nothing was observed. */
export function flowPerHour(crossings: number, observedS: number): number | null {
  return observedS > 0 ? (crossings * 3600) / observedS : null;
}

/** Vehicles per km. */
export function densityPerKm(vehicles: number, lengthM: number): number {
  return (vehicles * 1000) / lengthM;
}

/** Flow that a density at a space-mean speed makes, vehicles/h. */
export function flowOf(densityPerKmNow: number, meanKmh: number): number {
  return densityPerKmNow * meanKmh;
}
