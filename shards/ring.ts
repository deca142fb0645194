import HashRing from 'hashring';
import { SHARDS_MAX, VIRTUAL_NODES_MAX } from '../config/limits.ts';
import { type CameraId, type ShardId, shardId } from '../core/ids.ts';

export interface RingOptions {
  /** `cluster.shardCount`: 1 .. 4,096. */
  readonly shardCount: number;
  /** `cluster.virtualNodes`: hashes per shard, 1 .. 1,024; each gives four points. The same on every node. */
  readonly virtualNodes: number;
}

/** Camera id → shard. The same in every process with the same options, and never changed by who is a member. */
export interface Ring {
  readonly shardCount: number;
  /** About 2 µs: one MD5 and a binary search. Ask once per connection, not once per frame. */
  shardOf(camera: CameraId): ShardId;
}

/** What the library has but its types do not say, or say wrongly. */
interface Ketama {
  hashValue(key: string): number;
  points(servers: readonly string[]): Readonly<Record<string, readonly number[]>>;
}

/**
 * Builds the ring: once per process, 0.2 to 0.3 s and 1 MB at 256 shards of 160 virtual nodes.
 *
 * The points and the hash are those of `hashring` (Ketama: the first point at or after a key's MD5 owns it). Looking up
 * is done here, in typed arrays, since the library's own `get` keeps its cache in a plain object, where a camera called
 * `__proto__` would write into `Object.prototype` (docs/adr/0001-ring-library.md).
 *
 * @throws RangeError where an option is not a whole number in its range.
 */
export function createRing(options: RingOptions): Ring {
  const { shardCount, virtualNodes } = options;
  assertWhole('shardCount', shardCount, SHARDS_MAX);
  assertWhole('virtualNodes', virtualNodes, VIRTUAL_NODES_MAX);
  const names = Array.from({ length: shardCount }, (_, shard) => String(shard));
  // Counts are given per shard: from the common one the library computes floor(1 / n * count * n), one too few for
  // some n, so that adding a shard would also take points from all others.
  const servers = Object.fromEntries(names.map((name) => [name, { vnodes: virtualNodes }]));
  const library = new HashRing(servers, 'md5', { 'vnode count': 0, 'max cache size': 1 });
  const ketama = library as unknown as Ketama;
  const { values, owners } = sortedPoints(names, ketama.points(names));
  library.end();
  return {
    shardCount,
    shardOf: (camera) => shardId(owners[firstAtOrAfter(values, ketama.hashValue(camera))] ?? 0),
  };
}

/** All points in ascending order, and whose they are; of equal ones the lowest shard's comes first. */
function sortedPoints(
  names: readonly string[],
  points: Readonly<Record<string, readonly number[]>>,
): { readonly values: Uint32Array; readonly owners: Uint16Array } {
  // Value and shard in one double (32 + 12 bits): sorting plain numbers is far quicker than sorting pairs.
  const keys = Float64Array.from(
    names.flatMap((name, shard) => (points[name] ?? []).map((value) => value * SHARDS_MAX + shard)),
  );
  keys.sort();
  return {
    values: Uint32Array.from(keys, (key) => Math.floor(key / SHARDS_MAX)),
    owners: Uint16Array.from(keys, (key) => key % SHARDS_MAX),
  };
}

/** Index of the first of the ascending `values` that is at least `hash`; 0 past the last, for the ring closes there. */
function firstAtOrAfter(values: Uint32Array, hash: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low === values.length ? 0 : low;
}

function assertWhole(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`${name} must be a whole number from 1 to ${max}, got ${value}`);
  }
}
