import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { openSegmentFile } from '../../src/adapters/segment-log/segment-file.ts';
import { type HistoryOptions, openHistory } from '../../src/history/open-history.ts';
import type { History, HistoryNotice } from '../../src/history/port.ts';
import { crossing, interval, origin } from '../support/history-records.ts';
import { PostgresProcess } from '../support/postgres-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/** A PostgreSQL that is killed, frozen, cut off and refused: records wait on the disk and arrive once, nobody else waits. */
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const defaults = resolveConfig({}).config.history;

let postgres: PostgresProcess;
let dataDir: string;
let history: History | undefined;
const notices: HistoryNotice[] = [];

beforeAll(async () => {
  postgres = await PostgresProcess.start();
});
afterAll(() => postgres?.remove());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-history-'));
  notices.length = 0;
  await postgres.query('drop schema public cascade');
  await postgres.query('create schema public');
});
afterEach(async () => {
  await postgres.thaw();
  await history?.close();
  history = undefined;
  await rm(dataDir, { recursive: true });
});

async function open(
  over: Partial<HistoryOptions['config']> = {},
  more: Partial<HistoryOptions> = {},
): Promise<History> {
  const config = { ...defaults, url: postgres.url, batchDelayMsMax: 5, statementTimeoutMs: 1_000, ...over };
  history = await openHistory({
    config,
    dataDir,
    log: silent as HistoryOptions['log'],
    emit: (n) => notices.push(n),
    ...more,
  });
  return history;
}
const through = (port: number): string => postgres.url.replace(String(postgres.port), String(port));

