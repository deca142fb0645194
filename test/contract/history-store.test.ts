import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { HistoryRecord } from '../../core/history-record.ts';
import type { CameraId } from '../../core/ids.ts';
import { PgliteServer } from '../../src/adapters/pglite/pglite-server.ts';
import { PostgresServer } from '../../src/adapters/postgres/postgres-server.ts';
import type { DatabaseServer } from '../../src/history/database-server.ts';
import { migrate } from '../../src/history/migrate.ts';
import { MIGRATIONS } from '../../src/history/migrations/all-migrations.ts';
import {
  DAY_MS,
  listPartitions,
  makePartitions,
  PARTITIONED_TABLES,
  partitionAt,
} from '../../src/history/partitions.ts';
import { Primary } from '../../src/history/primary.ts';
import { HistoryQueries } from '../../src/history/queries/history-queries.ts';
import { deleteByCamera, dropOutlived, RetentionDays } from '../../src/history/retention.ts';
import { DAYS, HOURS } from '../../src/history/rollup.ts';
import { rowsOf } from '../../src/history/rows.ts';
import type { PlacedRecord } from '../../src/history/spooled.ts';
import { kyselyOn } from '../../src/history/sql-dialect.ts';
import type { HistoryDb } from '../../src/history/tables.ts';
import { writeRows } from '../../src/history/write-rows.ts';
import {
  alert,
  auditEntry,
  coverage,
  crossing,
  interval,
  measure,
  origin,
  seenObject,
} from '../support/history-records.ts';
import { PostgresProcess } from '../support/postgres-server.ts';

/** What both databases do alike. Each test begins with empty tables. */
const NOON_MS = Date.UTC(2026, 4, 13, 12);
const clock: Clock = { ...systemClock, wallMs: () => NOON_MS };
const retention = new RetentionDays({ predictions: 90, events: 30, metrics: 365, audit: 730 });
/** What tests write into. */
const TABLES = [
  ...PARTITIONED_TABLES,
  ...['spool_cursors', 'shard_fences', 'dirty_hours', 'dirty_days', 'history_versions'],
];
const TIMEOUTS = { acquireTimeoutMs: 500, statementTimeoutMs: 5_000 };

interface Opened {
  readonly server: DatabaseServer;
  close(): Promise<void>;
}

const adapters: readonly (readonly [name: string, open: () => Promise<Opened>])[] = [
  [
    'PGlite in its thread',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'camshard-pglite-'));
      const server = new PgliteServer({ name: 'embedded', dir, clock, ...TIMEOUTS, acquireTimeoutMs: 30_000 });
      const close = async (): Promise<void> => {
        await server.close();
        await rm(dir, { recursive: true });
      };
      return { server, close };
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const running = await PostgresProcess.start();
      const server = new PostgresServer({ name: 'primary', url: running.url, connectionsMax: 4, ...TIMEOUTS });
      const close = async (): Promise<void> => {
        await server.close();
        await running.remove();
      };
      return { server, close };
    },
  ],
];

