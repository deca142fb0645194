import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError, errorMessage } from '../../core/errors.ts';
import type { LogReader } from '../adapters/segment-log/log-reader.ts';
import type { DatabaseBreaker } from './database-breaker.ts';
import { HistoryError } from './history-error.ts';
import type { PlacedRecord, Spooled } from './spooled.ts';
import type { BatchOutcome } from './write-batch.ts';

export interface DrainOptions {
  readonly clock: Clock;
  readonly reader: LogReader<Spooled>;
  readonly breaker: DatabaseBreaker;
  readonly batchRowsMax: number;
  readonly batchDelayMsMax: number;
  /** Why a record is not wanted at all; undefined where it is. */
  readonly refusal: (record: Spooled) => string | undefined;
  /** Writes them in one transaction, once each however often it is called. */
  readonly write: (records: readonly PlacedRecord[]) => Promise<BatchOutcome>;
  readonly onOutcome: (outcome: BatchOutcome) => void;
  readonly onRefused: (reason: string) => void;
  /** The database will never take this one. */
  readonly onAside: (record: Spooled, error: string) => Promise<void>;
  /** Records that the spool gave up, and counted, while they were in our hands: they are in the database after all. */
  readonly onRescued: (records: number) => void;
  /** A write failed and will be tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** A batch that took too long is cut in half, down to this. */
const BATCH_ROWS_MIN = 8;

/**
 * Takes records from the spool to the database, in order: batch after batch, each until it is in. Only what the database
 * will never take is stepped over, one record at a time.
 *
 *     read ─► write ─┬─ done ──────────────► commit, next
 *                    ├─ too slow ──────────► half as many
 *                    ├─ data it refuses ───► each half by itself; a single one is put aside
 *                    └─ anything else ─────► wait (backoff, breaker), again
 */
export class Drain {
  readonly #o: DrainOptions;
  #batchMax: number;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #delivering: Promise<void> = Promise.resolve();
  #pause: { readonly timer: Timer; readonly done: () => void } | undefined;

  constructor(options: DrainOptions) {
    this.#o = options;
    this.#batchMax = options.batchRowsMax;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Begins nothing more. Resolves once what is under way has ended: close the database to hurry it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause?.timer.cancel();
    this.#pause?.done();
    await this.#delivering;
  }

  /** Resolves once it has ended for good: after {@link stop}, and after the log was closed. */
  get ended(): Promise<void> {
    return this.#running;
  }

  async #run(): Promise<void> {
    const { reader, batchDelayMsMax, batchRowsMax } = this.#o;
    let more = false;
    while (!this.#stopped) {
      if (reader.behind === 0 && (await reader.wait()) === 'closed') return;
      // Waits for company, unless there was more than one read brings: one transaction for many costs little more than for one.
      if (!more && reader.behind < batchRowsMax) await this.#wait(batchDelayMsMax);
      if (this.#stopped) return;
      try {
        const { behind } = reader;
        const batch = await reader.read(this.#batchMax);
        more = batch.length > 0 && behind > batch.length;
        if (this.#stopped) return;
        this.#delivering = this.#deliver(batch);
        await this.#delivering;
        if (batch.length === 0 && reader.behind > 0) await this.#wait(batchDelayMsMax);
      } catch (error) {
        // The spool cannot be read: the disk's fault, and it may pass.
        this.#o.onFailure(error);
        await this.#wait(1_000);
      }
    }
  }

  async #deliver(batch: readonly PlacedRecord[]): Promise<void> {
    const wanted: PlacedRecord[] = [];
    const refused: string[] = [];
    for (const record of batch) {
      const reason = this.#refusalOf(record);
      if (reason === undefined) wanted.push(record);
      else refused.push(reason);
    }
    if (wanted.length > 0 && (await this.#write(wanted)) === 'given_up') return;
    for (const reason of refused) this.#o.onRefused(reason);
    const { reader, onRescued } = this.#o;
    const rescued = batch.filter(({ position }) => position < reader.next).length;
    if (rescued > 0) onRescued(rescued);
    const last = batch.at(-1);
    if (last !== undefined) reader.commit(last.position);
  }

  #refusalOf({ value }: PlacedRecord): string | undefined {
    try {
      return this.#o.refusal(value);
    } catch {
      // Not even dated: the write will say what is wrong with it.
      return undefined;
    }
  }

  /** `given_up` where the drain was stopped, or where the batch is to be read again, smaller. */
  async #write(records: readonly PlacedRecord[]): Promise<'done' | 'given_up'> {
    const { breaker, write, onOutcome, onFailure } = this.#o;
    while (!this.#stopped) {
      try {
        const outcome = await write(records);
        breaker.succeeded();
        this.#batchMax = Math.min(this.#o.batchRowsMax, this.#batchMax * 2);
        onOutcome(outcome);
        return 'done';
      } catch (error) {
        if (this.#stopped) return 'given_up';
        if (isRefusal(error)) return await this.#bisect(records, error);
        onFailure(error);
        const tooSlow = error instanceof HistoryError && error.code === 'history_timeout';
        await this.#wait(breaker.failed());
        if (tooSlow && records.length > BATCH_ROWS_MIN) {
          this.#batchMax = Math.max(BATCH_ROWS_MIN, Math.floor(records.length / 2));
          return 'given_up';
        }
      }
    }
    return 'given_up';
  }

  async #bisect(records: readonly PlacedRecord[], error: unknown): Promise<'done' | 'given_up'> {
    const [first] = records;
    if (records.length === 1 && first !== undefined) {
      await this.#o.onAside(first.value, errorMessage(error));
      return 'done';
    }
    const half = Math.ceil(records.length / 2);
    for (const part of [records.slice(0, half), records.slice(half)]) {
      if ((await this.#write(part)) === 'given_up') return 'given_up';
    }
    return 'done';
  }

  #wait(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#pause = undefined;
        resolve();
      };
      this.#pause = { done, timer: this.#o.clock.after(ms, done) };
    });
  }
}

/** The records' own fault: the database says so, or they cannot even be made into rows. */
function isRefusal(error: unknown): boolean {
  if (error instanceof HistoryError) return error.code === 'history_refused';
  return !(error instanceof CamshardError);
}
