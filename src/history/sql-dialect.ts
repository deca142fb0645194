import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { AcquireOptions, DatabaseServer, SqlConnection } from './database-server.ts';
import type { HistoryDb, HistoryTables } from './tables.ts';

/** Kysely on a {@link DatabaseServer}, whichever it is: the same SQL goes to both. */
export function kyselyOn(server: DatabaseServer, options: AcquireOptions = {}): HistoryDb {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new ServerDriver(server, options),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<HistoryTables>({ dialect });
}

class ServerDriver implements Driver {
  readonly #server: DatabaseServer;
  readonly #options: AcquireOptions;

  constructor(server: DatabaseServer, options: AcquireOptions) {
    this.#server = server;
    this.#options = options;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<ServerConnection> {
    return new ServerConnection(await this.#server.acquire(this.#options));
  }

  async beginTransaction(connection: ServerConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: ServerConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: ServerConnection): Promise<void> {
    // Nothing to take back where the server is gone: what failed is the first error, not this.
    if (!connection.sql.broken) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(connection: ServerConnection): Promise<void> {
    connection.sql.release();
  }

  /** The server is its owner's to close. */
  async destroy(): Promise<void> {}
}

class ServerConnection implements DatabaseConnection {
  readonly sql: SqlConnection;

  constructor(connection: SqlConnection) {
    this.sql = connection;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affected } = await this.sql.query(sql, parameters);
    // Kysely's contract: the caller says what its rows are.
    return { rows: rows as R[], numAffectedRows: BigInt(affected) };
  }

  // biome-ignore lint/correctness/useYield: there is nothing to yield.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the history does not stream: page instead');
  }
}