describe.each(adapters)('the history on %s', (_name, open) => {
  let opened: Opened;
  let primary: Primary;
  /** Its tables are as they should be. */
  let whole = false;
  let position = 0;
  const placed = (records: readonly HistoryRecord[], t = NOON_MS): PlacedRecord[] =>
    records.map((r) => ({ position: ++position, value: { t, r } }));
  const write = (...records: HistoryRecord[]) => primary.write('spool', placed(records));
  const rollUp = async (): Promise<void> => {
    for (const level of [HOURS, DAYS]) while (await primary.rollUpSome(level, Date.now() + 60_000));
  };

  beforeAll(async () => {
    opened = await open();
    // The first acquire may make the database.
    (await opened.server.acquire()).release();
  });
  afterAll(() => opened?.close());
  beforeEach(async () => {
    position = 0;
    if (!whole) primary = await anew();
    whole = true;
    // Deleting a few rows takes a tenth of the time that making the tables again takes.
    for (const table of TABLES) await sql`delete from ${sql.table(table)}`.execute(primary.db);
  });

  /** An empty database with all its tables. */
  async function anew(): Promise<Primary> {
    await emptied();
    const made = new Primary({ server: opened.server, clock, retention, tracksLsn: false });
    await made.open();
    return made;
  }

  async function emptied(): Promise<HistoryDb> {
    whole = false;
    const db = kyselyOn(opened.server);
    await sql`drop schema public cascade`.execute(db);
    await sql`create schema public`.execute(db);
    return db;
  }

  it('gives back what was written, numbers as numbers and times as times', async () => {
    await write(crossing(NOON_MS, 7), seenObject(NOON_MS + 1), alert(NOON_MS, 'opened'), auditEntry(NOON_MS));
    expect(await primary.db.selectFrom('events').selectAll().execute()).toEqual([
      {
        ...{ at: new Date(NOON_MS), camera: 'north', shard: 1, epoch: 1, kind: 'line_crossed', subject: 'stop' },
        ...{ direction: 'in', label: 'car', track: 7, value: 42.5 },
        data: { line: 'stop', direction: 'forward', name: 'in', track: 7, label: 'car', speedKmh: 42.5 },
      },
    ]);
    const [prediction] = await primary.db.selectFrom('predictions').selectAll().execute();
    expect(prediction).toMatchObject({ at: new Date(NOON_MS + 1), first_box: [0, 0.25, 0.5, 0.75], hits: 12 });
    const [stored] = await primary.db.selectFrom('alerts').selectAll().execute();
    expect(stored).toMatchObject({ id: 'north:jam:1', state: 'opened', closed_at: null, data: { zone: 'a' } });
    const [entry] = await primary.db.selectFrom('audit').selectAll().execute();
    expect(entry).toMatchObject({ who: 'kim', before: null, after: { fps: 5 } });
    const counted = await primary.db
      .selectFrom('events')
      .select((eb) => eb.fn.countAll().as('n'))
      .execute();
    expect(counted).toEqual([{ n: 1 }]);
  });

  it('writes a record once, however often it is given the same place in the spool', async () => {
    const records = placed([crossing(NOON_MS, 1), crossing(NOON_MS, 2)]);
    await primary.write('spool', records);
    const again = await primary.write('spool', [...records, ...placed([crossing(NOON_MS, 3)])]);
    expect(again).toMatchObject({ stored: 1, before: 2 });
    const tracks = await primary.db.selectFrom('events').select('track').orderBy('track').execute();
    expect(tracks.map(({ track }) => track)).toEqual([1, 2, 3]);
  });

  it('refuses what a past owner still emits, and takes what it wrote while it was the owner', async () => {
    await primary.write('new-owner', placed([crossing(NOON_MS, 1, origin('north', 1, 2))], NOON_MS));
    const late = await primary.write('old-owner', [
      { position: 1, value: { t: NOON_MS - 1, r: crossing(NOON_MS - 1, 2, origin('north', 1, 1)) } },
      { position: 2, value: { t: NOON_MS, r: crossing(NOON_MS, 3, origin('north', 1, 1)) } },
      { position: 3, value: { t: NOON_MS + 9, r: crossing(NOON_MS + 9, 4, origin('north', 2, 1)) } },
    ]);
    expect(late).toMatchObject({ stored: 2, stale: 1 });
    const tracks = await primary.db.selectFrom('events').select('track').orderBy('track').execute();
    expect(tracks.map(({ track }) => track)).toEqual([1, 2, 4]);
    const fences = await primary.db.selectFrom('shard_fences').select(['shard', 'epoch']).orderBy('shard').execute();
    expect(fences).toEqual([
      { shard: 1, epoch: 2 },
      { shard: 2, epoch: 1 },
    ]);
  });

  it('adds intervals shorter than a minute up into their minute, over batches too', async () => {
    await write(
      interval(NOON_MS, 10, [measure({ n: 1, sum: 40, min: 40, max: 40, bins: [0, 1] })]),
      interval(NOON_MS + 10_000, 10, [measure({ n: 1, sum: 60, min: 60, max: 60, bins: [0, 0, 2] })]),
    );
    await write(
      interval(
        NOON_MS + 20_000,
        20,
        [measure({ n: 2, sum: 20, min: 5, max: 15, bins: [3] })],
        coverage({ observedShare: 0, valid: false }),
      ),
    );
    const minutes = await primary.db.selectFrom('measures_minute').selectAll().execute();
    expect(minutes).toEqual([
      expect.objectContaining({ at: new Date(NOON_MS), seconds: 40, n: 4, sum: 120, min: 5, max: 60, bins: [3, 1, 2] }),
    ]);
    const seen = await primary.db.selectFrom('coverage_minute').selectAll().execute();
    expect(seen).toEqual([
      expect.objectContaining({ seconds: 40, observed_share: 0.5, analysed: 300, valid_share: 0.5, valid: false }),
    ]);
  });

  it('rolls minutes up to hours and days, and again where a late row comes', async () => {
    const hour = (n: number): number => NOON_MS + n * 3_600_000;
    for (let minute = 0; minute < 3; minute++)
      await write(interval(hour(0) + minute * 60_000, 60), interval(hour(1) + minute * 60_000, 60));
    const sums = async (table: 'measures_hour' | 'measures_day') =>
      await primary.db.selectFrom(table).select(['at', 'n', 'sum', 'seconds', 'bins']).orderBy('at').execute();
    await rollUp();
    expect(await sums('measures_hour')).toEqual([
      { at: new Date(hour(0)), n: 6, sum: 270, seconds: 180, bins: [0, 3, 3] },
      { at: new Date(hour(1)), n: 6, sum: 270, seconds: 180, bins: [0, 3, 3] },
    ]);
    await write(interval(hour(0) + 59 * 60_000, 60, [measure({ n: 1, sum: 7, min: 7, max: 7, bins: [0, 1, 0, 4] })]));
    await rollUp();
    expect((await sums('measures_hour'))[0]).toEqual({
      at: new Date(hour(0)),
      n: 7,
      sum: 277,
      seconds: 240,
      bins: [0, 4, 3, 4],
    });
    expect(await sums('measures_day')).toEqual([
      { at: new Date(Date.UTC(2026, 4, 13)), n: 13, sum: 547, seconds: 420, bins: [0, 7, 6, 4] },
    ]);
    const [day] = await primary.db.selectFrom('coverage_day').selectAll().execute();
    expect(day).toMatchObject({ seconds: 420, observed_share: 1, analysed: 700, valid: true });
    expect(await primary.db.selectFrom('dirty_hours').selectAll().execute()).toEqual([]);
    expect(await primary.db.selectFrom('dirty_days').selectAll().execute()).toEqual([]);
  });

  it('keeps the end of an alert where its opening comes again, and what a person said about it', async () => {
    await write(alert(NOON_MS, 'opened'));
    await primary.change((tx) =>
      tx
        .updateTable('alerts')
        .set({ acknowledged_by: 'kim', acknowledged_at: new Date(NOON_MS) })
        .execute(),
    );
    await write(alert(NOON_MS, 'closed'));
    await write(alert(NOON_MS, 'opened'));
    const stored = await primary.db.selectFrom('alerts').selectAll().execute();
    expect(stored).toEqual([
      expect.objectContaining({
        state: 'closed',
        closed_at: new Date(NOON_MS + 5_000),
        message: 'it is closed',
        acknowledged_by: 'kim',
      }),
    ]);
  });

  it('keeps who has seen an alert, whoever owns its shard by then and whatever else comes of it', async () => {
    const { id, camera, openedAtMs } = { id: 'north:jam:1', camera: 'north' as CameraId, openedAtMs: NOON_MS };
    const seen = (who: string, atMs: number): HistoryRecord => ({
      ...{ kind: 'acknowledged', alert: { id, camera, openedAtMs }, who, atMs },
    });
    await write(alert(NOON_MS, 'opened'), seen('kim', NOON_MS + 1_000));
    await primary.write('new-owner', [
      { position: 1, value: { t: NOON_MS, r: crossing(NOON_MS, 1, origin('north', 1, 9)) } },
    ]);
    await write(seen('lee', NOON_MS + 2_000));
    await write(alert(NOON_MS, 'opened'));
    const acknowledged = async (): Promise<unknown> =>
      await primary.db.selectFrom('alerts').select(['state', 'acknowledged_at', 'acknowledged_by']).execute();
    expect(await acknowledged()).toEqual([
      { state: 'opened', acknowledged_at: new Date(NOON_MS + 2_000), acknowledged_by: 'lee' },
    ]);
    // Of an alert nobody has: no row is made.
    await write({ kind: 'acknowledged', alert: { id: 'north:jam:7', camera, openedAtMs }, who: 'kim', atMs: NOON_MS });
    expect(await acknowledged()).toHaveLength(1);
  });

  it('raises the version of each past day that a batch, or retention, changes, and of none else', async () => {
    const versions = async (): Promise<readonly unknown[]> =>
      (
        await sql<{ day: string; version: number }>`
          select day::text as day, version from history_versions order by day`.execute(primary.db)
      ).rows;
    await write(crossing(NOON_MS), interval(NOON_MS, 60));
    expect(await versions()).toEqual([]);
    await write(crossing(NOON_MS - DAY_MS), interval(NOON_MS - 8 * DAY_MS, 60), crossing(NOON_MS - 8 * DAY_MS));
    await write(crossing(NOON_MS - 8 * DAY_MS));
    expect(await versions()).toEqual([
      { day: '2026-05-05', version: 2 },
      { day: '2026-05-12', version: 1 },
    ]);
    await deleteByCamera(primary.db, [{ camera: 'north', predictionsDays: null, eventsDays: 7 }], NOON_MS);
    expect(await versions()).toContainEqual({ day: '2026-05-05', version: 3 });
    const bad = crossing(NOON_MS, Number.MAX_SAFE_INTEGER * 4_096);
    await expect(write(crossing(NOON_MS - DAY_MS), bad)).rejects.toThrow();
    expect(await versions()).toContainEqual({ day: '2026-05-12', version: 1 });
  });

  it('answers from the minutes what its roll-ups lack: late rows are seen before anything is made of them', async () => {
    const dayMs = Math.floor(NOON_MS / DAY_MS) * DAY_MS;
    const lateMs = dayMs - 3 * DAY_MS + 5 * 3_600_000;
    const minutes = (atMs: number) => [interval(atMs, 60), interval(atMs + 3_600_000, 60)];
    await write(...minutes(lateMs - DAY_MS), ...minutes(lateMs));
    await rollUp();
    const count = async (): Promise<{ readonly counts: readonly unknown[]; readonly rollUps: unknown }> => {
      const reads = { run: <T>(fn: (db: HistoryDb) => Promise<T>) => primary.db.connection().execute(fn) };
      const queries = new HistoryQueries({
        ...{ reads: { ...reads, lsn: () => undefined, onWritten: () => () => {} }, clock },
        ...{ cacheEntries: 0, cacheMs: 0 },
      });
      const asked = queries.parse('speeds', new URLSearchParams({ from: '-7d', interval: 'total', by: '' }));
      const { rows, rollUps } = await queries.page(asked.query, asked.page);
      return { counts: rows.map((row) => ('n' in row ? row.n : null)), rollUps };
    };
    expect(await count()).toEqual({ counts: [8], rollUps: ['hour', 'day'] });
    await write(interval(lateMs + 60_000, 60));
    expect(await count()).toEqual({ counts: [10], rollUps: ['hour', 'day', 'minute'] });
    while (await primary.rollUpSome(HOURS, Date.now() + 60_000));
    // Its hour is made, its day is not.
    expect((await count()).counts).toEqual([10]);
    await rollUp();
    expect(await count()).toEqual({ counts: [10], rollUps: ['hour', 'day'] });
  });

  it('makes the partition of a late row when it comes, and has no partition that takes everything', async () => {
    const lateMs = NOON_MS - 20 * DAY_MS;
    await write(crossing(lateMs), interval(lateMs, 60));
    const names = (await listPartitions(primary.db)).map(({ name }) => name);
    expect(names).toContain('events_p20260423');
    expect(names).toContain(partitionAt('measures_minute', NOON_MS + 3 * DAY_MS).name);
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from pg_class where relispartition and pg_get_expr(relpartbound, oid) = 'DEFAULT'`.execute(
      primary.db,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('reads only the partitions a range of time is in', async () => {
    await write(crossing(NOON_MS - 5 * DAY_MS), crossing(NOON_MS));
    const { rows } = await sql<
      Record<string, string>
    >`explain select * from events where camera = 'north' and at >= ${new Date(NOON_MS - 5 * DAY_MS)} and at < ${new Date(NOON_MS - 4 * DAY_MS)}`.execute(
      primary.db,
    );
    const plan = rows.map((row) => Object.values(row)[0]).join('\n');
    expect(plan).toContain('events_p20260508');
    expect(plan).not.toContain('events_p20260513');
  });

  it('says why a record is not for the tables: too old, or from the future', () => {
    expect(primary.refusal(crossing(NOON_MS - 32 * DAY_MS))).toBe('too_old');
    expect(primary.refusal(seenObject(NOON_MS - 32 * DAY_MS))).toBeUndefined();
    expect(primary.refusal(crossing(NOON_MS + 2 * DAY_MS))).toBe('in_future');
    expect(primary.refusal(crossing(NOON_MS))).toBeUndefined();
  });

  it('drops partitions by the retention of their kind', async () => {
    const oldMs = NOON_MS - 25 * DAY_MS;
    await write(crossing(oldMs), seenObject(oldMs), interval(oldMs, 60), crossing(NOON_MS));
    const dropped = await dropOutlived(primary.db, retention, NOON_MS + 10 * DAY_MS);
    expect(dropped.map(({ name }) => name)).toEqual(['events_p20260418']);
    expect(await primary.db.selectFrom('events').select('at').execute()).toEqual([{ at: new Date(NOON_MS) }]);
    expect(await primary.db.selectFrom('predictions').select('track').execute()).toHaveLength(1);
  });

  it('deletes earlier what a camera keeps for a shorter time', async () => {
    const oldMs = NOON_MS - 8 * DAY_MS;
    const south = origin('south');
    await write(
      crossing(oldMs),
      crossing(oldMs, 1, south),
      seenObject(oldMs),
      alert(oldMs, 'opened'),
      crossing(NOON_MS),
    );
    const short = { camera: 'north', predictionsDays: null, eventsDays: 7 };
    expect(await deleteByCamera(primary.db, [short], NOON_MS)).toBe(2);
    const left = await primary.db.selectFrom('events').select(['camera', 'at']).orderBy('at').execute();
    expect(left).toEqual([
      { camera: 'south', at: new Date(oldMs) },
      { camera: 'north', at: new Date(NOON_MS) },
    ]);
    expect(await primary.db.selectFrom('predictions').select('track').execute()).toHaveLength(1);
  });

  it('writes nothing of a batch in which one row does not fit', async () => {
    const bad = crossing(NOON_MS, Number.MAX_SAFE_INTEGER * 4_096);
    await expect(write(crossing(NOON_MS), bad)).rejects.toMatchObject({ code: 'history_refused' });
    expect(await primary.db.selectFrom('events').selectAll().execute()).toEqual([]);
    expect(await primary.db.selectFrom('spool_cursors').selectAll().execute()).toEqual([]);
  });

  it('brings older tables up to date without touching what is in them, and does nothing the second time', async () => {
    const db = await emptied();
    expect(await migrate(db, MIGRATIONS.slice(0, 1))).toEqual(['records']);
    await sql`insert into shard_fences (shard, epoch, raised_at) values (1, 5, now())`.execute(db);
    expect(await migrate(db)).toEqual(MIGRATIONS.slice(1).map(({ name }) => name));
    expect(await migrate(db)).toEqual([]);
    expect(await db.selectFrom('shard_fences').select('epoch').execute()).toEqual([{ epoch: 5 }]);
  });

  it('brings tables of version 2 with rows in them up to date, and writes on into their partitions', async () => {
    const db = await emptied();
    await migrate(db, MIGRATIONS.slice(0, 2));
    await makePartitions(
      db,
      PARTITIONED_TABLES.map((table) => partitionAt(table, NOON_MS)),
    );
    const at = new Date(NOON_MS).toISOString();
    const { events, measures_minute, coverage_minute } = rowsOf([crossing(NOON_MS), interval(NOON_MS, 60)]);
    await writeRows(db, 'events', events);
    await writeRows(db, 'measures_minute', measures_minute);
    await writeRows(db, 'coverage_minute', coverage_minute);
    await sql`insert into dirty_hours (camera, at, version, since) values ('north', ${at}::timestamptz, 1, ${at}::timestamptz)`.execute(
      db,
    );
    primary = new Primary({ server: opened.server, clock, retention, tracksLsn: false });
    await primary.open();
    await write(crossing(NOON_MS, 2), interval(NOON_MS + 60_000, 60));
    await rollUp();
    expect(await db.selectFrom('events').select('track').orderBy('track').execute()).toHaveLength(2);
    expect(await db.selectFrom('coverage_day').select('seconds').execute()).toEqual([{ seconds: 120 }]);
    const { rows } = await sql<{ indexes: number }>`select count(*) as indexes from pg_indexes
      where tablename = ${partitionAt('measures_minute', NOON_MS).name}`.execute(db);
    expect(rows).toEqual([{ indexes: 2 }]);
  });

  it('lets several nodes start at once', async () => {
    const db = await emptied();
    const nodes = Array.from(
      { length: 3 },
      () => new Primary({ server: opened.server, clock, retention, tracksLsn: false }),
    );
    await Promise.all(nodes.map((node) => node.open()));
    expect(await db.selectFrom('migrations').select('version').execute()).toHaveLength(MIGRATIONS.length);
  });

  it('refuses tables that a newer Camshard has made', async () => {
    whole = false;
    await sql`insert into migrations (version, name) values (99, 'future')`.execute(primary.db);
    await expect(migrate(primary.db)).rejects.toMatchObject({ code: 'history_newer_schema' });
  });

  it('gives SQL faults the code of their kind', async () => {
    await expect(sql`select 1/0`.execute(primary.db)).rejects.toMatchObject({
      code: 'history_refused',
      sqlState: '22012',
    });
    await expect(sql`select * from nowhere`.execute(primary.db)).rejects.toMatchObject({ code: 'history_failed' });
  });
});
