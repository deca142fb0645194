import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { ClusterEffect, StartWith } from './brain-io.ts';
import type { ShardEntry } from './cluster-map.ts';

/** A start that failed is tried again after this long, twice as long each time ... */
const RETRY_MS_MIN = 200;
/** ... up to this. */
const RETRY_MS_MAX = 5_000;

interface Kept<S> {
  readonly move: string;
  readonly of: NodeId;
  readonly snapshot: S;
  readonly forgetAtMs: number;
}

interface Start<S> {
  readonly epoch: Epoch;
  readonly from: StartWith<S>;
  failures: number;
  /** Infinite while the world is at it. */
  retryAtMs: number;
}

/**
 * The new owner's side of hand-offs: B of A → B (drawn at {@link HandOffSource}). It keeps what A sends, one snapshot a
 * shard, until the map says whose the shard is, and has the world start what the map says is its own.
 */
export class HandOffTarget<S> {
  readonly #keepMs: number;
  readonly #kept = new Map<ShardId, Kept<S>>();
  readonly #starts = new Map<ShardId, Start<S>>();

  /** @param moveTimeoutMs the owner withdraws after this long; what it sent is forgotten after twice that */
  constructor(moveTimeoutMs: number) {
    this.#keepMs = 2 * moveTimeoutMs;
  }

  isStarting(shard: ShardId): boolean {
    return this.#starts.has(shard);
  }

  startingEpoch(shard: ShardId): Epoch | undefined {
    return this.#starts.get(shard)?.epoch;
  }

  /** A snapshot came. Kept, and said so, where its sender still owns the shard or has stopped it for this node. */
  offered(
    of: NodeId,
    offer: { readonly shard: ShardId; readonly move: string; readonly snapshot: S },
    entry: ShardEntry,
    me: NodeId,
    nowMs: number,
    out: ClusterEffect<S>[],
  ): void {
    const { shard, move } = offer;
    const coming = entry.owner === of && (entry.move === null || entry.move.to === me);
    const mine = entry.owner === me && entry.from.kind === 'hand-off' && entry.from.move === move;
    if (!coming && !(mine && entry.state === 'starting')) return;
    const known = this.#kept.get(shard);
    // The map may not be here yet where the offer is: then the last that came is kept.
    if (known?.move !== move && entry.move !== null && entry.move.id !== move && coming) return;
    this.#kept.set(shard, { move, of, snapshot: offer.snapshot, forgetAtMs: nowMs + this.#keepMs });
    out.push({ kind: 'send', to: of, message: { kind: 'snapshot-held', shard, move } });
  }

  withdrawn(shard: ShardId, move: string): void {
    if (this.#kept.get(shard)?.move === move) this.#kept.delete(shard);
  }

  /** The map says that the shard is to be started here. */
  begin(shard: ShardId, entry: ShardEntry, out: ClusterEffect<S>[]): void {
    const start = { epoch: entry.epoch, from: this.#stateFor(shard, entry), failures: 0, retryAtMs: INFINITE };
    this.#starts.set(shard, start);
    out.push({ kind: 'start', shard, epoch: start.epoch, from: start.from });
  }

  /** @returns whether the shard is served now */
  started(shard: ShardId, epoch: Epoch, failed: boolean, nowMs: number): boolean {
    const start = this.#starts.get(shard);
    if (start === undefined || start.epoch !== epoch) return false;
    if (failed) {
      start.retryAtMs = nowMs + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(start.failures, 10));
      start.failures += 1;
      return false;
    }
    this.#starts.delete(shard);
    this.#kept.delete(shard);
    return true;
  }

  /** The shard is not to be started here any more. @returns whether it was about to be */
  ended(shard: ShardId): boolean {
    return this.#starts.delete(shard);
  }

  /** The map's word on a shard has changed: a snapshot of another owner's, or of another move, is of no use. */
  changed(shard: ShardId, entry: ShardEntry, me: NodeId): void {
    const kept = this.#kept.get(shard);
    if (kept === undefined) return;
    const { owner, from, move } = entry;
    const coming = owner === kept.of && (move === null || move.id === kept.move);
    const mine = owner === me && from.kind === 'hand-off' && from.move === kept.move && entry.state === 'starting';
    if (!coming && !mine) this.#kept.delete(shard);
  }

  /**
   * @param isCurrent whether the map is known as of now. A node without the store keeps what it said it holds: its shard
   *   may be its own by now, and it the only one that has the state
   */
  tick(nowMs: number, isCurrent: boolean, out: ClusterEffect<S>[]): void {
    for (const [shard, start] of this.#starts) {
      if (nowMs < start.retryAtMs) continue;
      start.retryAtMs = INFINITE;
      out.push({ kind: 'start', shard, epoch: start.epoch, from: start.from });
    }
    if (!isCurrent) return;
    for (const [shard, kept] of this.#kept)
      if (!this.#starts.has(shard) && nowMs >= kept.forgetAtMs) this.#kept.delete(shard);
  }

  get wakeAtMs(): number {
    let at = INFINITE;
    for (const start of this.#starts.values()) at = Math.min(at, start.retryAtMs);
    return at;
  }

  #stateFor(shard: ShardId, { from }: ShardEntry): StartWith<S> {
    if (from.kind === 'nothing') return { kind: 'nothing' };
    const kept = this.#kept.get(shard);
    if (from.kind === 'hand-off' && kept?.move === from.move)
      return { kind: 'snapshot', snapshot: kept.snapshot, of: kept.of };
    return { kind: 'checkpoint', of: from.node };
  }
}

const INFINITE = Number.POSITIVE_INFINITY;
