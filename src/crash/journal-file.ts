import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import type { CrashTicket } from '../../actors/crash-journal.ts';
import { BATCH_MAX, BATCHES_IN_FLIGHT_MAX, DEVICES_MAX } from '../../config/limits.ts';
import { CamshardError } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { frameHash } from './frame-hash.ts';
import type { OpenJournal } from './journal.ts';
import { BERTH_BYTES, emptyJournal, HEADER_BYTES, parseJournal, putCount, putRecord } from './journal-format.ts';
import { processNow, stillRuns } from './process-identity.ts';

/** Each batch in flight or in the making has the frames first picked and, once, those that refilled its holes. */
export const BERTHS_PER_DEVICE = 2 * (BATCHES_IN_FLIGHT_MAX + 1);

const JOURNAL_BYTES_MAX = HEADER_BYTES + DEVICES_MAX * BERTHS_PER_DEVICE * BERTH_BYTES;
const NOTHING = Buffer.alloc(4);

export interface JournalFileOptions {
  readonly path: string;
  readonly devices: number;
  /** Writing failed; said once, from then on nothing is written any more. */
  readonly onFault: (error: unknown) => void;
}

/**
 * The journal in a file of fixed size (18 KB a device). One `write` a ticket and one more to clear it, no `fsync`: what
 * is written is in the kernel's page cache at once, which outlives the process; a machine that loses power forgets it,
 * and should.
 */
export class JournalFile implements OpenJournal {
  readonly #onFault: (error: unknown) => void;
  readonly #berth = Buffer.alloc(BERTH_BYTES);
  /** Tickets, 1 upwards, whose berths are empty; the last one is taken first. */
  readonly #free: CrashTicket[] = [];
  readonly #taken = new Set<CrashTicket>();
  #fd: number | undefined;
  #unwritten = 0;

  /** @throws CamshardError `journal_in_use` where a process that still runs writes it; whatever the file system throws */
  constructor({ path, devices, onFault }: JournalFileOptions) {
    this.#onFault = onFault;
    const owner = readJournalFile(path)?.owner;
    if (owner !== undefined && owner.pid !== process.pid && stillRuns(owner)) {
      throw new CamshardError('journal_in_use', `${path} is written by process ${owner.pid}, another node`);
    }
    const berths = devices * BERTHS_PER_DEVICE;
    const fd = openSync(path, 'w', 0o600);
    try {
      // All of it, so that no later write needs a block a full disk would not have.
      writeWhole(fd, emptyJournal(processNow(), berths));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#fd = fd;
    for (let ticket = berths; ticket >= 1; ticket--) this.#free.push(ticket);
  }

  /** Frames dispatched that no berth was free for. */
  get unwritten(): number {
    return this.#unwritten;
  }

  dispatched(frames: readonly Frame[]): CrashTicket {
    if (frames.length > BATCH_MAX) throw new RangeError(`${frames.length} frames in one batch`);
    if (frames.length === 0 || this.#fd === undefined) return 0;
    const ticket = this.#free.pop();
    if (ticket === undefined) {
      this.#unwritten += frames.length;
      return 0;
    }
    this.#taken.add(ticket);
    frames.forEach((frame, i) => {
      putRecord(this.#berth, i, frameHash(frame.bytes), frame.bytes.byteLength, frame.camera);
    });
    this.#write(this.#berth, putCount(this.#berth, frames.length), ticket);
    return ticket;
  }

  settled(ticket: CrashTicket): void {
    if (!this.#taken.delete(ticket)) return;
    this.#free.push(ticket);
    this.#write(NOTHING, NOTHING.byteLength, ticket);
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  #write(from: Buffer, bytes: number, ticket: CrashTicket): void {
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, from, 0, bytes, HEADER_BYTES + (ticket - 1) * BERTH_BYTES);
    } catch (error) {
      // Frames are worth more than their journal.
      this.close();
      this.#onFault(error);
    }
  }
}

/** What the journal at `path` says; `undefined` where there is none. */
export function readJournalFile(path: string): ReturnType<typeof parseJournal> {
  try {
    const stat = statSync(path);
    // Something else by that name, a device perhaps, is not read: it may have no end.
    if (!stat.isFile() || stat.size > JOURNAL_BYTES_MAX) return undefined;
    return parseJournal(readFileSync(path));
  } catch {
    return undefined;
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at, bytes.byteLength - at, at);
}
