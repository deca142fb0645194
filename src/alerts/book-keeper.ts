import type { Clock, Timer } from '../../core/clock.ts';
import type { LogReader } from '../adapters/segment-log/log-reader.ts';
import type { Logger } from '../telemetry/log.ts';
import type { AlertBook } from './alert-book.ts';
import { readBook, writeBook } from './book-file.ts';
import type { OutboxRecord } from './outbox-record.ts';

/** The book goes to disk this long after it changed: what is read again from the outbox after a kill. */
const WRITE_DELAY_MS = 5_000;
const READ_RECORDS = 1_000;

export interface BookKeeperOptions {
  readonly path: string;
  readonly book: AlertBook;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Holds the outbox's segments until the book that knows them is on disk. */
export type BookReader = Pick<LogReader<OutboxRecord>, 'read' | 'commit' | 'behind'>;

/** Keeps the book's file up with the book, and makes the book again from it and the outbox. */
export class BookKeeper {
  readonly #o: BookKeeperOptions;
  #reader: BookReader | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: BookKeeperOptions) {
    this.#o = options;
  }

  /** Fills the book from its file. */
  async restore(): Promise<void> {
    const { path, book, log } = this.#o;
    const found = await readBook(path, book);
    if (found === 'damaged') log.error({ path }, 'the book of alerts is damaged; what could be read of it is used');
  }

  /** Then with what the outbox has behind it. */
  async follow(reader: BookReader): Promise<void> {
    const { book } = this.#o;
    this.#reader = reader;
    while (reader.behind > 0) {
      const records = await reader.read(READ_RECORDS);
      for (const { position, value } of records) book.apply(position, value);
      const last = records.at(-1);
      if (last === undefined) break;
      reader.commit(last.position);
    }
    await this.#write();
  }

  changed(): void {
    this.#timer ??= this.#o.clock.after(WRITE_DELAY_MS, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#write();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { path, book, log } = this.#o;
      try {
        const next = await writeBook(path, book);
        this.#reader?.commit(next - 1);
      } catch (error) {
        log.error({ err: error, path }, 'the book of alerts cannot be written');
        this.changed();
      }
    });
    return this.#writing;
  }
}
