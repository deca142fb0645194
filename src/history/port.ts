import type { HistoryWriter } from '../../core/history-record.ts';
import type { HistoryDb } from './tables.ts';
import type { HistoryFence } from './write-batch.ts';

export interface ReadOptions {
  /**
   * The answer must have what was written up to here ({@link HistoryReads.lsn}): a replica is given a bounded time to get
   * there, else the primary answers.
   */
  readonly afterLsn?: string | undefined;
  /** Only the primary will do. */
  readonly primary?: boolean | undefined;
}

/** Where the history is asked. */
export interface HistoryReads {
  /**
   * Runs `fn` on one connection of a server that may answer: a replica that keeps up where there are any, the primary
   * otherwise. `fn` must only read, and may be run again on another server where the first failed.
   *
   * Rejects with a {@link HistoryError}: `history_unavailable` (no database yet, gone, or its breaker is open),
   * `history_busy` (no free connection within acquireTimeoutMs), `history_timeout` (a statement took longer than
   * statementTimeoutMs). Nobody hangs.
   */
  run<T>(fn: (db: HistoryDb) => Promise<T>, options?: ReadOptions): Promise<T>;
  /** Where this node's last committed write ended, for {@link ReadOptions.afterLsn}; undefined before there is one. */
  lsn(): string | undefined;
  /**
   * Called after rows were committed by this node, with what changed: for caches. Returns how to stop listening.
   */
  onWritten(listener: (written: Written) => void): () => void;
}

/** What a committed batch changed. */
export interface Written {
  readonly tables: ReadonlySet<string>;
  readonly cameras: ReadonlySet<string>;
  /** Oldest and newest `at` in it, ms since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** How far the primary has come. */
export type DatabaseState = 'opening' | 'ready' | 'down' | 'closed';

export interface ServerStatus {
  /** `primary`, `replica-1`, ... Never the URL: it has the password. */
  readonly name: string;
  readonly kind: 'pglite' | 'postgres';
  readonly up: boolean;
  readonly error: string | null;
  readonly connectionsMax: number;
  readonly connectionsOpen: number;
  readonly connectionsBusy: number;
  /** Callers waiting for a connection. */
  readonly waiting: number;
  /** Times nobody could be given one in time. */
  readonly acquireTimeouts: number;
  /** Replicas only: how far behind, ms; null where unknown. */
  readonly lagMs: number | null;
}

/** What `camshard history`, `/v1/history/status` and the metrics show. */
export interface HistoryStatus {
  readonly state: DatabaseState;
  readonly servers: readonly ServerStatus[];
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly spool: {
    readonly bytes: number;
    readonly bytesMax: number;
    /** Records that wait for the database. */
    readonly records: number;
  };
  /** Records by what became of them since the node started. `accepted` = all others + spool.records, after a clean start. */
  readonly records: {
    readonly accepted: number;
    readonly stored: number;
    /** From a past owner of the shard. */
    readonly stale: number;
    /** Put aside: the database refuses them. */
    readonly aside: number;
    /** Given up, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly rowsWritten: number;
  readonly transactions: number;
  readonly writeFailures: number;
  /** How long the database has been failing to take records, ms; 0 while it takes them. */
  readonly delayMs: number;
  readonly lastError: string | null;
}

export interface History {
  readonly writer: HistoryWriter;
  readonly reads: HistoryReads;
  /**
   * Changes rows that are there already (an alert is acknowledged), in one transaction on the primary. Everything else
   * goes through the writer. Rejects as {@link HistoryReads.run} does.
   */
  change<T>(fn: (tx: HistoryDb) => Promise<T>): Promise<{ readonly result: T; readonly lsn: string | undefined }>;
  /**
   * This node has taken over these shards: rows that their owners before write from now on are refused, and counted as
   * `stale` where they come from. Rows they wrote before, by their clock, are taken however late they arrive. A database
   * that is away rejects as {@link HistoryReads.run} does; the new owner's first row then raises the fence.
   */
  raiseFences(fences: readonly HistoryFence[]): Promise<void>;
  status(): HistoryStatus;
  /** Resolves once everything written so far is in the database (or set aside); rejects when `timeoutMs` have passed. */
  flush(timeoutMs: number): Promise<void>;
  /** Within 2 s; what is not in the database yet stays in the spool for the next start. */
  close(): Promise<void>;
}

/** Something an operator may want to know; whoever makes the node turns it into a node event. */
export interface HistoryNotice {
  readonly kind:
    | 'history_down'
    | 'history_up'
    | 'history_pool_tight'
    | 'history_records_dropped'
    | 'history_record_aside';
  readonly severity: 'info' | 'warning' | 'critical';
  /** One sentence. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}
