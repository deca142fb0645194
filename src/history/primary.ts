import { sql } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import type { HistoryRecord } from '../../core/history-record.ts';
import type { DatabaseServer } from './database-server.ts';
import { HistoryError } from './history-error.ts';
import { migrate } from './migrate.ts';
import {
  DAY_MS,
  listPartitions,
  makePartitions,
  type PartitionSpan,
  partitionAt,
  partitionsAhead,
} from './partitions.ts';
import type { RetentionDays } from './retention.ts';
import { type DirtyRow, findDirty, type Level, partitionsFor, ROLLUP_CHUNK, rollUp } from './rollup.ts';
import { atMsOf, tablesOf } from './rows.ts';
import type { PlacedRecord } from './spooled.ts';
import { kyselyOn } from './sql-dialect.ts';
import type { HistoryDb } from './tables.ts';
import { type BatchOutcome, writeBatch } from './write-batch.ts';

/** Partitions made ahead of their day. */
const DAYS_AHEAD = 3;
/** A clock may go wrong by this much; rows dated later are not taken: each day would make partitions of its own. */
const FUTURE_MS_MAX = DAY_MS;

/** Few rows that are written over and over. */
const CHANGING_TABLES = ['dirty_hours', 'dirty_days', 'spool_cursors', 'shard_fences', 'history_versions'] as const;
/** One statement of a migration may make an index of a year's rows. Records wait in the spool meanwhile. */
const MIGRATION_STATEMENT_MS = 1_800_000;

export interface PrimaryOptions {
  readonly server: DatabaseServer;
  readonly clock: Clock;
  readonly retention: RetentionDays;
  /** Whether replicas wait for what was written: each write then asks how far the log is. */
  readonly tracksLsn: boolean;
}

/** The database that is written. Everything rejects with a HistoryError and may be tried again. */
export class Primary {
  readonly server: DatabaseServer;
  readonly db: HistoryDb;
  readonly #o: PrimaryOptions;
  /** Names of partitions known to be there. */
  readonly #partitions = new Set<string>();
  /** Hours (days) of cameras rolled up in one transaction. */
  #rollUpChunk = ROLLUP_CHUNK;
  #opened = false;
  #opening: Promise<void> | undefined;
  #lsn: string | undefined;

  constructor(options: PrimaryOptions) {
    this.#o = options;
    this.server = options.server;
    this.db = kyselyOn(options.server);
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** Where the last write ended; undefined where nobody asks for it or nothing was written. */
  get lsn(): string | undefined {
    return this.#lsn;
  }

  /** Tables and partitions as they are to be. Done once, whoever asks; doing it again costs nothing. */
  async open(): Promise<void> {
    if (this.#opened) return;
    this.#opening ??= this.#makeReady().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async #makeReady(): Promise<void> {
    await migrate(kyselyOn(this.server, { statementTimeoutMs: MIGRATION_STATEMENT_MS }));
    await this.makeAhead();
    this.#opened = true;
  }

  /** Makes the next days' partitions. */
  async makeAhead(): Promise<void> {
    await this.#ensure(partitionsAhead(this.#o.clock.wallMs(), DAYS_AHEAD));
  }

  /** Why a record is not for the tables; undefined where it is. Too old: its partition has been, or will be, dropped. */
  refusal(record: HistoryRecord): 'too_old' | 'in_future' | undefined {
    const atMs = atMsOf(record);
    const nowMs = this.#o.clock.wallMs();
    if (atMs > nowMs + FUTURE_MS_MAX) return 'in_future';
    return atMs < this.#o.retention.keptFromMs(tablesOf(record)[0], nowMs) ? 'too_old' : undefined;
  }

  /** See {@link writeBatch}. */
  async write(spool: string, records: readonly PlacedRecord[]): Promise<BatchOutcome> {
    await this.open();
    const spans = records.flatMap(({ value }) => tablesOf(value.r).map((table) => partitionAt(table, atMsOf(value.r))));
    await this.#ensure(spans);
    try {
      const outcome = await writeBatch(this.db, spool, records, this.#o.clock.wallMs());
      await this.#noteLsn();
      return outcome;
    } catch (error) {
      // A partition was dropped under us: look again next time.
      if (error instanceof HistoryError && error.sqlState === '23514') this.#partitions.clear();
      throw error;
    }
  }

  /** Runs `fn` in a transaction: for the few rows that change after they were written. */
  async change<T>(fn: (tx: HistoryDb) => Promise<T>): Promise<T> {
    await this.open();
    const result = await this.db.transaction().execute(fn);
    await this.#noteLsn();
    return result;
  }

  /** Rolls up one chunk of what is behind since `beforeMs`. @returns whether there may be more */
  async rollUpSome(level: Level, beforeMs: number): Promise<boolean> {
    await this.open();
    const chunk = this.#rollUpChunk;
    const rows: readonly DirtyRow[] = await findDirty(this.db, level, beforeMs, chunk);
    if (rows.length === 0) return false;
    await this.#ensure(partitionsFor(level, rows));
    try {
      const outcome = await rollUp(this.db, level, rows);
      this.#rollUpChunk = Math.min(ROLLUP_CHUNK, chunk * 2);
      return outcome === 'done' && rows.length === chunk;
    } catch (error) {
      // Many measures in an hour: fewer hours at once, or the same ones would take too long for ever.
      const tooSlow = error instanceof HistoryError && error.code === 'history_timeout';
      if (tooSlow) this.#rollUpChunk = Math.max(1, Math.floor(rows.length / 2));
      throw error;
    }
  }

  /**
   * Takes away what is left of rows that change all the time, and counts what there is for the planner. PostgreSQL does
   * so by itself; the embedded database has no process for it.
   */
  async tidy(): Promise<void> {
    if (this.server.kind !== 'pglite') return;
    for (const table of CHANGING_TABLES) await sql`vacuum analyze ${sql.table(table)}`.execute(this.db);
  }

  forgetPartition(span: PartitionSpan): void {
    this.#partitions.delete(span.name);
  }

  async #ensure(spans: readonly PartitionSpan[]): Promise<void> {
    const missing = new Map<string, PartitionSpan>();
    for (const span of spans) if (!this.#partitions.has(span.name)) missing.set(span.name, span);
    if (missing.size === 0) return;
    if (this.#partitions.size === 0) {
      for (const { name } of await listPartitions(this.db)) {
        this.#partitions.add(name);
        missing.delete(name);
      }
    }
    await makePartitions(this.db, [...missing.values()]);
    for (const name of missing.keys()) this.#partitions.add(name);
  }

  async #noteLsn(): Promise<void> {
    if (!this.#o.tracksLsn) return;
    const { rows } = await sql<{ lsn: string }>`select pg_current_wal_insert_lsn()::text as lsn`.execute(this.db);
    this.#lsn = rows[0]?.lsn ?? this.#lsn;
  }
}
