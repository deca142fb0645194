import { hashText } from '../core/hash.ts';
import type { NodeId, ShardId } from '../core/ids.ts';

/**
 * How much a shard belongs to a node: the highest score has it. Adding a node takes 1/N of the shards, all to the new
 * one; removing one gives away only its own (Thaler and Ravishankar 1998, "Using name-based mappings to increase hit
 * rates"). With `-weight / ln(u)`, u uniform in (0, 1), a node wins in proportion to its weight (the logarithmic method
 * of Schindelhauer and Schomaker 2005, "Weighted distributed hash tables").
 *
 * @param nodeHash from {@link nodeHashOf}
 * @returns more than 0
 */
export function rendezvousScore(shard: ShardId, nodeHash: number, weight: number): number {
  return -weight / Math.log((mix(Math.imul(shard + 1, 0x9e3779b1) ^ nodeHash) + 0.5) / 4_294_967_296);
}

export const nodeHashOf = (node: NodeId): number => hashText(node);

/** MurmurHash3's fmix32 (Austin Appleby, public domain): each bit of the input changes half of the output's. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
