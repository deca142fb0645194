import type { Plan, Shard } from '../api/answers.gen.ts';

export type PlannedMove = Plan['moves'][number];

/** What goes from one node to another. */
export interface Flow {
  readonly from: string | null;
  readonly to: string;
  readonly why: string;
  readonly shards: readonly number[];
  /** Cameras of these shards now; null where an owner did not answer. */
  readonly cameras: number | null;
}

/** Moves by where from, where to and why, the largest first. */
export function flowsOf(moves: readonly PlannedMove[], shards: readonly Shard[]): readonly Flow[] {
  const flows = new Map<string, { readonly flow: Omit<Flow, 'shards' | 'cameras'>; readonly shards: number[] }>();
  for (const { shard, from, to, why } of moves) {
    const key = JSON.stringify([from, to, why]);
    const known = flows.get(key) ?? { flow: { from, to, why }, shards: [] };
    known.shards.push(shard);
    flows.set(key, known);
  }
  return [...flows.values()]
    .map(({ flow, shards: some }) => ({
      ...flow,
      shards: some.sort((a, b) => a - b),
      cameras: camerasOf(some, shards),
    }))
    .sort((a, b) => b.shards.length - a.shards.length || (a.to < b.to ? -1 : 1));
}

/** Cameras of these shards; null where one of them is not known. */
export function camerasOf(some: readonly number[], shards: readonly Shard[]): number | null {
  let sum = 0;
  for (const shard of some) {
    const cameras = shards[shard]?.cameras ?? null;
    if (cameras === null) return null;
    sum += cameras;
  }
  return sum;
}

/** `3, 7 to 9, 12`; cut off after `max` parts. */
export function shardNumbers(shards: readonly number[], max = 12): string {
  const parts: string[] = [];
  for (let i = 0; i < shards.length; ) {
    let end = i;
    while (shards[end + 1] === (shards[end] ?? 0) + 1) end++;
    const [first = 0, last = 0] = [shards[i], shards[end]];
    parts.push(end === i ? String(first) : end === i + 1 ? `${first}, ${last}` : `${first} to ${last}`);
    i = end + 1;
  }
  return parts.length > max ? `${parts.slice(0, max).join(', ')} …` : parts.join(', ');
}
