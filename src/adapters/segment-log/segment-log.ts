import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../../core/clock.ts';
import { writeAtomically } from './atomic-file.ts';
import { lockFolder } from './folder-lock.ts';
import { LogReader, type LogRecord, type ReadableLog } from './log-reader.ts';
import { encodeRecord, HEAD_BYTES } from './record-format.ts';
import { recoverTail } from './recover-tail.ts';
import {
  listBases,
  type OpenSegment,
  openSegmentFile,
  type Segment,
  type SegmentWriter,
  segmentPath,
  syncDir,
} from './segment-file.ts';

export interface ReaderSpec {
  /** `[a-z0-9:_-]`: its place in the log is kept under it. */
  readonly name: string;
  /** Where one begins that the log has not seen before: at what is still there, or at what comes from now on. */
  readonly start: 'start' | 'end';
}

export interface SegmentLogOptions {
  readonly dir: string;
  readonly clock: Clock;
  /** Bytes on the disk; past it the oldest segment is given up. At least 64 KiB. */
  readonly bytesMax: number;
  /** What all readers have passed stays as long as the log is no larger than this. */
  readonly keepBytes?: number;
  /** `fsync`: an append is done when it survives a power cut. `os`: when it survives the process. */
  readonly durability: 'fsync' | 'os';
  /** Records appended within this time share one write (and fsync). */
  readonly delayMsMax: number;
  /** Every reader there is: one that the log knows and that is not named here is forgotten. */
  readonly readers: readonly ReaderSpec[];
  /** Positions below were given out before, whatever became of the files. */
  readonly positionMin?: number;
  /** Told of each fault of the disk. */
  readonly onFault?: (error: unknown) => void;
  readonly openSegment?: OpenSegment;
}

/** Position of a record that is kept; `full`: the disk or the buffer before it takes no more, and the record is not kept. */
export type Appended = number | 'full' | 'closed';

export interface SegmentLogStats {
  readonly bytes: number;
  readonly segments: number;
  /** Records kept since the log was opened. */
  appended: number;
  /** Records not kept since the log was opened: disk or buffer full. */
  refused: number;
  /** Faults of the disk since the log was opened. */
  faults: number;
  /** Bytes of a half-written record that were cut off when the log was opened. */
  tornBytes: number;
}

interface Pending {
  readonly payload: Buffer;
  readonly done: ((appended: Appended) => void) | undefined;
}

const SEGMENTS_PER_LOG = 8;
const SEGMENT_BYTES_MAX = 16 * 1024 ** 2;
const PENDING_BYTES_MAX = 16 * 1024 ** 2;
/** Cursors go to the disk this often: what is delivered twice after a kill. */
const CURSOR_DELAY_MS = 200;

/**
 * An append-only log of JSON records in files of a folder, with readers that each keep their own place.
 *
 *     offer/append ─► pending ─► one write, one fsync ─► segment ... segment ─► readers (wait, read, commit)
 *
 * Nothing here makes a caller wait for the disk unless it awaits {@link append}. A disk that is full or broken refuses
 * records, and is tried again with the next.
 */
