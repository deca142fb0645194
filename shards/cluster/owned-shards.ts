import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { ClusterEffect } from './brain-io.ts';
import type { ShardEntry } from './cluster-map.ts';
import { type HandOffOptions, HandOffSource } from './hand-off-source.ts';
import { HandOffTarget } from './hand-off-target.ts';
import type { KnownMap } from './known-map.ts';
import { type ShardEvent, updatedEntry } from './map-state.ts';
import { say } from './say.ts';
import type { CommitRequest } from './store.ts';

type Changes = CommitRequest['shards'];

/**
 * What this node does with the shards the map says are its own: starts them, serves them, hands them over, lets go of
 * them. Follows the map ({@link settle}) and says what the map should be told ({@link steps}).
 */
export class OwnedShards<S> {
  readonly source: HandOffSource<S>;
  readonly target: HandOffTarget<S>;
  readonly #me: NodeId;
  readonly #known: KnownMap;
  readonly #serving = new Map<ShardId, Epoch>();
  /** Served, and the map does not say so yet. */
  readonly #unsaid = new Set<ShardId>();
  /** The map says this node serves them, and it does not. */
  readonly #missing = new Set<ShardId>();

  constructor(me: NodeId, known: KnownMap, options: HandOffOptions) {
    this.#me = me;
    this.#known = known;
    this.source = new HandOffSource(options);
    this.target = new HandOffTarget(options.moveTimeoutMs);
  }

  /** Nothing is served, or being started. */
  get isEmpty(): boolean {
    return this.#serving.size === 0;
  }

  /** The epoch under which the shard is served here, sealed or not. */
  servedUnder(shard: ShardId): Epoch | undefined {
    return this.#serving.get(shard);
  }

  /**
   * Does what the map asks of this node now.
   * @param mayStart the claim on what is owned has been made: what is not running here may be started
   */
  settle(shard: ShardId, mayStart: boolean, nowMs: number, out: ClusterEffect<S>[]): void {
    const entry = this.#known.entry(shard);
    const mine = entry.owner === this.#me;
    const here = this.#serving.get(shard) ?? this.target.startingEpoch(shard);
    if (here !== undefined && (!mine || here !== entry.epoch)) this.#letGo(shard, entry, out);
    this.target.changed(shard, entry, this.#me);
    if (!mine || entry.state === 'starting') this.#missing.delete(shard);
    if (!mine) return;
    if (this.#serving.get(shard) === entry.epoch) this.#follow(shard, entry, nowMs, out);
    else if (mayStart && !this.target.isStarting(shard)) {
      if (entry.state === 'starting') this.#start(shard, entry, out);
      else this.#missing.add(shard);
    }
  }

  /** The world serves it, or has failed to. */
  started(shard: ShardId, epoch: Epoch, failed: boolean, nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.target.started(shard, epoch, failed, nowMs)) return;
    this.#serving.set(shard, epoch);
    say(out, 'info', 'shard_started', `shard ${shard} is served by ${this.#me}`, { shard, epoch, node: this.#me });
    this.settle(shard, true, nowMs, out);
  }

  /** What the map should be told of single shards, by now. */
  steps(): Changes {
    if (this.source.size === 0 && this.#unsaid.size === 0 && this.#missing.size === 0) return [];
    const changes = new Map<ShardId, Changes[number]>();
    for (const { shard, event } of this.source.wanted()) {
      if (this.#known.entry(shard).move?.id !== event.move) continue;
      if (event.kind === 'stopped') this.source.stopSent(shard);
      this.#add(changes, shard, event);
    }
    for (const shard of this.#unsaid) this.#add(changes, shard, { kind: 'started', node: this.#me });
    for (const shard of this.#missing) this.#add(changes, shard, { kind: 'resumed', node: this.#me });
    return [...changes.values()];
  }

  /**
   * The claim of a node that was thought dead, or may have been: each entry that it owns changes, so that whatever
   * others had planned on the old one fails.
   * @param newLife whether this process has made no claim yet: what is in its name was run by an earlier one, and begins
   *   anew under an epoch of its own
   */
  claims(newLife: boolean): Changes {
    const changes = new Map<ShardId, Changes[number]>();
    for (const shard of this.#known.ownedBy(this.#me)) {
      const { epoch, state } = this.#known.entry(shard);
      const here = this.#serving.get(shard) ?? this.target.startingEpoch(shard);
      const anew = here !== epoch && (newLife || state === 'running');
      this.#add(changes, shard, { kind: anew ? 'resumed' : 'claimed', node: this.#me });
    }
    return [...changes.values()];
  }

  #add(changes: Map<ShardId, Changes[number]>, shard: ShardId, event: ShardEvent): void {
    const entry = this.#known.entry(shard);
    changes.set(shard, { shard, expected: entry.version, entry: updatedEntry(entry, event) });
  }

  #follow(shard: ShardId, entry: ShardEntry, nowMs: number, out: ClusterEffect<S>[]): void {
    this.#missing.delete(shard);
    if (entry.state === 'starting') this.#unsaid.add(shard);
    else this.#unsaid.delete(shard);
    const { move } = entry;
    const known = this.source.moveOf(shard);
    if (known !== undefined && known !== move?.id) {
      this.source.withdrawn(shard, out);
      say(out, 'warning', 'shard_withdrawn', `shard ${shard} stays with ${this.#me}`, { shard, move: known });
    }
    if (move !== null && known !== move.id) {
      this.source.begin(shard, entry, move, nowMs, out);
      const data = { shard, from: this.#me, to: move.to, why: move.why, move: move.id };
      say(out, 'info', 'shard_begun', `shard ${shard} is to go from ${this.#me} to ${move.to}`, data);
    }
  }

  #start(shard: ShardId, entry: ShardEntry, out: ClusterEffect<S>[]): void {
    this.target.begin(shard, entry, out);
    if (entry.from.kind !== 'takeover') return;
    const data = { shard, epoch: entry.epoch, from: entry.from.node, node: this.#me };
    say(out, 'warning', 'shard_taken_over', `${this.#me} takes over shard ${shard} of ${entry.from.node}`, data);
  }

  #letGo(shard: ShardId, entry: ShardEntry, out: ClusterEffect<S>[]): void {
    const ended = this.source.ended(shard);
    this.target.ended(shard);
    this.#serving.delete(shard);
    this.#unsaid.delete(shard);
    const { from, owner, epoch } = entry;
    const handedOver =
      ended?.stopSent === true && from.kind === 'hand-off' && from.node === this.#me && from.move === ended.move;
    if (!handedOver || owner === null || owner === this.#me) {
      out.push({ kind: 'drop', shard });
      return;
    }
    out.push({ kind: 'release', shard, to: owner, epoch });
    const message = `shard ${shard} was handed over by ${this.#me} to ${owner}`;
    say(out, 'info', 'shard_stopped', message, { shard, epoch, from: this.#me, to: owner, move: ended.move });
  }
}
