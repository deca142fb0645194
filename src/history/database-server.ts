/**
 * The port to one database server: src/adapters/postgres and src/adapters/pglite implement it, and pass one suite
 * (test/contract/history-store.test.ts). Both speak PostgreSQL's SQL with `$1` parameters, in UTC, and give int8 and
 * numeric as numbers, timestamptz as Date, json as values and arrays as arrays.
 */
export interface DatabaseServer {
  /** Names it in logs and metrics; never its URL, which has the password. */
  readonly name: string;
  readonly kind: 'pglite' | 'postgres';
  /**
   * A connection nobody else uses. Opens the server where that is still to be done.
   *
   * Rejects, always in bounded time, with a HistoryError: `history_busy` where none became free, else
   * `history_unavailable`, `history_locked`.
   */
  acquire(options?: AcquireOptions): Promise<SqlConnection>;
  pool(): PoolFigures;
  /** Ends all connections, within about a second. Later calls of `acquire` reject. */
  close(): Promise<void>;
}

export interface AcquireOptions {
  /** Statements may take this long in place of the server's statement time-out: an index is made of what is there. */
  readonly statementTimeoutMs?: number;
}

export interface SqlConnection {
  /** Runs one statement. Rejects with a HistoryError; see `fromSqlState` for the codes. */
  query(sql: string, parameters: readonly unknown[]): Promise<SqlResult>;
  /** Whether the server is no longer at its other end, or may still be busy with a statement we gave up. */
  readonly broken: boolean;
  /** Gives it back; one that is broken is thrown away. Once. */
  release(): void;
}

export interface SqlResult {
  readonly rows: readonly unknown[];
  /** Rows inserted, updated or deleted. */
  readonly affected: number;
}

export interface PoolFigures {
  readonly max: number;
  readonly open: number;
  readonly busy: number;
  readonly waiting: number;
  /** Callers that went away without a connection. */
  readonly acquireTimeouts: number;
}
