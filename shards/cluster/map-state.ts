import { epoch, type NodeId, type ShardId } from '../../core/ids.ts';
import { type ClusterMap, entryOf, type ShardEntry, type ShardMove, type StartFrom } from './cluster-map.ts';

/**
 * Everything that may ever happen to a shard's entry:
 *
 *                given                 started
 *     (no owner) ──────► starting ────────────────► running ◄─────────────┐
 *                         ▲  ▲ │ taken-over            │ begun            │ withdrawn
 *                         │  └─┘ resumed               ▼                  │
 *                         │  taken-over, resumed    running + move ───────┘
 *                         ├────────────────────────────┤
 *                         └────────────────────────────┘ stopped, taken-over, resumed
 *
 * Every arrow into `starting` gives the shard a new epoch.
 */
export type ShardEvent =
  /** The first owner. */
  | { readonly kind: 'given'; readonly to: NodeId }
  /** Its owner is to hand it over. */
  | { readonly kind: 'begun'; readonly move: ShardMove }
  /** Nothing comes of that move. */
  | { readonly kind: 'withdrawn'; readonly move: string }
  /** Its owner serves it no more: it is the target's now. */
  | { readonly kind: 'stopped'; readonly move: string }
  /** Its owner serves it. */
  | { readonly kind: 'started'; readonly node: NodeId }
  /** Its owner is dead. */
  | { readonly kind: 'taken-over'; readonly from: NodeId; readonly to: NodeId }
  /** Its owner has lost it and begins anew: it was started again under the same name. */
  | { readonly kind: 'resumed'; readonly node: NodeId }
  /** Its owner is back with a new lease and says so; whatever was based on the old entry is refused from here on. */
  | { readonly kind: 'claimed'; readonly node: NodeId }
  | { readonly kind: 'pinned'; readonly to: NodeId | null };

/**
 * The entry after `event`; the store gives it its version.
 * @throws Error where the event may not happen to such an entry: a bug of the caller
 */
export function updatedEntry(entry: ShardEntry, event: ShardEvent): ShardEntry {
  switch (event.kind) {
    case 'given':
      must(entry.owner === null, event, entry);
      return ownedBy(entry, event.to, { kind: 'nothing' });
    case 'begun':
      must(entry.owner !== null && entry.owner !== event.move.to, event, entry);
      must(entry.state === 'running' && entry.move === null, event, entry);
      return { ...entry, move: event.move };
    case 'withdrawn':
      must(entry.move?.id === event.move, event, entry);
      return { ...entry, move: null };
    case 'stopped': {
      const { move, owner } = entry;
      if (move === null || owner === null || move.id !== event.move || entry.state !== 'running')
        throw bad(event, entry);
      return ownedBy(entry, move.to, { kind: 'hand-off', node: owner, move: move.id });
    }
    case 'started':
      must(entry.owner === event.node && entry.state === 'starting', event, entry);
      return { ...entry, state: 'running' };
    case 'taken-over':
      must(entry.owner === event.from && event.from !== event.to, event, entry);
      return ownedBy(entry, event.to, stateAfter(entry, event.from));
    case 'resumed':
      must(entry.owner === event.node, event, entry);
      return ownedBy(entry, event.node, stateAfter(entry, event.node));
    case 'claimed':
      must(entry.owner === event.node, event, entry);
      return { ...entry };
    case 'pinned':
      return { ...entry, pin: event.to };
  }
}

/** The map after `event`. @throws Error, RangeError as {@link updatedEntry} and {@link entryOf} */
export function updated(map: ClusterMap, shard: ShardId, event: ShardEvent): ClusterMap {
  const version = map.version + 1;
  const shards = [...map.shards];
  shards[shard] = { ...updatedEntry(entryOf(map, shard), event), version };
  return { ...map, version, shards };
}

/** Whether `a` tells of later things than `b`: epochs never go back, and within one the store counts versions. */
export function isLater(a: ShardEntry, b: ShardEntry): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}

/** Of two entries of one epoch and version, which differ only where a store lost a commit and made another. */
export function saysTheSame(a: ShardEntry, b: ShardEntry): boolean {
  return a.owner === b.owner && a.state === b.state && a.move?.id === b.move?.id && a.pin === b.pin;
}

function ownedBy(entry: ShardEntry, owner: NodeId, from: StartFrom): ShardEntry {
  return { ...entry, owner, epoch: epoch(entry.epoch + 1), state: 'starting', from, move: null };
}

/** A dead owner that had not said that it served leaves the word of where the state is as it was. */
function stateAfter(entry: ShardEntry, dead: NodeId): StartFrom {
  return entry.state === 'starting' && entry.from.kind !== 'nothing' ? entry.from : { kind: 'takeover', node: dead };
}

function must(holds: boolean, event: ShardEvent, entry: ShardEntry): void {
  if (!holds) throw bad(event, entry);
}

function bad(event: ShardEvent, entry: ShardEntry): Error {
  return new Error(`${JSON.stringify(event)} cannot happen to ${JSON.stringify(entry)}`);
}
