import type { Clock } from '../../core/clock.ts';
import type { ClusterEvent } from '../../shards/cluster/brain-io.ts';

export type HandOffOutcome = 'handed_over' | 'withdrawn' | 'taken_over';

export interface HandOffMeterOptions {
  readonly clock: Clock;
  /** One has come to its end here, so long after it began here. */
  readonly onEnd: (outcome: HandOffOutcome, seconds: number) => void;
}

/**
 * How long hand-offs take, by what this node does of them: from `begin` to the moment the next owner has it, or it stays;
 * and from finding a dead node's shard to be its own until it serves it.
 */
export class HandOffMeter {
  /** Events of the cluster that this node told, by kind. */
  readonly events = new Map<string, number>();
  readonly #o: HandOffMeterOptions;
  /** By shard, monotonic ms: as many as there are shards. */
  readonly #givenSinceMs = new Map<number, number>();
  readonly #takenSinceMs = new Map<number, number>();

  constructor(options: HandOffMeterOptions) {
    this.#o = options;
  }

  observe({ kind, data }: ClusterEvent): void {
    this.events.set(kind, (this.events.get(kind) ?? 0) + 1);
    const { shard } = data;
    if (typeof shard !== 'number') return;
    const nowMs = this.#o.clock.nowMs();
    switch (kind) {
      case 'shard_begun':
        this.#givenSinceMs.set(shard, nowMs);
        return;
      case 'shard_stopped':
        return this.#end('handed_over', this.#givenSinceMs, shard, nowMs);
      case 'shard_withdrawn':
        return this.#end('withdrawn', this.#givenSinceMs, shard, nowMs);
      case 'shard_taken_over':
        this.#takenSinceMs.set(shard, nowMs);
        return;
      case 'shard_started':
        return this.#end('taken_over', this.#takenSinceMs, shard, nowMs);
    }
  }

  #end(outcome: HandOffOutcome, since: Map<number, number>, shard: number, nowMs: number): void {
    const sinceMs = since.get(shard);
    since.delete(shard);
    if (sinceMs !== undefined) this.#o.onEnd(outcome, (nowMs - sinceMs) / 1_000);
  }
}
