import { sql } from 'kysely';
import type { Clock, Timer } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { DatabaseBreaker } from './database-breaker.ts';
import type { DatabaseServer, PoolFigures } from './database-server.ts';
import { HistoryError } from './history-error.ts';
import type { HistoryReads, ReadOptions, ServerStatus, Written } from './port.ts';
import { Replica } from './replica.ts';
import { ReplicaLag } from './replica-lag.ts';
import { kyselyOn } from './sql-dialect.ts';
import type { HistoryDb } from './tables.ts';
import { parseWalPosition } from './wal-position.ts';

export interface ReadPoolOptions {
  readonly clock: Clock;
  /** The primary, with connections for reading. */
  readonly primary: DatabaseServer;
  readonly replicas: readonly DatabaseServer[];
  readonly replicaLagMsMax: number;
  readonly breaker: DatabaseBreaker;
  /** Whether the tables are known to be there. */
  readonly isOpened: () => boolean;
  readonly lsn: () => string | undefined;
  /** Nearly all of a server's connections are in use. */
  readonly onTight: (name: string, figures: PoolFigures) => void;
}

const PROBE_MS = 1_000;
/** What a reader that wants to see a write waits for a replica to get there; then the primary answers. */
const CATCH_UP_MS = 250;
const CATCH_UP_POLL_MS = 10;
/** Busy connections from which on a pool is called tight. */
const TIGHT_SHARE = 0.9;
const TIGHT_AGAIN_MS = 60_000;

