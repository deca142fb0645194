import type { Raised } from '../outages/reconcile.ts';
import type { AlertSeen } from './alert-log.ts';

export interface AlertVerdict {
  /** Kept in the outbox of any node, by id: what there is to deliver. */
  readonly raised: number;
  /** Distinct events on the stream. */
  readonly distinct: number;
  /** Deliveries beyond the first of an id: allowed, and told. */
  readonly copies: number;
  /** Raised, and not on the stream. */
  readonly missing: readonly string[];
  /** On the channel, beyond the first of an id. */
  readonly channelCopies: number;
  /** On the stream and never heard on the channel, which keeps nothing for whoever is away. */
  readonly unheard: number;
  /** One name for two openings, or one opening under two names: doubled past its id. */
  readonly doubled: readonly string[];
  /** Closed twice at different times under one id: whoever deduplicates sees one. */
  readonly closedTwice: number;
  /** An event of a shard came after one of a later epoch. */
  readonly epochsBack: readonly string[];
  /** Opening numbers that no event has, below the highest of their camera and rule. */
  readonly holes: readonly string[];
}

/**
 * Holds what arrived against what was raised, and looks for what must never be there.
 * @param stream in its order
 * @param raised of the outboxes of all nodes; the same record may be in two, where a shard was handed over
 */
export function checkAlerts(
  stream: readonly AlertSeen[],
  channel: readonly AlertSeen[],
  raised: readonly Pick<Raised, 'id'>[],
): AlertVerdict {
  const first = new Map<string, AlertSeen>();
  const names = new Map<string, string>();
  const epochs = new Map<number, AlertSeen>();
  const doubled = new Set<string>();
  const epochsBack: string[] = [];
  let closedTwice = 0;
  for (const event of stream) {
    const { id, alert, camera, rule, state, shard, epoch, openedAtMs, atMs } = event;
    const before = epochs.get(shard);
    if (before !== undefined && epoch < before.epoch)
      epochsBack.push(`shard ${shard}: ${id} of epoch ${epoch} after ${before.id} of epoch ${before.epoch}`);
    else epochs.set(shard, event);
    const known = first.get(id);
    if (known === undefined) first.set(id, event);
    else if (known.openedAtMs !== openedAtMs) doubled.add(`${id} began at ${known.openedAtMs} and at ${openedAtMs}`);
    else if (state === 'closed' && known.atMs !== atMs) closedTwice++;
    const opening = `${camera} ${rule} ${openedAtMs}`;
    const name = names.get(opening);
    if (name !== undefined && name !== alert) doubled.add(`one opening is ${name} and ${alert}`);
    names.set(opening, alert);
  }
  const raisedIds = new Set(raised.map(({ id }) => id));
  const heard = new Set(channel.map(({ id }) => id));
  return {
    raised: raisedIds.size,
    distinct: first.size,
    copies: stream.length - first.size,
    missing: [...raisedIds].filter((id) => !first.has(id)),
    channelCopies: channel.length - heard.size,
    unheard: [...first.keys()].filter((id) => !heard.has(id)).length,
    doubled: [...doubled],
    closedTwice,
    epochsBack,
    holes: openingHoles([...first.keys(), ...raisedIds]),
  };
}

/** Numbers that were given out and that nobody has seen. @param ids `<camera>:<rule>:<opening>:<state>` */
function openingHoles(ids: readonly string[]): readonly string[] {
  const seen = new Map<string, Set<number>>();
  for (const id of ids) {
    const [camera = '', rule = '', opening = '0'] = id.split(':');
    const key = `${camera}:${rule}`;
    const numbers = seen.get(key) ?? new Set<number>();
    numbers.add(Number(opening));
    seen.set(key, numbers);
  }
  const holes: string[] = [];
  for (const [key, numbers] of seen) {
    const most = Math.max(...numbers);
    for (let n = 1; n < most; n++) if (!numbers.has(n)) holes.push(`${key}:${n}`);
  }
  return holes;
}
