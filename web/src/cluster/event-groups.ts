import type { ClusterEvent } from './hand-offs.ts';
import { shardNumbers } from './plan-summary.ts';

/** Events that say the same of several shards, as one row; everything else is a row of its own. */
export interface EventRow {
  /** The newest of them. */
  readonly event: ClusterEvent;
  readonly count: number;
  /** One sentence. */
  readonly message: string;
}

/** Events further apart than this are told apart, ms. */
const TOGETHER_MS = 20_000;

/** A round moves dozens of shards, and each is four events: told as what they have in common. Newest first, as given. */
export function eventRows(events: readonly ClusterEvent[]): readonly EventRow[] {
  const groups: ClusterEvent[][] = [];
  const open = new Map<string, ClusterEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    const group = key === undefined ? undefined : open.get(key);
    const first = group?.[0];
    if (group !== undefined && first !== undefined && first.at - event.at <= TOGETHER_MS) {
      group.push(event);
      continue;
    }
    const made = [event];
    groups.push(made);
    if (key !== undefined) open.set(key, made);
  }
  return groups.flatMap((group) => {
    const [event] = group;
    if (event === undefined) return [];
    return [{ event, count: group.length, message: group.length === 1 ? event.message : together(event, group) }];
  });
}

function keyOf({ kind, who, data, severity }: ClusterEvent): string | undefined {
  if (who !== null || typeof data.shard !== 'number' || !(kind in TOGETHER)) return undefined;
  return JSON.stringify([kind, severity, data.from, data.to, data.node]);
}

const TOGETHER: Readonly<Record<string, (shards: string, data: ClusterEvent['data']) => string>> = {
  shard_begun: (shards, { from, to }) => `${shards} are to go from ${from} to ${to}`,
  shard_stopped: (shards, { from, to }) => `${shards} were handed over by ${from} to ${to}`,
  shard_started: (shards, { node }) => `${shards} are served by ${node}`,
  shard_withdrawn: (shards) => `${shards} stay with their owner`,
  shard_taken_over: (shards, { from, node }) => `${node} takes over ${shards} of ${from}`,
};

function together(event: ClusterEvent, group: readonly ClusterEvent[]): string {
  const shards = [...new Set(group.map(({ data }) => Number(data.shard)))].sort((a, b) => a - b);
  const words = `${shards.length} shards (${shardNumbers(shards, 6)})`;
  return TOGETHER[event.kind]?.(words, event.data) ?? event.message;
}
