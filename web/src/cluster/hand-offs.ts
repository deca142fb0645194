import type { ClusterEvents } from '../api/answers.gen.ts';

export type ClusterEvent = ClusterEvents['items'][number];

/** One hand-off, or takeover, as the event log tells it; times in ms since the Unix epoch. */
export interface HandOff {
  readonly shard: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly endedAt: number;
  /** From its begin to its end; null where the clocks of the two nodes that noted them differ by more. */
  readonly tookMs: number | null;
  readonly how: 'handed over' | 'taken over' | 'withdrawn';
}

const isBegin = (kind: string): boolean => kind === 'shard_begun' || kind === 'shard_taken_over';
const isEnd = (kind: string): boolean => kind === 'shard_started' || kind === 'shard_withdrawn';

/**
 * Hand-offs that have ended and whose begin is in the log too, newest first.
 * @param events newest first, as the API gives them
 */
export function handOffs(events: readonly ClusterEvent[]): readonly HandOff[] {
  const ends = new Map<number, ClusterEvent>();
  const found: HandOff[] = [];
  for (const event of events) {
    const { shard } = event.data;
    if (typeof shard !== 'number') continue;
    if (isEnd(event.kind)) ends.set(shard, event);
    if (!isBegin(event.kind)) continue;
    const end = ends.get(shard);
    ends.delete(shard);
    if (end !== undefined) found.push(handOff(shard, event, end));
  }
  return found.sort((a, b) => b.endedAt - a.endedAt);
}

function handOff(shard: number, began: ClusterEvent, end: ClusterEvent): HandOff {
  const takenOver = began.kind === 'shard_taken_over';
  const tookMs = end.at - began.at;
  return {
    shard,
    from: word(began.data.from),
    to: word(takenOver ? began.data.node : began.data.to),
    endedAt: end.at,
    tookMs: tookMs < 0 ? null : tookMs,
    how: end.kind === 'shard_withdrawn' ? 'withdrawn' : takenOver ? 'taken over' : 'handed over',
  };
}

const word = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** When the hand-off of each shard that is under way began, as far as the log tells. */
export function begunAt(events: readonly ClusterEvent[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const seen = new Set<number>();
  for (const { kind, data, at } of events) {
    const { shard } = data;
    if (typeof shard !== 'number' || seen.has(shard)) continue;
    if (isBegin(kind)) found.set(shard, at);
    if (isBegin(kind) || isEnd(kind)) seen.add(shard);
  }
  return found;
}