export class SegmentLog<T> implements ReadableLog {
  readonly payloadBytesMax: number;
  readonly #o: SegmentLogOptions;
  readonly #openSegment: OpenSegment;
  readonly #segmentBytesMax: number;
  readonly #segments: Segment[];
  readonly #readers = new Map<string, LogReader<T>>();
  readonly #unlock: () => Promise<void>;
  readonly #counts = { appended: 0, refused: 0, faults: 0, tornBytes: 0 };
  #writer: SegmentWriter | undefined;
  #pending: Pending[] = [];
  /** Records taken, and those of them that are kept or refused. */
  #taken = 0;
  #settled = 0;
  #pendingBytes = 0;
  #flushTimer: Timer | undefined;
  #flushing: Promise<void> | undefined;
  #cursorTimer: Timer | undefined;
  #cursorsWritten: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: SegmentLogOptions, segments: Segment[], unlock: () => Promise<void>) {
    this.#o = options;
    this.#openSegment = options.openSegment ?? openSegmentFile;
    this.#segmentBytesMax = segmentBytes(options.bytesMax);
    this.payloadBytesMax = this.#segmentBytesMax - HEAD_BYTES;
    this.#segments = segments;
    this.#unlock = unlock;
  }

  /** @throws FolderLockedError where another process writes there; the file system's errors. */
  static async open<T>(options: SegmentLogOptions): Promise<SegmentLog<T>> {
    const unlock = await lockFolder(options.dir, 'the log');
    try {
      await mkdir(options.dir, { recursive: true });
      const payloadBytesMax = segmentBytes(options.bytesMax) - HEAD_BYTES;
      const bases = await listBases(options.dir);
      const segments: Segment[] = [];
      let tornBytes = 0;
      for (const [i, base] of bases.entries()) {
        const path = segmentPath(options.dir, base);
        const following = bases[i + 1];
        if (following !== undefined) {
          segments.push({ path, base, end: following, bytes: (await stat(path)).size });
          continue;
        }
        const tail = await recoverTail(path, base, payloadBytesMax);
        tornBytes = tail.tornBytes;
        segments.push({ path, base, end: tail.end, bytes: tail.bytes });
      }
      const cursors = await readCursors(options.dir);
      if (segments.length === 0) {
        // Positions never come again, whatever became of the files.
        const base = Math.max(1, options.positionMin ?? 1, ...[...cursors.values()].map((cursor) => cursor.next));
        segments.push({ path: segmentPath(options.dir, base), base, end: base, bytes: 0 });
      }
      const log = new SegmentLog<T>(options, segments, unlock);
      log.#counts.tornBytes = tornBytes;
      log.#placeReaders(cursors);
      log.#prune();
      await log.#writeCursors();
      return log;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  get end(): number {
    return this.#last().end;
  }

  /** Position of the first record still there. */
  get first(): number {
    return this.#segments[0]?.base ?? this.end;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get stats(): SegmentLogStats {
    return { ...this.#counts, bytes: this.#bytes(), segments: this.#segments.length };
  }

  get readers(): readonly LogReader<T>[] {
    return [...this.#readers.values()];
  }

  /** @throws Error where the log was not opened with that reader */
  reader(name: string): LogReader<T> {
    const reader = this.#readers.get(name);
    if (reader === undefined) throw new Error(`the log was not opened with a reader ${name}`);
    return reader;
  }

  /** Appends a record; resolves when it is kept as `durability` says, or is not. Records are kept in order of calls. */
  append(value: T): Promise<Appended> {
    return new Promise((resolve) => {
      const offered = this.offer(value, resolve);
      if (offered !== 'accepted') resolve(offered);
    });
  }

  /**
   * Takes a record without making the caller wait.
   * @param done told once it is kept, or is not; never called where this answers otherwise than `accepted`
   */
  offer(value: T, done?: (appended: Appended) => void): 'accepted' | 'full' | 'closed' {
    if (this.#closed) return 'closed';
    const payload = Buffer.from(JSON.stringify(value));
    if (payload.byteLength > this.payloadBytesMax || this.#pendingBytes + payload.byteLength > PENDING_BYTES_MAX) {
      this.#counts.refused++;
      return 'full';
    }
    this.#pending.push({ payload, done });
    this.#taken++;
    this.#pendingBytes += payload.byteLength;
    this.#schedule();
    return 'accepted';
  }

  /** Resolves once everything taken so far is kept, or refused; what comes meanwhile is not waited for. */
  async flushed(): Promise<void> {
    const taken = this.#taken;
    while (this.#settled < taken) {
      this.#flushTimer?.cancel();
      this.#flushTimer = undefined;
      this.#flushing ??= this.#flushPending();
      await this.#flushing;
    }
  }

  /** Keeps what was taken, then the cursors, and gives the folder back. Readers that wait are told `closed`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flushed();
    this.#cursorTimer?.cancel();
    this.#cursorTimer = undefined;
    for (const reader of this.#readers.values()) reader.wake();
    await this.#writeCursors();
    await this.#writer?.close().catch(() => {});
    await this.#unlock();
  }

  /** Records from `position` on that are here now, page by page, for nobody's cursor: what is given up meanwhile is left out. */
  async *pages(position: number, recordsMax: number): AsyncGenerator<readonly LogRecord<T>[]> {
    const { end, payloadBytesMax } = this;
    const segmentAt = (at: number): Segment | undefined => this.segmentAt(at);
    const view: ReadableLog = { end, closed: false, payloadBytesMax, segmentAt, onCommit: () => {} };
    const reader = new LogReader<T>(view, 'pages', Math.max(position, this.first), 0);
    while (reader.behind > 0) {
      const page = await reader.read(recordsMax);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      reader.commit(last.position);
    }
  }

  segmentAt(position: number): Segment | undefined {
    return this.#segments.find((segment) => segment.end > position);
  }

  onCommit(): void {
    this.#prune();
    if (this.#closed) return;
    this.#cursorTimer ??= this.#o.clock.after(CURSOR_DELAY_MS, () => {
      this.#cursorTimer = undefined;
      void this.#writeCursors();
    });
  }

  #placeReaders(cursors: ReadonlyMap<string, Cursor>): void {
    for (const { name, start } of this.#o.readers) {
      const cursor = cursors.get(name) ?? { next: start === 'end' ? this.end : this.first, lost: 0 };
      const next = Math.min(cursor.next, this.end);
      const reader = new LogReader<T>(this, name, next, cursor.lost);
      reader.giveUpBefore(this.first);
      this.#readers.set(name, reader);
    }
  }

  #schedule(): void {
    if (this.#flushing !== undefined || this.#flushTimer !== undefined || this.#pending.length === 0) return;
    this.#flushTimer = this.#o.clock.after(this.#o.delayMsMax, () => {
      this.#flushTimer = undefined;
      this.#flushing = this.#flushPending();
    });
  }

  async #flushPending(): Promise<void> {
    await this.#flush();
    this.#flushing = undefined;
    if (!this.#closed) this.#schedule();
  }

  async #flush(): Promise<void> {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    const position = this.end;
    const bytes = Buffer.concat(batch.map(({ payload }, i) => encodeRecord(position + i, payload)));
    try {
      const writer = await this.#writerFor(bytes.byteLength);
      const segment = this.#last();
      await writer.write(bytes, segment.bytes);
      if (this.#o.durability === 'fsync') await writer.sync();
      segment.bytes += bytes.byteLength;
      segment.end += batch.length;
    } catch (error) {
      this.#counts.faults++;
      await this.#abandonWriter();
      this.#o.onFault?.(error);
      // Those behind are refused with it: whoever offers them again does so in order.
      const refused = [...batch, ...this.#pending.splice(0)];
      this.#pendingBytes = 0;
      this.#counts.refused += refused.length;
      this.#settled += refused.length;
      for (const { done } of refused) done?.('full');
      return;
    }
    this.#counts.appended += batch.length;
    this.#settled += batch.length;
    for (const [i, { done }] of batch.entries()) done?.(position + i);
    for (const reader of this.#readers.values()) reader.wake();
  }

  /** What fits one segment. */
  #takeBatch(): Pending[] {
    let bytes = 0;
    let n = 0;
    for (const { payload } of this.#pending) {
      bytes += HEAD_BYTES + payload.byteLength;
      if (n > 0 && bytes > this.#segmentBytesMax) break;
      n++;
    }
    const batch = this.#pending.splice(0, n);
    for (const { payload } of batch) this.#pendingBytes -= payload.byteLength;
    return batch;
  }

  /** The writer of the last segment, a new one where `bytes` more do not fit. */
  async #writerFor(bytes: number): Promise<SegmentWriter> {
    const segment = this.#last();
    if (segment.bytes > 0 && segment.bytes + bytes > this.#segmentBytesMax) {
      await this.#writer?.close();
      this.#writer = undefined;
      this.#begin();
    }
    this.#makeRoom(bytes);
    if (this.#writer !== undefined) return this.#writer;
    const { path, bytes: kept } = this.#last();
    const writer = await this.#openSegment(path);
    try {
      await writer.truncate(kept);
      if (this.#o.durability === 'fsync') await syncDir(this.#o.dir);
    } catch (error) {
      await writer.close().catch(() => {});
      throw error;
    }
    this.#writer = writer;
    return writer;
  }

  /**
   * After a fault nobody knows what of the batch is on the disk, and a second fsync may claim success for what the
   * kernel has dropped: the file is left as it was before and the next batch begins another.
   */
  async #abandonWriter(): Promise<void> {
    const segment = this.#last();
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.truncate(segment.bytes).catch(() => {});
    await writer?.close().catch(() => {});
    if (segment.bytes > 0) this.#begin();
  }

  #begin(): void {
    const base = this.end;
    this.#segments.push({ path: segmentPath(this.#o.dir, base), base, end: base, bytes: 0 });
    this.#prune();
  }

  /** Gives up the oldest until `bytes` more fit. */
  #makeRoom(bytes: number): void {
    while (this.#segments.length > 1 && this.#bytes() + bytes > this.#o.bytesMax) {
      const [, following] = this.#segments;
      for (const reader of this.#readers.values()) reader.giveUpBefore(following?.base ?? 0);
      this.#dropFirst();
    }
  }

  /** Deletes what every reader has passed. */
  #prune(): void {
    const passed = Math.min(this.end, ...[...this.#readers.values()].map((reader) => reader.next));
    for (;;) {
      const [first] = this.#segments;
      if (first === undefined || this.#segments.length < 2 || first.end > passed) return;
      if (this.#bytes() - first.bytes < (this.#o.keepBytes ?? 0)) return;
      this.#dropFirst();
    }
  }

  #dropFirst(): void {
    const first = this.#segments.shift();
    // One that cannot be deleted is found, and deleted, when the log is opened again.
    if (first !== undefined) rm(first.path, { force: true }).catch((error) => this.#o.onFault?.(error));
  }

  #writeCursors(): Promise<void> {
    this.#cursorsWritten = this.#cursorsWritten.then(async () => {
      const cursors = Object.fromEntries([...this.#readers].map(([name, { next, lost }]) => [name, { next, lost }]));
      try {
        await writeAtomically(join(this.#o.dir, CURSORS), JSON.stringify(cursors));
      } catch (error) {
        // Readers begin at an older place after a restart: what they do is done twice, never not at all.
        this.#counts.faults++;
        this.#o.onFault?.(error);
      }
    });
    return this.#cursorsWritten;
  }

  #last(): Segment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new Error('a log always has a segment');
    return last;
  }

  #bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }
}

interface Cursor {
  readonly next: number;
  readonly lost: number;
}

const CURSORS = 'cursors.json';

async function readCursors(dir: string): Promise<Map<string, Cursor>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(dir, CURSORS), 'utf8'));
    return new Map(Object.entries(parsed as Record<string, Cursor>));
  } catch {
    // None yet; one that cannot be read makes readers begin anew.
    return new Map();
  }
}

const segmentBytes = (bytesMax: number): number => Math.min(SEGMENT_BYTES_MAX, Math.floor(bytesMax / SEGMENTS_PER_LOG));
