import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../core/manual-clock.ts';
import { HistoryError } from '../../src/history/history-error.ts';
import { HistoryQueries } from '../../src/history/queries/history-queries.ts';
import type { CountRow } from '../../src/history/queries/rows.ts';
import { QueryDb, writeMinutes } from '../support/history-query-db.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 2, 30, 12, 34, 56);
const YESTERDAY = Date.UTC(2026, 2, 29);
const CACHE_MS = 5_000;

/** Two nodes that answer from one database. */
describe('the cache of frequent questions', () => {
  let store: QueryDb;
  let clock: ManualClock;
  let here: HistoryQueries;
  let there: HistoryQueries;
  let minute = 0;

  beforeAll(async () => {
    store = await QueryDb.open('PGlite');
    await store.partitions(YESTERDAY, NOW);
    await sql`create table if not exists history_versions (day date primary key, version bigint not null)`.execute(
      store.db,
    );
  });
  afterAll(() => store.close());
  beforeEach(() => {
    clock = new ManualClock(NOW);
    const options = { reads: store, clock, cacheEntries: 50, cacheMs: CACHE_MS };
    here?.close();
    there?.close();
    here = new HistoryQueries(options);
    there = new HistoryQueries(options);
  });

  /** A minute with one crossing, of a camera of its own a test. */
  const count = async (camera: string, dayMs: number): Promise<void> => {
    minute++;
    const atMs = dayMs + minute * MINUTE;
    await writeMinutes(store.db, [{ camera, atMs, measures: [{ metric: 'crossings', subject: 'main', n: 1 }] }]);
  };
  const bump = (dayMs: number) =>
    sql`insert into history_versions (day, version) values (${new Date(dayMs).toISOString()}::timestamptz::date, 1)
      on conflict (day) do update set version = history_versions.version + 1`.execute(store.db);
  /** Minutes, because the hours of this test are not rolled up. */
  const ask = async (queries: HistoryQueries, camera: string, range: string): Promise<number> => {
    const { query, page } = queries.parse('counts', new URLSearchParams(`camera=${camera}&interval=30m&${range}`));
    const { rows } = await queries.page(query, page);
    return (rows as CountRow[]).reduce((sum, row) => sum + (row.count ?? 0), 0);
  };
  const pastDay = `from=${YESTERDAY}&to=${YESTERDAY + DAY}`;

  it('answers a question that touches the present from memory for cacheMs, and no longer', async () => {
    const today = YESTERDAY + DAY + 11 * 60 * MINUTE;
    await count('live', today);
    expect(await ask(here, 'live', 'from=-12h')).toBe(1);
    await count('live', today);
    await clock.advance(CACHE_MS - 1);
    expect(await ask(here, 'live', 'from=-12h')).toBe(1);
    await clock.advance(1);
    expect(await ask(here, 'live', 'from=-12h')).toBe(2);
  });

  it('answers for days that are over for as long as nobody has written to them', async () => {
    await count('past', YESTERDAY);
    expect(await ask(here, 'past', pastDay)).toBe(1);
    for (let i = 0; i < 5; i++) {
      await clock.advance(CACHE_MS);
      expect(await ask(here, 'past', pastDay)).toBe(1);
    }
    expect(here.counters().cache).toMatchObject({ misses: 1, revalidated: 5 });
  });

  it('sees within cacheMs what another node has written to a day that is over', async () => {
    await count('late', YESTERDAY);
    expect([await ask(here, 'late', pastDay), await ask(there, 'late', pastDay)]).toEqual([1, 1]);
    await count('late', YESTERDAY);
    await bump(YESTERDAY);
    await clock.advance(CACHE_MS);
    expect([await ask(here, 'late', pastDay), await ask(there, 'late', pastDay)]).toEqual([2, 2]);
  });

  it('sees at once what its own node has written to such a day', async () => {
    await count('own', YESTERDAY);
    expect(await ask(here, 'own', pastDay)).toBe(1);
    await count('own', YESTERDAY);
    const at = YESTERDAY + minute * MINUTE;
    const written = { cameras: new Set(['own']), fromMs: at, toMs: at };
    store.written({ ...written, tables: new Set(['events']) });
    expect(await ask(here, 'own', pastDay)).toBe(1);
    store.written({ ...written, tables: new Set(['measures_minute']) });
    expect(await ask(here, 'own', pastDay)).toBe(2);
  });

  it('asks once for questions that are equal and at the same time', async () => {
    await count('many', YESTERDAY);
    const before = store.reads;
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(here, 'many', pastDay)));
    expect(new Set(answers)).toEqual(new Set([1]));
    expect(store.reads - before).toBe(1);
    expect(here.counters().cache).toMatchObject({ misses: 1, joined: 199 });
  });

  it('keeps no failure', async () => {
    await count('failed', YESTERDAY);
    store.failure = new HistoryError('history_unavailable', 'away');
    await expect(ask(here, 'failed', pastDay)).rejects.toMatchObject({ code: 'history_unavailable' });
    store.failure = undefined;
    expect(await ask(here, 'failed', pastDay)).toBe(1);
  });

  it('keeps no answer longer than cacheMs where the database counts no versions', async () => {
    await sql`drop table history_versions`.execute(store.db);
    await count('plain', YESTERDAY);
    expect(await ask(here, 'plain', pastDay)).toBe(1);
    await count('plain', YESTERDAY);
    await clock.advance(CACHE_MS);
    expect(await ask(here, 'plain', pastDay)).toBe(2);
  });
});
