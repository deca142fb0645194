import { scanSegment } from './scan-segment.ts';
import type { Segment } from './segment-file.ts';

/** A record as a reader gets it. */
export interface LogRecord<T> {
  /** Counts up by one per record over the life of the log, from 1. */
  readonly position: number;
  readonly value: T;
}

/** What a reader needs of its log. */
export interface ReadableLog {
  /** Position after the last record that may be read. */
  readonly end: number;
  readonly closed: boolean;
  readonly payloadBytesMax: number;
  /** The segment that holds `position`, or the first one behind it; `undefined` where nothing is there yet. */
  segmentAt(position: number): Segment | undefined;
  /** A cursor moved: it is to be kept, and segments may have become free. */
  onCommit(): void;
}

/** Read from the disk at once. */
const CHUNK_BYTES = 256 * 1024;

/**
 * One reader of a log: a cursor of its own that survives restarts, at least once. One caller at a time; {@link read}
 * gives the same records again until they are committed.
 */
export class LogReader<T> {
  readonly name: string;
  readonly #log: ReadableLog;
  #next: number;
  #lost: number;
  /** Read from the disk and not committed yet. */
  #ahead: LogRecord<T>[] = [];
  #readNext: number;
  #seek: { readonly base: number; readonly offset: number } | undefined;
  /** Changes when segments are given up under a read. */
  #generation = 0;
  #waiting: (() => void)[] = [];

  constructor(log: ReadableLog, name: string, next: number, lost: number) {
    this.#log = log;
    this.name = name;
    this.#next = next;
    this.#readNext = next;
    this.#lost = lost;
  }

  /** Position of the first record not committed. */
  get next(): number {
    return this.#next;
  }

  /** Records this reader never got: given up because the log was full, or damaged on the disk. Kept across restarts. */
  get lost(): number {
    return this.#lost;
  }

  /** Records waiting for this reader. */
  get behind(): number {
    return Math.max(0, this.#log.end - this.#next);
  }

  /** The next records behind the cursor, in order, at most `recordsMax`; none where there are none right now. */
  async read(recordsMax: number): Promise<readonly LogRecord<T>[]> {
    while (this.#ahead.length < recordsMax && this.#readNext < this.#log.end) {
      const before = this.#readNext;
      const seek = this.#seek;
      await this.#fill();
      // A reader that goes on deep in a segment passes what it has had, part by part, to its place: none means none.
      const further = this.#seek?.base !== seek?.base || this.#seek?.offset !== seek?.offset;
      if (this.#ahead.length > 0 || (this.#readNext === before && !further)) break;
    }
    return this.#ahead.slice(0, recordsMax);
  }

  /** Resolves when {@link read} would give something that was not read yet, or when the log closes. */
  async wait(): Promise<'more' | 'closed'> {
    while (!this.#log.closed) {
      if (this.#ahead.length > 0 || this.#readNext < this.#log.end) return 'more';
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return 'closed';
  }

  /** Everything up to and with `position` is done with. Going back is not possible. */
  commit(position: number): void {
    if (position < this.#next) return;
    this.#next = Math.min(position + 1, this.#log.end);
    this.#dropRead();
    this.#log.onCommit();
  }

  /** Called by the log: there is more to read, or it closes. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Called by the log: everything before `position` is gone. */
  giveUpBefore(position: number): void {
    if (position <= this.#next) return;
    this.#lost += position - this.#next;
    this.#next = position;
    this.#generation++;
    this.#dropRead();
  }

  #dropRead(): void {
    const keep = this.#ahead.findIndex((record) => record.position >= this.#next);
    this.#ahead = keep === -1 ? [] : this.#ahead.slice(keep);
    this.#readNext = Math.max(this.#readNext, this.#next);
    // What was stepped over is done with as soon as everything before it is.
    this.#next = this.#ahead[0]?.position ?? this.#readNext;
  }

  async #fill(): Promise<void> {
    const segment = this.#log.segmentAt(this.#readNext);
    if (segment === undefined) return;
    // The two belong together: the log moves both in one step.
    const { bytes: to, end, base, path } = segment;
    this.#skipTo(Math.max(this.#readNext, base));
    const from = this.#seek?.base === base ? this.#seek.offset : 0;
    const generation = this.#generation;
    const scanned = await scanSegment({
      path,
      from,
      to,
      payloadBytesMax: this.#log.payloadBytesMax,
      chunkBytes: CHUNK_BYTES,
    }).catch((error: NodeJS.ErrnoException) => {
      // Given up under our hands: the log has moved the cursor.
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (generation !== this.#generation) return;
    for (const { position, payload } of scanned?.records ?? []) {
      if (position < this.#readNext || position >= end) continue;
      this.#skipTo(position);
      this.#ahead.push({ position, value: JSON.parse(payload.toString()) as T });
      this.#readNext = position + 1;
    }
    this.#seek = { base, offset: scanned?.next ?? to };
    // Nothing whole is left in this segment.
    if (scanned === undefined || scanned.next >= to) this.#skipTo(end);
  }

  /** Positions that hold nothing whole are lost. Those read and not committed stay. */
  #skipTo(position: number): void {
    if (position <= this.#readNext) return;
    this.#lost += position - this.#readNext;
    if (this.#next === this.#readNext) this.#next = position;
    this.#readNext = position;
  }
}
