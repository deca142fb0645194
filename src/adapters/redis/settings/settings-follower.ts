import type { Clock, Timer } from '../../../../core/clock.ts';
import type { Logger } from '../../../telemetry/log.ts';
import { compareIds, type StreamEntry, type StreamPlace } from './settings-io.ts';

/** What the follower reads with; the commands of settings-io.ts. */
export interface FollowedStream {
  head(): Promise<StreamPlace>;
  changesAfter(id: string): Promise<StreamEntry[]>;
  awaitChanges(id: string, blockMs: number): Promise<StreamEntry[]>;
}

export interface SettingsFollowerOptions {
  /** Used for whatever must not wait. */
  readonly stream: FollowedStream;
  /** On a connection of its own: it waits for changes there. */
  readonly waiting: FollowedStream;
  readonly blockMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes one change; they come in order, each once. */
  readonly take: (entry: StreamEntry) => Promise<void>;
  /** Reads everything there is. Changes made meanwhile come to `take` afterwards. */
  readonly load: () => Promise<void>;
}

/** After a failure the next try waits this long. */
const RETRY_MS = 200;
/** The stream's head is compared this often with the place reached, whatever the waiting connection says. */
const CHECK_MS = 10_000;
/** Changes taken at a stretch before the event loop gets its turn. */
const SLICE = 8;

/**
 * Follows the stream of changes. It waits for them on a connection of its own and, for a change of this node's, reads
 * on at once; both hand what they read to one place, one after the other. Everything is read anew where the stream has
 * a gap (this node was away for longer than the stream reaches) or has gone back (a server that had not the newest took
 * over).
 *
 *     wait for changes ─┐
 *     catch up ─────────┼─► in turn: next number? ── yes ─► take
 *     head, each 10 s ──┘                └── no, or gone back ─► load
 */
export class SettingsFollower {
  readonly #o: SettingsFollowerOptions;
  /** The newest change taken. */
  #place: StreamPlace = { id: '0-0', seq: 0 };
  #turn: Promise<unknown> = Promise.resolve();
  #catchingUp: Promise<void> | undefined;
  /** Whether what is in memory may lack something that the stream no longer tells. */
  #stale = true;
  #following: Promise<void> | undefined;
  #checks: Timer | undefined;
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined;
  #closed = false;

  constructor(options: SettingsFollowerOptions) {
    this.#o = options;
  }

  /** Reads everything, and follows from then on. @throws what reading says; nothing is followed then */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#reload());
    this.#following = this.#follow();
    this.#checks = this.#o.clock.every(CHECK_MS, () => void this.check().catch(() => undefined));
  }

  /** Resolves once every change made before the call was taken. Those who ask meanwhile share the next read. */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#inTurn(async () => {
      this.#catchingUp = undefined;
      if (this.#stale) return this.#reload();
      for (;;) {
        const entries = await this.#o.stream.changesAfter(this.#place.id);
        if (entries.length === 0) return;
        await this.#take(entries);
      }
    });
    return this.#catchingUp;
  }

  /** Compares the place reached with the stream's head. */
  check(): Promise<void> {
    return this.#inTurn(async () => {
      const head = await this.#o.stream.head();
      const { id, seq } = this.#place;
      const goneBack = compareIds(head.id, id) < 0 || (head.id === id && head.seq !== seq);
      if (this.#stale || goneBack) await this.#reload();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#checks?.cancel();
    this.#pause?.timer.cancel();
    this.#pause?.end();
    await this.#following;
    await this.#turn;
  }

  async #follow(): Promise<void> {
    let failed = false;
    while (!this.#closed) {
      try {
        if (failed || this.#stale) await this.check();
        failed = false;
        const entries = await this.#o.waiting.awaitChanges(this.#place.id, this.#o.blockMs);
        if (entries.length > 0) await this.#inTurn(() => this.#take(entries));
      } catch (error) {
        if (this.#closed) return;
        // Told by the connection's own log; here it is only tried again.
        this.#o.log.debug({ err: error }, 'settings cannot be followed right now');
        failed = true;
        await this.#wait(RETRY_MS);
      }
    }
  }

  async #take(entries: readonly StreamEntry[]): Promise<void> {
    let taken = 0;
    for (const entry of entries) {
      // The other connection was faster.
      if (compareIds(entry.id, this.#place.id) <= 0) continue;
      if (this.#stale || entry.seq !== this.#place.seq + 1) return this.#reload();
      await this.#o.take(entry);
      this.#place = entry;
      if (++taken % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #reload(): Promise<void> {
    this.#stale = true;
    const head = await this.#o.stream.head();
    await this.#o.load();
    this.#place = head;
    this.#stale = false;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((end) => {
      const timer = this.#o.clock.after(ms, end);
      this.#pause = { timer, end };
    });
  }
}