/** Tracks of the crossings that are there, doubles included. */
async function tracks(): Promise<number[]> {
  const rows = await postgres.query<{ track: string }>('select track from events order by track');
  return rows.map(({ track }) => Number(track));
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
/** Writes crossings `from`..`to`. */
function writeCrossings(to: History, from: number, last: number): void {
  for (let track = from; track <= last; track++) {
    expect(to.writer.write(crossing(Date.now() - 100_000 + track, track))).toBe('accepted');
  }
}

describe('the history while PostgreSQL fails', () => {
  it('keeps what is written while the server is killed, and has each record once when it is back', async () => {
    const opened = await open();
    writeCrossings(opened, 1, 500);
    await opened.flush(10_000);
    writeCrossings(opened, 501, 1_500);
    await postgres.kill();
    writeCrossings(opened, 1_501, 2_000);
    await until('the outage to be noticed', () => opened.status().state === 'down');
    expect(opened.status().spool.records).toBeGreaterThan(0);
    await postgres.restart();
    await opened.flush(20_000);
    expect(await tracks()).toEqual(upTo(2_000));
    expect(notices.map(({ kind }) => kind)).toEqual(['history_down', 'history_up']);
    expect(opened.status()).toMatchObject({ state: 'ready', records: { accepted: 2_000 }, breaker: 'closed' });
  });

  it('starts without its database, says so to whoever asks, and opens it when it comes', async () => {
    await postgres.kill();
    const opened = await open();
    writeCrossings(opened, 1, 10);
    await expect(opened.reads.run((db) => db.selectFrom('events').selectAll().execute())).rejects.toMatchObject({
      code: 'history_unavailable',
    });
    await postgres.restart();
    await opened.flush(20_000);
    expect(await opened.reads.run((db) => db.selectFrom('events').select('track').execute())).toHaveLength(10);
  });

  it('is not held up by a server that stands still, and goes on when it does', async () => {
    const opened = await open();
    writeCrossings(opened, 1, 100);
    await opened.flush(10_000);
    await postgres.freeze();
    writeCrossings(opened, 101, 200);
    const asked = opened.reads.run((db) => db.selectFrom('events').select('track').execute());
    await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^history_(timeout|unavailable)$/) });
    await until('the writer to have failed', () => opened.status().writeFailures > 0);
    await postgres.thaw();
    await opened.flush(30_000);
    expect(await tracks()).toEqual(upTo(200));
  });

  it('closes in time while its server stands still, and the next start writes what was left', async () => {
    const opened = await open();
    writeCrossings(opened, 1, 100);
    await opened.flush(10_000);
    await postgres.freeze();
    writeCrossings(opened, 101, 150);
    const startMs = performance.now();
    await opened.close();
    // A promise of the interface, with a margin for a busy machine.
    expect(performance.now() - startMs).toBeLessThan(4_000);
    await postgres.thaw();
    const again = await open();
    await again.flush(20_000);
    expect(await tracks()).toEqual(upTo(150));
  });

  it('writes each record once over a line that is cut again and again', async () => {
    const proxy = await TcpProxy.start(postgres.port);
    try {
      const opened = await open({ url: through(proxy.port), batchRowsMax: 50 });
      proxy.delayMs = 2;
      for (let round = 0; round < 10; round++) {
        writeCrossings(opened, round * 100 + 1, round * 100 + 100);
        await new Promise((resolve) => setTimeout(resolve, 30));
        proxy.cut();
      }
      await opened.flush(30_000);
      expect(await tracks()).toEqual(upTo(1_000));
    } finally {
      await history?.close();
      await proxy.close();
    }
  });

  it('does not wait for ever on a line that is open and dead', async () => {
    const proxy = await TcpProxy.start(postgres.port);
    try {
      const opened = await open({ url: through(proxy.port), acquireTimeoutMs: 500 });
      writeCrossings(opened, 1, 10);
      await opened.flush(10_000);
      proxy.halfOpen();
      writeCrossings(opened, 11, 20);
      await expect(opened.reads.run((db) => db.selectFrom('events').select('track').execute())).rejects.toMatchObject({
        code: expect.stringMatching(/^history_/),
      });
      await until('the writer to have failed', () => opened.status().writeFailures > 0);
      proxy.heal();
      await opened.flush(30_000);
      expect(await tracks()).toEqual(upTo(20));
    } finally {
      await history?.close();
      await proxy.close();
    }
  });

  it('puts aside the one record the database will never take, and writes the others', async () => {
    const opened = await open();
    writeCrossings(opened, 1, 20);
    opened.writer.write(crossing(Date.now(), 1e300));
    opened.writer.write(crossing(Date.now(), 1, origin('no\u0000rth')));
    opened.writer.write(interval(Number.NaN, 60));
    writeCrossings(opened, 21, 40);
    await opened.flush(20_000);
    expect(await tracks()).toEqual(upTo(40));
    expect(opened.status().records).toMatchObject({ aside: 2, stored: 40, dropped: { too_old: 1 } });
    const aside = await readFile(join(dataDir, 'history', 'aside.ndjson'), 'utf8');
    expect(aside.trim().split('\n')).toHaveLength(2);
  });

  it('counts what a full disk does not keep, and takes records again when there is room', async () => {
    let full = true;
    const opened = await open(
      {},
      {
        openSegment: async (path) => {
          const file = await openSegmentFile(path);
          const write: typeof file.write = (bytes, at) =>
            full
              ? Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
              : file.write(bytes, at);
          return { write, sync: () => file.sync(), truncate: (at) => file.truncate(at), close: () => file.close() };
        },
      },
    );
    writeCrossings(opened, 1, 10);
    await until('the records to be counted', () => opened.status().records.dropped.disk_full === 10);
    full = false;
    writeCrossings(opened, 11, 20);
    await opened.flush(10_000);
    expect(await tracks()).toEqual(upTo(20).slice(10));
  });

  it('gives up the oldest records of a spool that is full, and counts them', async () => {
    await postgres.kill();
    const opened = await open({ spoolBytesMax: 1024 ** 2 });
    for (let from = 1; from <= 8_000; from += 1_000) {
      writeCrossings(opened, from, from + 999);
      await until('them to be on the disk', () => {
        const { dropped } = opened.status().records;
        return (dropped.spool_full ?? 0) + opened.status().spool.records === from + 999;
      });
    }
    expect(opened.status().spool.bytes).toBeLessThanOrEqual(1024 ** 2);
    await postgres.restart();
    await opened.flush(30_000);
    const { dropped, stored } = opened.status().records;
    expect(dropped.spool_full).toBeGreaterThan(0);
    expect(stored + (dropped.spool_full ?? 0)).toBe(8_000);
    const there = await tracks();
    expect(there).toHaveLength(stored);
    expect(there.at(-1)).toBe(8_000);
  });

  it('answers everybody while all connections are taken, and says that they are', async () => {
    const opened = await open({ poolMax: 4, acquireTimeoutMs: 300 });
    writeCrossings(opened, 1, 1);
    await opened.flush(10_000);
    const { sql } = await import('kysely');
    const asked = Array.from({ length: 20 }, () => opened.reads.run((db) => sql`select pg_sleep(0.4)`.execute(db)));
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason.code);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set(['history_busy']));
    expect(notices.map(({ kind }) => kind)).toContain('history_pool_tight');
    // Writing has connections of its own.
    writeCrossings(opened, 2, 2);
    await opened.flush(10_000);
    await opened.reads.run((db) => sql`select 1`.execute(db));
  });
});