/** Sends questions to whoever may answer them. See {@link HistoryReads}. */
export class ReadPool implements HistoryReads {
  readonly #o: ReadPoolOptions;
  readonly #primaryDb: HistoryDb;
  readonly #replicas: readonly Replica[];
  readonly #lag = new ReplicaLag();
  readonly #listeners = new Set<(written: Written) => void>();
  readonly #tightAtMs = new Map<string, number>();
  #turn = 0;
  #primaryError: string | null = null;
  #timer: Timer | undefined;
  #probing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ReadPoolOptions) {
    this.#o = options;
    this.#primaryDb = kyselyOn(options.primary);
    this.#replicas = options.replicas.map((server) => new Replica(server));
  }

  /** Begins to ask the replicas how far they are. */
  start(): void {
    if (this.#replicas.length === 0) return;
    this.#probeSoon(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all(this.#replicas.map(({ server }) => server.close()));
    await this.#probing;
  }

  async run<T>(fn: (db: HistoryDb) => Promise<T>, { afterLsn, primary = false }: ReadOptions = {}): Promise<T> {
    if (this.#closed) throw new HistoryError('history_unavailable', 'the history is closed');
    const replica = primary ? undefined : this.#pick();
    if (replica !== undefined) {
      try {
        const answer = await this.#onReplica(replica, fn, afterLsn);
        if (answer !== 'behind') return answer.value;
      } catch (error) {
        if (!(error instanceof HistoryError) || !goesElsewhere(error)) throw error;
        if (error.code === 'history_unavailable') replica.failed(error);
      }
    }
    return await this.#onPrimary(fn);
  }

  lsn(): string | undefined {
    return this.#o.lsn();
  }

  onWritten(listener: (written: Written) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  written(written: Written): void {
    for (const listener of this.#listeners) listener(written);
  }

  status(): ServerStatus[] {
    const { primary, clock } = this.#o;
    const servers = [
      {
        server: primary,
        up: this.#primaryError === null && this.#o.isOpened(),
        error: this.#primaryError,
        lagMs: null,
      },
    ];
    const replicas = this.#replicas.map((replica) => ({
      server: replica.server,
      up: replica.up,
      error: replica.error,
      lagMs: replica.replayed === undefined ? null : this.#lag.of(replica.replayed, clock.nowMs()),
    }));
    return [...servers, ...replicas].map(({ server, up, error, lagMs }) => {
      const { max, open, busy, waiting, acquireTimeouts } = server.pool();
      return {
        ...{ name: server.name, kind: server.kind, up, error, lagMs, waiting, acquireTimeouts },
        ...{ connectionsMax: max, connectionsOpen: open, connectionsBusy: busy },
      };
    });
  }

  /** The next replica in turn that keeps up. */
  #pick(): Replica | undefined {
    const nowMs = this.#o.clock.nowMs();
    const fit = this.#replicas.filter(
      ({ up, replayed }) => up && replayed !== undefined && this.#lag.of(replayed, nowMs) <= this.#o.replicaLagMsMax,
    );
    this.#turn = (this.#turn + 1) % Math.max(1, fit.length);
    return fit[this.#turn];
  }

  async #onReplica<T>(
    replica: Replica,
    fn: (db: HistoryDb) => Promise<T>,
    afterLsn: string | undefined,
  ): Promise<{ readonly value: T } | 'behind'> {
    return await replica.db.connection().execute(async (db) => {
      this.#watch(replica.server);
      if (afterLsn !== undefined && !(await this.#caughtUp(replica, db, afterLsn))) return 'behind';
      return { value: await fn(db) };
    });
  }

  /** Waits a little for the replica to get as far as the caller has seen. */
  async #caughtUp(replica: Replica, db: HistoryDb, lsn: string): Promise<boolean> {
    if (replica.replayed !== undefined && replica.replayed >= parseWalPosition(lsn)) return true;
    const { clock } = this.#o;
    const untilMs = clock.nowMs() + CATCH_UP_MS;
    while (!(await Replica.hasReplayed(db, lsn))) {
      if (clock.nowMs() >= untilMs) return false;
      await new Promise<void>((resolve) => clock.after(CATCH_UP_POLL_MS, resolve));
    }
    return true;
  }

  async #onPrimary<T>(fn: (db: HistoryDb) => Promise<T>): Promise<T> {
    const { breaker, primary } = this.#o;
    if (!this.#o.isOpened()) throw new HistoryError('history_unavailable', 'the database is not open yet');
    if (!breaker.admits()) throw new HistoryError('history_unavailable', `${primary.name} is left alone for a while`);
    try {
      const value = await this.#primaryDb.connection().execute(async (db) => {
        this.#watch(primary);
        return await fn(db);
      });
      this.#answered();
      return value;
    } catch (error) {
      if (error instanceof HistoryError && error.code === 'history_unavailable') {
        breaker.failed();
        this.#primaryError = errorMessage(error);
      } else this.#answered();
      if (error instanceof HistoryError && error.code === 'history_busy') this.#tight(primary);
      throw error;
    }
  }

  #answered(): void {
    this.#o.breaker.succeeded();
    this.#primaryError = null;
  }

  #watch(server: DatabaseServer): void {
    const { max, busy } = server.pool();
    if (server.kind === 'postgres' && busy >= max * TIGHT_SHARE && max > 1) this.#tight(server);
  }

  #tight(server: DatabaseServer): void {
    const nowMs = this.#o.clock.nowMs();
    const lastMs = this.#tightAtMs.get(server.name);
    if (lastMs !== undefined && nowMs - lastMs < TIGHT_AGAIN_MS) return;
    this.#tightAtMs.set(server.name, nowMs);
    this.#o.onTight(server.name, server.pool());
  }

  #probeSoon(ms: number): void {
    if (this.#closed) return;
    this.#timer = this.#o.clock.after(ms, () => {
      this.#probing = this.#probe().finally(() => this.#probeSoon(PROBE_MS));
    });
  }

  async #probe(): Promise<void> {
    await this.#askPrimary();
    await Promise.all(this.#replicas.map((replica) => replica.probe()));
  }

  async #askPrimary(): Promise<void> {
    try {
      const { rows } = await sql<{ lsn: string }>`select pg_current_wal_lsn()::text as lsn`.execute(this.#primaryDb);
      const lsn = rows[0]?.lsn;
      if (lsn !== undefined) this.#lag.primaryAt(parseWalPosition(lsn), this.#o.clock.nowMs());
    } catch (error) {
      // Without it nobody gets further behind either; whoever asks it will hear.
      this.#primaryError = errorMessage(error);
    }
  }
}

/** Another server may answer what this one could not. Time-outs not: the question is too large, wherever it is asked. */
const goesElsewhere = ({ code }: HistoryError): boolean =>
  code === 'history_unavailable' || code === 'history_busy' || code === 'history_conflict' || code === 'history_failed';
