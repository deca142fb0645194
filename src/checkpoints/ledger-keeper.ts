import type { CameraBook } from '../../actors/camera-book.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, NodeId, ShardId } from '../../core/ids.ts';
import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { Logger } from '../telemetry/log.ts';
import type { CheckpointStore, LedgerCheckpoint } from './port.ts';

export interface LedgerKeeperOptions {
  readonly store: CheckpointStore;
  readonly book: CameraBook;
  /** Whose account it is: one life of this node. */
  readonly account: NodeId;
  readonly clock: Clock;
  readonly log: Logger;
  readonly everyMs: number;
  /** Whether this node is known to live: where it may have been declared dead, others may have its account. */
  readonly isAlive: () => boolean;
}

interface Saved {
  readonly camera: CameraId;
  readonly shard: ShardId;
  readonly ledger: LedgerSnapshot;
}

const NOTHING: LedgerSnapshot = { received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 };
/** Stands for the cameras of a shard that have left: no camera can have this name. */
const LEFT = '~' as CameraId;

/**
 * Keeps this node's account of frames where others find it if it dies: every half second what has changed of it. They
 * add it to theirs, once; what was in flight is lost(node_death) then.
 */
export class LedgerKeeper {
  readonly #o: LedgerKeeperOptions;
  readonly #timer: Timer;
  /** Settled and received, as of the last save: what has not moved is not written again. */
  readonly #saved = new Map<string, Saved>();
  #saving: Promise<void> | undefined;
  #ending = false;
  #paused = false;
  failures = 0;
  /** Accounts of cameras taken over from dead nodes. */
  adopted = 0;

  constructor(options: LedgerKeeperOptions) {
    this.#o = options;
    this.#timer = options.clock.every(options.everyMs, () => void this.save());
  }

  /** Writes what has changed; one at a time, so that a slow store is waited for. */
  save(): Promise<void> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  /** Takes over, once, what dead `accounts` left for these shards. */
  async adopt(accounts: Iterable<NodeId>, shards: readonly ShardId[]): Promise<number> {
    const { store, book } = this.#o;
    let adopted = 0;
    if (shards.length === 0) return adopted;
    for (const account of accounts) {
      for (const { camera, shard, ledger, lastSeq } of await store.takeLedgers(account, shards)) {
        if (ledger.received === 0) continue;
        if (camera === LEFT) book.adopt(account, undefined, shard, ledger);
        else book.adopt(account, camera, shard, ledger, lastSeq);
        adopted++;
      }
    }
    // What was taken away there has to be safe here.
    this.adopted += adopted;
    if (adopted > 0) {
      // A write under way was made before; any that follows it has this.
      await this.#saving;
      await this.save();
    }
    return adopted;
  }

  /** This node may be taken for dead: what it saved may be taken over, and more of it must not be. */
  pause(): void {
    this.#paused = true;
  }

  /** It lives, everybody knows, and has given back what was taken over. */
  resume(): void {
    this.#paused = false;
    this.#saved.clear();
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#saving;
    // All of it once more: from here on nothing of this node is missing.
    this.#ending = true;
    this.#saved.clear();
    await this.save();
  }

  async #save(): Promise<void> {
    const { store, account, log, isAlive } = this.#o;
    if (this.#paused || !isAlive()) return;
    const changed: LedgerCheckpoint[] = [];
    const marks = new Map<string, Saved>();
    for (const checkpoint of this.#all()) {
      const { camera, shard, ledger } = checkpoint;
      const key = `${shard}/${camera}`;
      marks.set(key, { camera, shard, ledger });
      const saved = this.#saved.get(key)?.ledger;
      if (saved?.received !== ledger.received || saved.inFlight !== ledger.inFlight) changed.push(checkpoint);
    }
    // A camera that left is in its shard's sum now: both in one write, or it would count twice.
    const gone = [...this.#saved].filter(([key]) => !marks.has(key));
    for (const [, { camera, shard }] of gone) changed.push({ camera, shard, ledger: NOTHING });
    if (changed.length === 0) return;
    try {
      await store.saveLedgers(account, changed);
      for (const [key] of gone) this.#saved.delete(key);
      for (const [key, mark] of marks) this.#saved.set(key, mark);
    } catch (error) {
      if (this.failures++ === 0) log.warn({ err: error }, 'the account of frames cannot be saved');
    }
  }

  *#all(): Iterable<LedgerCheckpoint> {
    const { book } = this.#o;
    for (const record of book.records()) {
      const { camera, shard, lastSeq } = record;
      const ledger = record.ledger.snapshot();
      yield this.#ending || record.connections === 0
        ? { camera, shard, ledger }
        : { camera, shard, ledger, lastSeq: lastSeq ?? null };
    }
    for (const { camera, shard, ledger } of book.departed()) {
      yield { camera, shard, ledger: ledger.snapshot() };
    }
    for (const [shard, ledger] of book.foldedByShard()) {
      yield { camera: LEFT, shard, ledger: ledger.snapshot() };
    }
  }
}
