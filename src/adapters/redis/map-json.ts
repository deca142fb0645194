import { type Epoch, epoch, type NodeId } from '../../../core/ids.ts';
import type { ShardEntry, ShardMove, StartFrom } from '../../../shards/cluster/cluster-map.ts';

/**
 * An entry as Redis keeps it: JSON whose first field is the version and whose second is the owner, because the script
 * reads these two from its beginning and puts the version there itself. `cjson` would make `{}` of empty lists and round
 * large numbers.
 */

/** All of an entry but `{"version":N,`. */
export function entryTail({ owner, epoch, state, from, move, pin }: ShardEntry): string {
  return JSON.stringify({ owner, epoch, state, from, move, pin }).slice(1);
}

/** @throws SyntaxError where it is no such entry */
export function parseEntry(text: string): ShardEntry {
  const read = JSON.parse(text) as {
    readonly version: number;
    readonly owner: NodeId | null;
    readonly epoch: number;
    readonly state: ShardEntry['state'];
    readonly from: StartFrom;
    readonly move: ShardMove | null;
    readonly pin: NodeId | null;
  };
  if (!Number.isSafeInteger(read.version) || !Number.isSafeInteger(read.epoch)) {
    throw new SyntaxError(`no entry of a shard map: ${text.slice(0, 80)}`);
  }
  const { version, owner, state, from, move, pin } = read;
  return { version, owner, epoch: epoch(read.epoch) satisfies Epoch, state, from, move, pin };
}
