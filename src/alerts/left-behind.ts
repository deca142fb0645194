import type { Clock } from '../../core/clock.ts';
import type { ShardId } from '../../core/ids.ts';
import type { LogReader } from '../adapters/segment-log/log-reader.ts';
import { SegmentLog } from '../adapters/segment-log/segment-log.ts';
import { type AlertCarry, carryOf } from './carry.ts';
import type { AlertRecord } from './outbox-record.ts';
import type { SinkPlace } from './undelivered.ts';

/** A record of the outbox that one sink was not given here, as another node owns its camera. */
export interface AsideRecord {
  readonly sink: string;
  /** Its place in the outbox. */
  readonly position: number;
  readonly record: AlertRecord;
}

/** What is to be given to the owner of a shard. */
export interface LeftBehindShard {
  readonly shard: ShardId;
  readonly carry: AlertCarry;
  /** To be given to {@link LeftBehind.doneWith} once the owner has adopted it. */
  readonly positions: readonly number[];
}

export interface LeftBehindOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** Of the disk; past it the oldest are lost, and counted. */
  readonly bytesMax: number;
  readonly delayMsMax: number;
  readonly sinks: () => readonly SinkPlace[];
  readonly onFault: (error: unknown) => void;
}

interface Entry {
  readonly position: number;
  readonly record: AlertRecord;
  readonly sinks: Set<string>;
  /** Its first place in the log of this. */
  readonly at: number;
}

const READER = 'owner';
const READ_RECORDS = 1_000;
/** Alerts of one shard that go to its owner at once. */
export const LEFT_BEHIND_PAGE_MAX = 200;

/**
 * Alerts this node raised, could not deliver in time, and may not deliver any more: kept on disk until the owner of their
 * cameras has them. A node that was killed, and comes back when its cameras are elsewhere, finds its outbox to be that.
 */
export class LeftBehind {
  readonly #log: SegmentLog<AsideRecord>;
  readonly #reader: LogReader<AsideRecord>;
  readonly #sinks: () => readonly SinkPlace[];
  /** By place in the outbox, in order of the first sink that set it aside. */
  readonly #entries = new Map<number, Entry>();
  /** Sinks without those that were given to their owner already, as long as others may still set them aside. */
  readonly #handed = new Map<number, ReadonlySet<string>>();
  #handedCount = 0;

  private constructor(log: SegmentLog<AsideRecord>, sinks: () => readonly SinkPlace[]) {
    this.#log = log;
    this.#reader = log.reader(READER);
    this.#sinks = sinks;
  }

  /** @throws FolderLockedError; the file system's errors */
  static async open(options: LeftBehindOptions): Promise<LeftBehind> {
    const { dir, clock, bytesMax, delayMsMax, onFault, sinks } = options;
    const log = await SegmentLog.open<AsideRecord>({
      ...{ dir, clock, bytesMax, delayMsMax, onFault, durability: 'fsync' },
      readers: [{ name: READER, start: 'start' }],
    });
    const left = new LeftBehind(log, sinks);
    for await (const page of log.pages(left.#reader.next, READ_RECORDS)) {
      for (const { position, value } of page) left.#note(position, value);
    }
    return left;
  }

  /** Records that wait for their owners. */
  get size(): number {
    return this.#entries.size;
  }

  /** Records that were given to their owners. */
  get handed(): number {
    return this.#handedCount;
  }

  /** Lost because there were too many, or damaged on the disk. */
  get lost(): number {
    return this.#reader.lost;
  }

  /** Keeps them. @returns `false` where the disk takes nothing: the sink is not done with them yet */
  async add(asides: readonly AsideRecord[]): Promise<boolean> {
    const kept = await Promise.all(
      asides.map(
        (aside) =>
          new Promise<boolean>((resolve) => {
            const offered = this.#log.offer(aside, (at) => {
              if (typeof at === 'number') this.#note(at, aside);
              resolve(typeof at === 'number');
            });
            if (offered !== 'accepted') resolve(false);
          }),
      ),
    );
    return kept.every(Boolean);
  }

  /** What waits for the owners of those shards that `wanted` wants, oldest first, at most a page of each shard. */
  pages(wanted: (shard: ShardId) => boolean = () => true): readonly LeftBehindShard[] {
    this.#giveUpLost();
    const shards = new Map<ShardId, Entry[]>();
    for (const entry of this.#entries.values()) {
      const shard = entry.record.alert?.shard;
      if (shard === undefined || !wanted(shard)) continue;
      const ofShard = shards.get(shard);
      if (ofShard === undefined) shards.set(shard, [entry]);
      else if (ofShard.length < LEFT_BEHIND_PAGE_MAX) ofShard.push(entry);
    }
    const places = this.#sinks();
    return [...shards].map(([shard, entries]) => {
      // In the order of the outbox: an alert's beginning before its end, whichever sink was the first.
      entries.sort((a, b) => a.position - b.position);
      return {
        shard,
        carry: carryOf(entries.map((entry) => this.#withHad(entry, places))),
        positions: entries.map(({ position }) => position),
      };
    });
  }

  /** Their owner has them. */
  doneWith(positions: readonly number[]): void {
    for (const position of positions) {
      const entry = this.#entries.get(position);
      if (entry === undefined) continue;
      this.#entries.delete(position);
      this.#handedCount++;
      this.#handed.set(position, new Set([...entry.sinks, ...(this.#handed.get(position) ?? [])]));
    }
    const passed = this.#sinks().reduce((least, { next }) => Math.min(least, next), Number.POSITIVE_INFINITY);
    for (const position of this.#handed.keys()) if (position < passed) this.#handed.delete(position);
    const [first] = this.#entries.values();
    this.#reader.commit((first?.at ?? this.#log.end) - 1);
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #note(at: number, { sink, position, record }: AsideRecord): void {
    const entry = this.#entries.get(position);
    if (entry === undefined) this.#entries.set(position, { position, record, sinks: new Set([sink]), at });
    else entry.sinks.add(sink);
  }

  /** Sinks that are past it and did not set it aside have had it. */
  #withHad({ position, record, sinks }: Entry, places: readonly SinkPlace[]): AlertRecord {
    const had = new Set(record.had);
    const handed = this.#handed.get(position);
    for (const { name, next } of places) {
      if (next > position && !sinks.has(name) && handed?.has(name) !== true) had.add(name);
    }
    return { ...record, had: [...had] };
  }

  /** The log was full: it has given up its oldest. */
  #giveUpLost(): void {
    for (const { position, at } of this.#entries.values()) {
      if (at >= this.#log.first) return;
      this.#entries.delete(position);
    }
  }
}
