import { CompiledQuery, sql } from 'kysely';
import { HistoryError } from './history-error.ts';
import { MIGRATIONS } from './migrations/all-migrations.ts';
import type { Migration } from './migrations/migration.ts';
import { SCHEMA_LOCK } from './partitions.ts';
import type { HistoryDb } from './tables.ts';

/**
 * Brings the tables up to `migrations`, all or nothing, one node at a time: others that start meanwhile wait, and find it
 * done. Running it again changes nothing.
 * @returns names of the migrations that were run
 * @throws HistoryError `history_newer_schema` where the tables are newer than these migrations
 */
export async function migrate(db: HistoryDb, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK}::bigint)`.execute(tx);
    await sql`create table if not exists migrations (
      version integer primary key, name text not null, applied_at timestamptz not null default now()
    )`.execute(tx);
    const applied = await tx.selectFrom('migrations').select(['version', 'name']).orderBy('version').execute();
    const newest = applied.at(-1)?.version ?? 0;
    const known = migrations.at(-1)?.version ?? 0;
    if (newest > known) {
      throw new HistoryError(
        'history_newer_schema',
        `the history's tables are of version ${newest}, this Camshard knows ${known}: a newer one has been here`,
      );
    }
    const pending = migrations.filter(({ version }) => version > newest);
    for (const { version, name, statements } of pending) {
      for (const statement of statements) await tx.executeQuery(CompiledQuery.raw(statement));
      await sql`insert into migrations (version, name) values (${version}, ${name})`.execute(tx);
    }
    return pending.map(({ name }) => name);
  });
}
