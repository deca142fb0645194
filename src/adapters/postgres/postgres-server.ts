import pg from 'pg';
import { errorMessage } from '../../../core/errors.ts';
import type {
  AcquireOptions,
  DatabaseServer,
  PoolFigures,
  SqlConnection,
  SqlResult,
} from '../../history/database-server.ts';
import { fromSqlState, HistoryError } from '../../history/history-error.ts';

export interface PostgresServerOptions {
  readonly name: string;
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly connectionsMax: number;
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** Unused connections are closed after this long. */
const IDLE_MS = 30_000;
/** How much longer than the server we wait for a statement's end, before we take the connection for dead. */
const ANSWER_SLACK_MS = 1_000;
/** A transaction whose node went to sleep (SIGSTOP, a paused VM) must not keep its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** Statements under way may take this much longer when the pool is closed; then their connections are cut. */
const CLOSE_MS = 300;

/**
 * Compiling a plan to machine code (JIT) and starting workers for it take tens of milliseconds, what our questions take
 * altogether; and a dashboard's two hundred questions at once are parallel enough.
 */
const SESSION = '-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0';

const { INT8, NUMERIC } = pg.types.builtins;
/** All the history's numbers are far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** A PostgreSQL server behind a pool of connections. */
export class PostgresServer implements DatabaseServer {
  readonly name: string;
  readonly kind = 'postgres';
  readonly #pool: pg.Pool;
  readonly #max: number;
  /** Handed out. */
  readonly #out = new Set<pg.PoolClient>();
  #acquireTimeouts = 0;
  #closed: Promise<void> | undefined;

  constructor({ name, url, connectionsMax, acquireTimeoutMs, statementTimeoutMs }: PostgresServerOptions) {
    this.name = name;
    this.#max = connectionsMax;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connectionsMax,
      connectionTimeoutMillis: acquireTimeoutMs,
      idleTimeoutMillis: IDLE_MS,
      allowExitOnIdle: true,
      application_name: 'camshard',
      keepAlive: true,
      statement_timeout: statementTimeoutMs,
      // The server cannot tell us of a time-out over a line that is cut.
      query_timeout: statementTimeoutMs + ANSWER_SLACK_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      options: SESSION,
      types,
    });
    // An idle connection that dies has left the pool already; the next `acquire` says what is the matter.
    this.#pool.on('error', () => {});
  }

  async acquire({ statementTimeoutMs }: AcquireOptions = {}): Promise<SqlConnection> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw this.#connectFault(error);
    }
    this.#out.add(client);
    const connection = new PostgresConnection(client, statementTimeoutMs, () => this.#out.delete(client));
    if (statementTimeoutMs === undefined) return connection;
    try {
      await connection.query(`set statement_timeout = ${Math.ceil(statementTimeoutMs)}`, []);
    } catch (error) {
      connection.release();
      throw error;
    }
    return connection;
  }

  pool(): PoolFigures {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return {
      max: this.#max,
      open: totalCount,
      busy: totalCount - idleCount,
      waiting: waitingCount,
      acquireTimeouts: this.#acquireTimeouts,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const ended = this.#pool.end().catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
    // A client that ends while it waits for an answer destroys its socket: whoever waits for it is told.
    for (const client of this.#out) void (client as unknown as pg.Client).end().catch(() => {});
  }

  #connectFault(error: unknown): HistoryError {
    // pg-pool's words: it has no code for a pool that stayed empty.
    if (errorMessage(error) === 'timeout exceeded when trying to connect') {
      this.#acquireTimeouts++;
      return new HistoryError('history_busy', `no free connection to ${this.name} in time`, { cause: error });
    }
    return faultOf(error, `${this.name} cannot be reached`);
  }
}

class PostgresConnection implements SqlConnection {
  readonly #client: pg.PoolClient;
  /** Undefined: the pool's. */
  readonly #statementTimeoutMs: number | undefined;
  readonly #onReleased: () => void;
  #broken = false;
  readonly #onError = (): void => {
    this.#broken = true;
  };

  constructor(client: pg.PoolClient, statementTimeoutMs: number | undefined, onReleased: () => void) {
    this.#client = client;
    this.#statementTimeoutMs = statementTimeoutMs;
    this.#onReleased = onReleased;
    // While it is ours nobody else listens, and an error without a listener ends the process.
    client.on('error', this.#onError);
  }

  get broken(): boolean {
    return this.#broken;
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<SqlResult> {
    try {
      const { rows, rowCount } = await this.#client.query(this.#asked(sql, parameters));
      return { rows: rows ?? [], affected: rowCount ?? 0 };
    } catch (error) {
      const fault = faultOf(error, 'a statement failed');
      // Whatever is no answer of the server leaves a connection about which we know nothing.
      if (!(error instanceof pg.DatabaseError) || fault.code === 'history_unavailable') this.#broken = true;
      throw fault;
    }
  }

  release(): void {
    this.#client.off('error', this.#onError);
    this.#onReleased();
    // One that was given more time is not given to anybody else.
    this.#client.release(this.#broken || this.#statementTimeoutMs !== undefined);
  }

  #asked(text: string, values: readonly unknown[]): pg.QueryConfig & { readonly query_timeout?: number } {
    const asked = { text, values: [...values] };
    if (this.#statementTimeoutMs === undefined) return asked;
    return { ...asked, query_timeout: this.#statementTimeoutMs + ANSWER_SLACK_MS };
  }
}

function faultOf(error: unknown, what: string): HistoryError {
  const message = `${what}: ${errorMessage(error)}`;
  if (error instanceof pg.DatabaseError && error.code !== undefined) return fromSqlState(error.code, message, error);
  // pg's words for query_timeout.
  if (errorMessage(error) === 'Query read timeout')
    return new HistoryError('history_timeout', message, { cause: error });
  return new HistoryError('history_unavailable', message, { cause: error });
}
