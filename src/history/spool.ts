import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { HistoryRecord, HistoryWriter } from '../../core/history-record.ts';
import type { LogReader } from '../adapters/segment-log/log-reader.ts';
import type { OpenSegment } from '../adapters/segment-log/segment-file.ts';
import { SegmentLog } from '../adapters/segment-log/segment-log.ts';
import type { Spooled } from './spooled.ts';

export interface SpoolOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly bytesMax: number;
  readonly onFault: (error: unknown) => void;
  readonly openSegment?: OpenSegment | undefined;
}

const READER = 'database';
/** Records written within this time share one write to the disk. */
const APPEND_DELAY_MS = 20;
const ID_FILE = 'spool-id';

/** Where records wait for the database: files of this node. What does not fit is counted, nobody waits. */
export class Spool implements HistoryWriter {
  readonly #log: SegmentLog<Spooled>;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #lostBefore: number;
  #id: string;
  #accepted = 0;
  #settled = 0;
  #bufferFull = 0;
  #diskFull = 0;
  #rescued = 0;

  private constructor(log: SegmentLog<Spooled>, id: string, { dir, clock }: SpoolOptions) {
    this.#log = log;
    this.#id = id;
    this.#dir = dir;
    this.#clock = clock;
    this.#lostBefore = this.reader.lost;
  }

  /** @throws FolderLockedError; the file system's errors */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { dir, clock, bytesMax, onFault, openSegment } = options;
    await mkdir(dir, { recursive: true });
    const log = await SegmentLog.open<Spooled>({
      ...{ dir, clock, bytesMax, durability: 'os', delayMsMax: APPEND_DELAY_MS, onFault },
      readers: [{ name: READER, start: 'start' }],
      ...(openSegment === undefined ? {} : { openSegment }),
    });
    const id = (await readFile(join(dir, ID_FILE), 'utf8').catch(() => '')) || (await newId(dir));
    return new Spool(log, id, options);
  }

  /** Names its cursor in the database. */
  get id(): string {
    return this.#id;
  }

  get reader(): LogReader<Spooled> {
    return this.#log.reader(READER);
  }

  /** Position that the next record gets. */
  get end(): number {
    return this.#log.end;
  }

  get bytes(): number {
    return this.#log.stats.bytes;
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Of the records accepted, those that are on the disk by now, or are known not to be. */
  get appended(): number {
    return this.#settled;
  }

  /** Records given up since it was opened, by reason. */
  get dropped(): Readonly<Record<string, number>> {
    return {
      buffer_full: this.#bufferFull,
      disk_full: this.#diskFull,
      spool_full: this.reader.lost - this.#lostBefore - this.#rescued,
    };
  }

  /** So many of those given up reached the database after all. */
  rescued(records: number): void {
    this.#rescued += records;
  }

  write(record: HistoryRecord): 'accepted' | 'full' | 'closed' {
    const offered = this.#log.offer({ t: Math.round(this.#clock.wallMs()), r: record }, (appended) => {
      this.#settled++;
      if (typeof appended !== 'number') this.#diskFull++;
    });
    if (offered === 'accepted') this.#accepted++;
    if (offered === 'full') this.#bufferFull++;
    return offered;
  }

  /**
   * The database has seen positions of this spool that the files do not know of any more (they were damaged or put back
   * from a copy): it goes on under another name, or the database would take new records for old ones.
   */
  async rename(): Promise<void> {
    this.#id = await newId(this.#dir);
  }

  async close(): Promise<void> {
    await this.#log.close();
  }
}

async function newId(dir: string): Promise<string> {
  const id = randomUUID();
  await writeFile(join(dir, ID_FILE), id);
  return id;
}
