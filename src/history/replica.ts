import { sql } from 'kysely';
import { errorMessage } from '../../core/errors.ts';
import type { DatabaseServer } from './database-server.ts';
import { kyselyOn } from './sql-dialect.ts';
import type { HistoryDb } from './tables.ts';
import { parseWalPosition, type WalPosition } from './wal-position.ts';

/** A read replica and what was last heard of it. */
export class Replica {
  readonly server: DatabaseServer;
  readonly db: HistoryDb;
  #up = false;
  #error: string | null = null;
  #replayed: WalPosition | undefined;

  constructor(server: DatabaseServer) {
    this.server = server;
    this.db = kyselyOn(server);
  }

  get up(): boolean {
    return this.#up;
  }

  get error(): string | null {
    return this.#error;
  }

  /** Up to where it had come when it was last asked. */
  get replayed(): WalPosition | undefined {
    return this.#replayed;
  }

  failed(error: unknown): void {
    this.#up = false;
    this.#error = errorMessage(error);
  }

  /** Asks how far it is. A server that is no replica (it was promoted) is not used as one. */
  async probe(): Promise<void> {
    try {
      const { rows } = await sql<{ recovering: boolean; replayed: string | null }>`
        select pg_is_in_recovery() as recovering, pg_last_wal_replay_lsn()::text as replayed`.execute(this.db);
      const [row] = rows;
      if (row === undefined || !row.recovering || row.replayed === null) throw new Error('is not a replica');
      this.#replayed = parseWalPosition(row.replayed);
      this.#up = true;
      this.#error = null;
    } catch (error) {
      this.failed(error);
    }
  }

  /** Whether it has replayed up to `position` now, on this connection. */
  static async hasReplayed(db: HistoryDb, position: string): Promise<boolean> {
    const { rows } = await sql<{ there: boolean }>`
      select coalesce(pg_last_wal_replay_lsn() >= ${position}::pg_lsn, false) as there`.execute(db);
    return rows[0]?.there === true;
  }
}
