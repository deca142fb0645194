import type { NodeId } from '../../core/ids.ts';

/** A proven connection, as far as it matters which of two stays. */
export interface LinkClaim {
  /** The life of the peer it leads to. */
  readonly instance: string;
  readonly dialledBy: NodeId;
}

/**
 * A pair of nodes has one connection; which, where there is one and another comes up? Pure, and the same on both sides in
 * whatever order they see the two:
 *
 *     the peer has restarted                the new one: the old one leads to nobody
 *     the same side dialled both            the new one: who dials has no connection
 *     each side dialled one                 the one that the smaller id dialled
 */
export function whichLink(old: LinkClaim, fresh: LinkClaim, one: NodeId, other: NodeId): 'old' | 'fresh' {
  if (old.instance !== fresh.instance || old.dialledBy === fresh.dialledBy) return 'fresh';
  return fresh.dialledBy === dialsFirst(one, other) ? 'fresh' : 'old';
}

/** Who of a pair dials at once. */
export function dialsFirst(one: NodeId, other: NodeId): NodeId {
  return one < other ? one : other;
}
