/**
 * Capacities of the same hardware, as measured beside other work, differ by less than this factor. Different hardware differs
 * by more: a T4, an L4 and an H100 by 2 and 5.
 */
export const CAPACITY_NOISE = 1.5;

/**
 * The capacity a node tells the others: what it told before, for as long as that is true but for noise. A Schmitt
 * trigger, kept by the node itself so that it outlives coordinators.
 *
 * @param heldFps what it told last, frames/s; 0 where it has told nothing yet
 * @param measuredFps as measured now, frames/s; 0 or not a number where it is not known
 */
export function steadyCapacity(heldFps: number, measuredFps: number): number {
  if (!isKnown(measuredFps)) return heldFps;
  if (!isKnown(heldFps)) return measuredFps;
  const ratio = measuredFps / heldFps;
  return ratio > CAPACITY_NOISE || ratio < 1 / CAPACITY_NOISE ? measuredFps : heldFps;
}

/**
 * Capacities as weights, by the same index: nodes that differ only by noise weigh the same. Sorted by capacity, a group
 * takes in whatever is within {@link CAPACITY_NOISE} of its smallest, and weighs as its median. An unknown capacity
 * counts as the median of the known ones, or 1 where none is known.
 */
export function capacityWeights(capacitiesFps: readonly number[]): number[] {
  const known = capacitiesFps.filter(isKnown).sort((a, b) => a - b);
  const unknown = medianOf(known, 0, known.length) ?? 1;
  const weights: [from: number, to: number, weight: number][] = [];
  for (let i = 0; i < known.length; ) {
    const from = known[i] ?? 0;
    let end = i;
    while (end < known.length && (known[end] ?? 0) <= from * CAPACITY_NOISE) end++;
    weights.push([from, known[end - 1] ?? from, medianOf(known, i, end) ?? from]);
    i = end;
  }
  return capacitiesFps.map((fps) => {
    const capacity = isKnown(fps) ? fps : unknown;
    return weights.find(([from, to]) => from <= capacity && capacity <= to)?.[2] ?? capacity;
  });
}

const isKnown = (fps: number): boolean => Number.isFinite(fps) && fps > 0;

/** The lower median of `sorted[from .. to)`: always one that was measured. */
const medianOf = (sorted: readonly number[], from: number, to: number): number | undefined =>
  sorted[from + Math.floor((to - from - 1) / 2)];
