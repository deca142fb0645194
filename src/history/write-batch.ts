import { sql } from 'kysely';
import type { HistoryRecord } from '../../core/history-record.ts';
import { raiseVersions } from './past-days.ts';
import type { Written } from './port.ts';
import { markHoursDirty } from './rollup.ts';
import { atMsOf, cameraOf, rowsOf, tablesOf, WRITTEN_TABLES } from './rows.ts';
import { originOf, type PlacedRecord } from './spooled.ts';
import type { HistoryDb } from './tables.ts';
import { writeAcknowledgements, writeRows } from './write-rows.ts';

export interface BatchOutcome {
  /** Records whose rows are in the database now. */
  readonly stored: number;
  /** Records that were in it before: the answer to their commit had been lost. */
  readonly before: number;
  /** Records of a past owner, refused. */
  readonly stale: number;
  readonly rows: number;
  readonly written: Written | undefined;
}

/** From now on no owner of `shard` before `epoch` is heard. */
export interface HistoryFence {
  readonly shard: number;
  readonly epoch: number;
}

interface Fence {
  readonly epoch: number;
  readonly raisedAtMs: number;
}

/**
 * Writes records of one spool, in order, in one transaction: their rows, the fences, which hours' roll-ups are behind,
 * which past days changed, and how far the spool is. So whatever happens in between, each record is in the database once.
 *
 * A record of an epoch older than its shard's newest is refused if it was written after the new owner's first: what a
 * past owner still emits never arrives, what it wrote while it was the owner does, however late.
 */
export async function writeBatch(
  db: HistoryDb,
  spool: string,
  records: readonly PlacedRecord[],
  nowMs: number,
): Promise<BatchOutcome> {
  return await db.transaction().execute(async (tx) => {
    const cursor = await lockedCursor(tx, spool);
    const fresh = records.filter(({ position }) => position > cursor);
    const current = await refuseStale(tx, fresh);
    const rows = rowsOf(current);
    let count = 0;
    for (const table of WRITTEN_TABLES) count += await writeRows(tx, table, rows[table]);
    await writeAcknowledgements(tx, rows.acknowledgements);
    await markHoursDirty(tx, rows.coverage_minute);
    const last = records.at(-1)?.position ?? cursor;
    if (last > cursor) {
      await sql`insert into spool_cursors (spool, position, updated_at) values (${spool}, ${last}, now())
        on conflict (spool) do update set position = excluded.position, updated_at = excluded.updated_at`.execute(tx);
    }
    await raiseVersions(tx, current.map(atMsOf), nowMs);
    return {
      stored: current.length,
      before: records.length - fresh.length,
      stale: fresh.length - current.length,
      rows: count,
      written: writtenOf(current),
    };
  });
}

/**
 * Raises fences ahead of the new owner's first record; none ever falls. What older owners write at or after `atMs` is
 * refused, whenever it arrives.
 */
export async function raiseShardFences(db: HistoryDb, fences: readonly HistoryFence[], atMs: number): Promise<void> {
  const highest = new Map<number, Fence>();
  for (const { shard, epoch } of fences) {
    if (epoch > (highest.get(shard)?.epoch ?? -1)) highest.set(shard, { epoch, raisedAtMs: atMs });
  }
  if (highest.size > 0) await raiseFences(db, highest);
}

/** Position of the last record of the spool that is in the database; 0 before there is one. */
export async function cursorOf(db: HistoryDb, spool: string): Promise<number> {
  const row = await db.selectFrom('spool_cursors').select('position').where('spool', '=', spool).executeTakeFirst();
  return row?.position ?? 0;
}

async function lockedCursor(db: HistoryDb, spool: string): Promise<number> {
  const row = await db
    .selectFrom('spool_cursors')
    .select('position')
    .where('spool', '=', spool)
    .forUpdate()
    .executeTakeFirst();
  return row?.position ?? 0;
}

/** Raises the fences these records raise, and keeps those that stand before them. In the order of the records. */
async function refuseStale(db: HistoryDb, records: readonly PlacedRecord[]): Promise<HistoryRecord[]> {
  const shards = new Set<number>();
  for (const { value } of records) {
    const origin = originOf(value.r);
    if (origin !== undefined) shards.add(origin.shard);
  }
  let fences = await lockedFences(db, [...shards]);
  const raised = new Map<number, Fence>();
  for (const { value } of records) {
    const origin = originOf(value.r);
    if (origin === undefined) continue;
    const fence = fences.get(origin.shard);
    if (fence !== undefined && fence.epoch >= origin.epoch) continue;
    const next = { epoch: origin.epoch, raisedAtMs: value.t };
    fences.set(origin.shard, next);
    raised.set(origin.shard, next);
  }
  if (raised.size > 0) {
    await raiseFences(db, raised);
    // Another owner's may have been raised at the same time, and higher.
    fences = await lockedFences(db, [...shards]);
  }
  return records
    .filter(({ value }) => {
      const origin = originOf(value.r);
      const fence = origin === undefined ? undefined : fences.get(origin.shard);
      return origin === undefined || fence === undefined || origin.epoch >= fence.epoch || value.t < fence.raisedAtMs;
    })
    .map(({ value }) => value.r);
}

/** Locked until the transaction ends: nobody raises them while older records are on their way in. */
async function lockedFences(db: HistoryDb, shards: readonly number[]): Promise<Map<number, Fence>> {
  if (shards.length === 0) return new Map();
  const rows = await db
    .selectFrom('shard_fences')
    .select(['shard', 'epoch', 'raised_at'])
    .where('shard', 'in', [...shards])
    .orderBy('shard')
    .forShare()
    .execute();
  return new Map(rows.map(({ shard, epoch, raised_at }) => [shard, { epoch, raisedAtMs: raised_at.getTime() }]));
}

async function raiseFences(db: HistoryDb, raised: ReadonlyMap<number, Fence>): Promise<void> {
  const values = [...raised]
    .sort(([a], [b]) => a - b)
    .map(([shard, { epoch, raisedAtMs }]) => ({ shard, epoch, raised_at: new Date(raisedAtMs).toISOString() }));
  await db
    .insertInto('shard_fences')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .column('shard')
        .doUpdateSet((eb) => ({ epoch: eb.ref('excluded.epoch'), raised_at: eb.ref('excluded.raised_at') }))
        .where((eb) => eb('shard_fences.epoch', '<', eb.ref('excluded.epoch'))),
    )
    .execute();
}

function writtenOf(records: readonly HistoryRecord[]): Written | undefined {
  if (records.length === 0) return undefined;
  const times = records.map(atMsOf);
  return {
    tables: new Set(records.flatMap(tablesOf)),
    cameras: new Set(records.map(cameraOf).filter((camera) => camera !== undefined)),
    fromMs: times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    toMs: times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}
