import type { NodeId, ShardId } from '../../core/ids.ts';
import type { Allocation } from '../allocation.ts';
import type { KnownMap } from './known-map.ts';
import { type ShardEvent, updatedEntry } from './map-state.ts';
import type { MembersSeen } from './members-seen.ts';
import type { CommitRequest } from './store.ts';

/** A suspect that may not know this node, and is silent on store and link, is taken for dead after so many TTLs. */
const SILENT_TTLS = 10;

interface Suspect {
  readonly sinceMs: number;
  /** When it first said over the node link that it lives. */
  heardAtMs: number | undefined;
}

/**
 * Whom the coordinator thinks dead, and since when. The store's word is enough for a node that knows this one as a member
 * ({@link MembersSeen.knowsMe}): before it goes on as an island it asks this one, which has the store. One that lost the
 * store before this one was listed may go on as an island without having asked it. So it is asked, each time; if it
 * lives it asks back from then on, and is fenced within one TTL of its answer. If it is silent it may be dead, or cut off
 * from this node as well, and nobody can tell: then the shards wait for {@link SILENT_TTLS}, or the operator's word.
 */
export class Suspects {
  readonly #ttlMs: number;
  readonly #suspects = new Map<NodeId, Suspect>();
  /** The operator's word that they are dead. */
  readonly #forced = new Set<NodeId>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#suspects.size;
  }

  /** @returns owners whose lease has ended, to be asked over the link whether they live */
  renewed(known: KnownMap, members: MembersSeen, nowMs: number): readonly NodeId[] {
    for (const node of this.#suspects.keys())
      if (members.isAlive(node) || known.ownedBy(node).size === 0) this.#suspects.delete(node);
    for (const node of this.#forced) if (!members.isKnown(node) || members.isAlive(node)) this.#forced.delete(node);
    for (const node of known.owners())
      if (!members.isAlive(node) && !this.#suspects.has(node))
        this.#suspects.set(node, { sinceMs: nowMs, heardAtMs: undefined });
    return [...this.#suspects.keys()];
  }

  heard(node: NodeId, nowMs: number): void {
    const suspect = this.#suspects.get(node);
    if (suspect !== undefined) suspect.heardAtMs ??= nowMs;
  }

  force(node: NodeId): void {
    this.#forced.add(node);
  }

  isForced(node: NodeId): boolean {
    return this.#forced.has(node);
  }

  /**
   * Of the suspects, those whose shards are anybody's now.
   * @param deadFromMs {@link Office.deadFromMs}
   */
  dead(deadFromMs: number, members: MembersSeen, nowMs: number): readonly NodeId[] {
    const dead: NodeId[] = [];
    for (const [node, suspect] of this.#suspects)
      if (this.#forced.has(node) || nowMs >= this.#deadAtMs(suspect, deadFromMs, members.knowsMe(node)))
        dead.push(node);
    return dead;
  }

  wakeAtMs(deadFromMs: number, members: MembersSeen): number {
    let at = Number.POSITIVE_INFINITY;
    for (const [node, suspect] of this.#suspects)
      at = Math.min(at, this.#deadAtMs(suspect, deadFromMs, members.knowsMe(node)));
    return at;
  }

  clear(): void {
    this.#suspects.clear();
    this.#forced.clear();
  }

  #deadAtMs({ sinceMs, heardAtMs }: Suspect, deadFromMs: number, knowsMe: boolean): number {
    if (knowsMe) return deadFromMs;
    const askedMs = heardAtMs === undefined ? sinceMs + SILENT_TTLS * this.#ttlMs : heardAtMs + this.#ttlMs;
    return Math.max(deadFromMs, askedMs);
  }
}

/**
 * Owners for shards that have none or a dead one: where a shard was moving to, else as the allocation has it, else
 * whoever has the fewest. None where nobody alive stays.
 */
export function newOwners(
  shards: readonly ShardId[],
  known: KnownMap,
  members: MembersSeen,
  allocation: Allocation,
): CommitRequest['shards'] {
  const { map } = known;
  const planned = new Map<ShardId, NodeId>();
  for (const { shard, to } of allocation({ map, alive: [...members.alive()], movesPerRound: map.shards.length }))
    planned.set(shard, to);
  const stays = [...members.alive()].filter((m) => !m.draining).map((m) => m.node);
  const loads = new Map(stays.map((node) => [node, known.ownedBy(node).size]));
  const changes: CommitRequest['shards'][number][] = [];
  for (const shard of shards) {
    const entry = known.entry(shard);
    const candidates = [entry.move?.to, planned.get(shard)];
    const to = candidates.find((node) => node !== undefined && members.mayTake(node)) ?? emptiest(loads);
    if (to === undefined || to === entry.owner) continue;
    loads.set(to, (loads.get(to) ?? 0) + 1);
    const event: ShardEvent =
      entry.owner === null ? { kind: 'given', to } : { kind: 'taken-over', from: entry.owner, to };
    changes.push({ shard, expected: entry.version, entry: updatedEntry(entry, event) });
  }
  return changes;
}

function emptiest(loads: ReadonlyMap<NodeId, number>): NodeId | undefined {
  let best: NodeId | undefined;
  for (const [node, load] of loads) if (best === undefined || load < (loads.get(best) ?? 0)) best = node;
  return best;
}
