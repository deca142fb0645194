import { CamshardError } from '../../core/errors.ts';

export type HistoryErrorCode =
  /** No database: not yet, gone, or left alone by its breaker. Worth trying again later. */
  | 'history_unavailable'
  /** No free connection in time. Worth trying again at once or elsewhere. */
  | 'history_busy'
  /** A statement took longer than it may. */
  | 'history_timeout'
  /** Two transactions got into each other's way; the same thing tried again works. */
  | 'history_conflict'
  /** What was given does not fit into the tables: it never will. */
  | 'history_refused'
  /** The database was made by a newer Camshard. */
  | 'history_newer_schema'
  /** The folder of the embedded database is open in another process. */
  | 'history_locked'
  /** The database does not do what it is asked: a fault of ours, or somebody changed its tables. */
  | 'history_failed';

/** What may go wrong with the history's database. */
export class HistoryError extends CamshardError {
  declare readonly code: HistoryErrorCode;
  /** PostgreSQL's five letters, where it is its error. */
  readonly sqlState: string | undefined;

  constructor(
    code: HistoryErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly sqlState?: string },
  ) {
    super(code, message, options);
    this.sqlState = options?.sqlState;
  }
}

/** Errors by SQLSTATE, longest prefix first. https://www.postgresql.org/docs/15/errcodes-appendix.html */
const BY_SQL_STATE: readonly (readonly [prefix: string, code: HistoryErrorCode])[] = [
  // No partition takes the row: the partition went while we wrote. Not a fault of the row.
  ['23514', 'history_conflict'],
  ['25006', 'history_unavailable'],
  ['53300', 'history_busy'],
  ['55P03', 'history_busy'],
  ['57014', 'history_timeout'],
  ['25P03', 'history_timeout'],
  ['08', 'history_unavailable'],
  ['22', 'history_refused'],
  ['23', 'history_refused'],
  ['28', 'history_unavailable'],
  ['3D', 'history_unavailable'],
  ['40', 'history_conflict'],
  ['53', 'history_unavailable'],
  ['54', 'history_refused'],
  ['57P', 'history_unavailable'],
  ['58', 'history_unavailable'],
];

/** The error of a statement, by PostgreSQL's SQLSTATE. */
export function fromSqlState(sqlState: string, message: string, cause?: unknown): HistoryError {
  const code = BY_SQL_STATE.find(([prefix]) => sqlState.startsWith(prefix))?.[1] ?? 'history_failed';
  return new HistoryError(code, message, { sqlState, cause });
}

/** Whether another server, or the same one later, may well answer. */
export function isAvailability(error: unknown): boolean {
  return error instanceof HistoryError && (error.code === 'history_unavailable' || error.code === 'history_locked');
}
