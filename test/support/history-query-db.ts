import { PGlite } from '@electric-sql/pglite';
import { sql } from 'kysely';
import { errorMessage } from '../../core/errors.ts';
import type { Measure } from '../../core/measure.ts';
import { PostgresServer } from '../../src/adapters/postgres/postgres-server.ts';
import type { DatabaseServer } from '../../src/history/database-server.ts';
import { fromSqlState, HistoryError } from '../../src/history/history-error.ts';
import { migrate } from '../../src/history/migrate.ts';
import { makePartitions, PARTITIONED_TABLES, partitionAt } from '../../src/history/partitions.ts';
import type { HistoryReads, Written } from '../../src/history/port.ts';
import { kyselyOn } from '../../src/history/sql-dialect.ts';
import type { HistoryDb } from '../../src/history/tables.ts';
import { writeRows } from '../../src/history/write-rows.ts';
import { PostgresProcess } from './postgres-server.ts';

/** A database in this process's memory with the history's tables: for what is asked, not for how it is stored. */
export class QueryDb implements HistoryReads {
  readonly db: HistoryDb;
  readonly #close: () => Promise<void>;
  readonly #listeners = new Set<(written: Written) => void>();
  /** Reads fail with it while it is set. */
  failure: Error | undefined;
  /** Times somebody read. */
  reads = 0;

  constructor(db: HistoryDb, close: () => Promise<void>) {
    this.db = db;
    this.#close = close;
  }

  /** PGlite in this process, or a PostgreSQL of its own. */
  static async open(kind: 'PGlite' | 'PostgreSQL'): Promise<QueryDb> {
    if (kind === 'PGlite') {
      const pglite = await PGlite.create({ parsers: { 20: Number, 1700: Number } });
      return await QueryDb.#migrated(serverOn(pglite), () => pglite.close());
    }
    const process = await PostgresProcess.start();
    const server = new PostgresServer({
      ...{ name: 'primary', url: process.url, connectionsMax: 4 },
      ...{ acquireTimeoutMs: 5_000, statementTimeoutMs: 10_000 },
    });
    return await QueryDb.#migrated(server, async () => {
      await server.close();
      await process.remove();
    });
  }

  static async #migrated(server: DatabaseServer, close: () => Promise<void>): Promise<QueryDb> {
    const db = kyselyOn(server);
    await migrate(db);
    return new QueryDb(db, close);
  }

  async run<T>(fn: (db: HistoryDb) => Promise<T>): Promise<T> {
    this.reads++;
    if (this.failure !== undefined) throw this.failure;
    return await fn(this.db);
  }

  lsn(): undefined {}

  onWritten(listener: (written: Written) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  written(written: Written): void {
    for (const listener of this.#listeners) listener(written);
  }

  /** Makes the partitions of all tables for the days of [fromMs, toMs]. */
  async partitions(fromMs: number, toMs: number): Promise<void> {
    const spans = new Map();
    for (let ms = fromMs; ms <= toMs + 86_400_000; ms += 86_400_000) {
      for (const table of PARTITIONED_TABLES) {
        const span = partitionAt(table, Math.min(ms, toMs));
        spans.set(span.name, span);
      }
    }
    await makePartitions(this.db, [...spans.values()]);
  }

  /** Makes hours and days of all minutes there are. */
  async rollUp(): Promise<void> {
    for (const [unit, from] of [
      ['hour', 'minute'],
      ['day', 'hour'],
    ] as const) {
      await sql`insert into ${sql.table(`measures_${unit}`)}
        (camera, at, metric, subject, direction, label, shard, epoch, seconds, n, sum, min, max, bins)
        select camera, date_trunc(${sql.lit(unit)}, at), metric, subject, direction, label, 0, 1, sum(seconds), sum(n),
          sum(sum), min(min), max(max), camshard_bins_sum(bins)
        from ${sql.table(`measures_${from}`)} group by 1, 2, 3, 4, 5, 6`.execute(this.db);
      await sql`insert into ${sql.table(`coverage_${unit}`)}
        (camera, at, seconds, observed_share, analysed, gated, shed, rejected, lost, valid_share, valid)
        select camera, date_trunc(${sql.lit(unit)}, at), sum(seconds), sum(seconds * observed_share) / sum(seconds),
          sum(analysed), sum(gated), sum(shed), sum(rejected), sum(lost), sum(seconds * valid_share) / sum(seconds), true
        from ${sql.table(`coverage_${from}`)} group by 1, 2`.execute(this.db);
    }
  }

  close(): Promise<void> {
    return this.#close();
  }
}

function serverOn(pglite: PGlite): DatabaseServer {
  return {
    name: 'primary',
    kind: 'pglite',
    acquire: async () => ({
      broken: false,
      release: () => {},
      query: async (text, parameters) => {
        try {
          const { rows, affectedRows } = await pglite.query(text, [...parameters]);
          return { rows, affected: affectedRows ?? 0 };
        } catch (error) {
          const { code } = error as { code?: unknown };
          if (typeof code === 'string') throw fromSqlState(code, `${errorMessage(error)}\n${text}`, error);
          throw new HistoryError('history_failed', errorMessage(error), { cause: error });
        }
      },
    }),
    pool: () => ({ max: 1, open: 1, busy: 0, waiting: 0, acquireTimeouts: 0 }),
    close: () => pglite.close(),
  };
}

/** A minute of one camera as a test tells it; what is not said was fully observed. */
export interface TestMinute {
  readonly camera: string;
  readonly atMs: number;
  readonly observed?: number;
  readonly valid?: boolean;
  readonly measures?: readonly Partial<Measure>[];
}

/** Writes minutes as the history's writer does: each measure a row, coverage a row. */
export async function writeMinutes(db: HistoryDb, minutes: readonly TestMinute[]): Promise<void> {
  const coverage = minutes.map(({ camera, atMs, observed = 1, valid = true }) => ({
    ...{ camera, at: new Date(atMs).toISOString(), seconds: 60, observed_share: observed, valid_share: valid ? 1 : 0 },
    ...{ valid, analysed: 600, gated: 0, shed: 0, rejected: 0, lost: 0 },
  }));
  const measures = minutes.flatMap(({ camera, atMs, measures = [] }) =>
    measures.map(({ metric = 'crossings', subject = '', direction = '', label = '', n = 1, sum = n, ...rest }) => ({
      ...{
        camera,
        at: new Date(atMs).toISOString(),
        shard: 0,
        epoch: 1,
        seconds: 60,
        metric,
        subject,
        direction,
        label,
      },
      ...{ n, sum, min: rest.min ?? sum / n, max: rest.max ?? sum / n, bins: rest.bins ?? null },
    })),
  );
  await writeRows(db, 'coverage_minute', coverage);
  await writeRows(db, 'measures_minute', measures);
}
