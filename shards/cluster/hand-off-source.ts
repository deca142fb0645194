import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { ClusterEffect } from './brain-io.ts';
import type { ShardEntry, ShardMove } from './cluster-map.ts';
import type { ShardEvent } from './map-state.ts';

export interface HandOffOptions {
  readonly sealTimeoutMs: number;
  readonly moveTimeoutMs: number;
}

/** Between two sendings of a snapshot that is not acknowledged. */
const RESEND_MS = 1_000;

type EndOfMove = Extract<ShardEvent, { readonly kind: 'withdrawn' | 'stopped' }>;

interface Outgoing<S> {
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly move: ShardMove;
  readonly begunAtMs: number;
  readonly giveUpAtMs: number;
  /** `open`: served again here although the map still has the move, which is being withdrawn. */
  phase: 'sealing' | 'sealed' | 'open';
  snapshot: { readonly is: S } | undefined;
  sendAtMs: number;
  held: boolean;
  /** `stopped` was sent to the store at least once: only the map can say what became of it. */
  stopSent: boolean;
  withdraw: boolean;
}

/**
 * The owner's side of hand-offs: A of A → B.
 *
 *      coordinator        A (owner)                 store                    B
 *           │ begin ────────────────────────────────► move := {id, to: B}    │
 *           │ changed ───────►│                          │                   │
 *           │                 │ seal; what is in flight is resolved          │
 *           │                 │ snapshot ─────────────────────────────────►  │ keeps it
 *           │                 │ ◄──────────────────────────── snapshot-held  │
 *           │                 │ stopped ───────────────► owner := B,         │
 *           │                 │                          epoch := e + 1      │
 *           │                 │ changed ──────────────────────────────────►  │ start
 *           │                 │ release: redirects,      │ ◄──────── started │
 *           │                 │ forwards what is held    │                   │
 *
 * Until `stopped` is in the map A is the owner and alone decides: it withdraws where B is gone or the time is up. From
 * when `stopped` was sent, and until the map shows what became of it, A serves nothing of the shard: a commit without an
 * answer may still be on its way. Not even a map that shows the old entry ends that, only one whose entry has changed:
 * A goes on to commit `stopped`, or `withdrawn`, against the entry's version, and only one of all of these can win.
 */
export class HandOffSource<S> {
  readonly #options: HandOffOptions;
  readonly #outgoing = new Map<ShardId, Outgoing<S>>();

  constructor(options: HandOffOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#outgoing.size;
  }

  /** Whether frames of the shard are held here for its new owner. */
  isSealed(shard: ShardId): boolean {
    const out = this.#outgoing.get(shard);
    return out !== undefined && out.phase !== 'open';
  }

  /** The move that is known of here. */
  moveOf(shard: ShardId): string | undefined {
    return this.#outgoing.get(shard)?.move.id;
  }

  /** The map has a move of a shard that is served here, and no other is known of. */
  begin(shard: ShardId, entry: ShardEntry, move: ShardMove, nowMs: number, out: ClusterEffect<S>[]): void {
    this.#outgoing.set(shard, {
      shard,
      epoch: entry.epoch,
      move,
      begunAtMs: nowMs,
      giveUpAtMs: nowMs + this.#options.moveTimeoutMs,
      phase: 'sealing',
      snapshot: undefined,
      sendAtMs: Number.POSITIVE_INFINITY,
      held: false,
      stopSent: false,
      withdraw: false,
    });
    out.push({ kind: 'seal', shard, epoch: entry.epoch, move: move.id, withinMs: this.#options.sealTimeoutMs });
  }

  /** Nothing of the shard is in flight. */
  sealed(shard: ShardId, move: string, snapshot: S, nowMs: number, out: ClusterEffect<S>[]): void {
    const o = this.#outgoing.get(shard);
    if (o === undefined || o.move.id !== move || o.phase !== 'sealing') return;
    o.phase = 'sealed';
    o.snapshot = { is: snapshot };
    this.#send(o, nowMs, out);
  }

  /** B has the snapshot. */
  held(shard: ShardId, move: string, by: NodeId): void {
    const o = this.#outgoing.get(shard);
    if (o === undefined || o.move.id !== move || o.move.to !== by || o.phase !== 'sealed') return;
    o.held = true;
    o.sendAtMs = Number.POSITIVE_INFINITY;
  }

  /** `stopped` goes to the store now. */
  stopSent(shard: ShardId): void {
    const o = this.#outgoing.get(shard);
    if (o !== undefined) o.stopSent = true;
  }

  /** The map says that nothing comes of the move: as before. */
  withdrawn(shard: ShardId, out: ClusterEffect<S>[]): void {
    const o = this.#outgoing.get(shard);
    if (o === undefined) return;
    this.#outgoing.delete(shard);
    if (o.phase !== 'open') this.#open(o, out);
  }

  /** The shard is somebody else's. @returns the move by which this node stopped it itself, where it is that */
  ended(shard: ShardId): { readonly move: string; readonly stopSent: boolean } | undefined {
    const o = this.#outgoing.get(shard);
    this.#outgoing.delete(shard);
    return o === undefined ? undefined : { move: o.move.id, stopSent: o.stopSent };
  }

  /**
   * @param mayTake whether a node is alive and takes shards, as of a renewal sent at `membersAsOfMs`: one older than the
   *   move may not know its target yet
   */
  tick(nowMs: number, membersAsOfMs: number, mayTake: (node: NodeId) => boolean, out: ClusterEffect<S>[]): void {
    for (const o of this.#outgoing.values()) {
      const gone = membersAsOfMs > o.begunAtMs && !mayTake(o.move.to);
      if (!o.withdraw && (gone || nowMs >= o.giveUpAtMs)) {
        o.withdraw = true;
        o.sendAtMs = Number.POSITIVE_INFINITY;
        if (!o.stopSent) {
          o.phase = 'open';
          this.#open(o, out);
        }
      }
      if (nowMs >= o.sendAtMs) this.#send(o, nowMs, out);
    }
  }

  /** What is to be committed of each shard on its way, by now. */
  *wanted(): IterableIterator<{ readonly shard: ShardId; readonly event: EndOfMove }> {
    for (const o of this.#outgoing.values()) {
      if (o.withdraw) yield { shard: o.shard, event: { kind: 'withdrawn', move: o.move.id } };
      else if (o.held) yield { shard: o.shard, event: { kind: 'stopped', move: o.move.id } };
    }
  }

  get wakeAtMs(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const o of this.#outgoing.values()) {
      if (!o.withdraw) at = Math.min(at, o.giveUpAtMs, o.sendAtMs);
    }
    return at;
  }

  #send(o: Outgoing<S>, nowMs: number, out: ClusterEffect<S>[]): void {
    if (o.snapshot === undefined) return;
    o.sendAtMs = nowMs + RESEND_MS;
    const message = { kind: 'snapshot', shard: o.shard, move: o.move.id, snapshot: o.snapshot.is } as const;
    out.push({ kind: 'send', to: o.move.to, message });
  }

  /** Served here as if nothing had been; B may forget it. */
  #open(o: Outgoing<S>, out: ClusterEffect<S>[]): void {
    o.snapshot = undefined;
    out.push({ kind: 'unseal', shard: o.shard });
    out.push({ kind: 'send', to: o.move.to, message: { kind: 'withdrawn', shard: o.shard, move: o.move.id } });
  }
}
