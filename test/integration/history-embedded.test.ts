import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { systemClock } from '../../core/clock.ts';
import { PgliteServer } from '../../src/adapters/pglite/pglite-server.ts';
import { type HistoryOptions, openHistory } from '../../src/history/open-history.ts';
import type { History } from '../../src/history/port.ts';
import { crossing, interval } from '../support/history-records.ts';
import { until } from '../support/until.ts';

/** The history as it is without any settings: PGlite in a thread. One folder over all tests, as making it takes seconds. */
const silent = { info: () => {}, warn: () => {}, error: () => {} } as unknown as HistoryOptions['log'];
const defaults = resolveConfig({}).config.history;
const MINUTE_MS = 60_000;

let dataDir: string;
let history: History | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-history-'));
});
afterAll(() => rm(dataDir, { recursive: true }));
afterEach(async () => {
  await history?.close();
  history = undefined;
});

async function open(more: Partial<HistoryOptions> = {}): Promise<History> {
  history = await openHistory({ config: { ...defaults, batchDelayMsMax: 5 }, dataDir, log: silent, ...more });
  return history;
}
const tracks = async (from: History): Promise<number[]> =>
  (await from.reads.run((db) => db.selectFrom('events').select('track').orderBy('track').execute())).map(
    ({ track }) => track ?? 0,
  );

/** A process that writes crossings 1001, 1002, ... into the same folder, and is killed while it does. */
async function writeUntilKilled(): Promise<NodeJS.Signals | null> {
  const compiled = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
  const script = `
    const { openHistory } = await import(${compiled('src/history/open-history.js')});
    const { resolveConfig } = await import(${compiled('config/load.js')});
    const config = { ...resolveConfig({}).config.history, batchDelayMsMax: 5 };
    const log = { info() {}, warn() {}, error() {} };
    const history = await openHistory({ config, dataDir: ${JSON.stringify(dataDir)}, log });
    const origin = { camera: 'killed', shard: 9, epoch: 1 };
    const seen = { kind: 'line_crossed', line: 'l', direction: 'forward', name: 'in', label: 'car', speedKmh: null };
    let track = 1000;
    setInterval(() => {
      for (let i = 0; i < 20; i++) history.writer.write({ kind: 'event', origin, event: { ...seen, atMs: Date.now(), track: ++track } });
      if (history.status().records.stored > 200) process.stdout.write('.');
    }, 5);`;
  const child = spawn(process.execPath, ['-e', `(async () => {${script}})()`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_code, signal) => resolve(signal)),
  );
  child.stdout.once('data', () => child.kill('SIGKILL'));
  return await ended;
}

describe('the embedded history', () => {
  it('takes records before its database is open, and has them afterwards', async () => {
    const opened = await open();
    expect(opened.status().state).toBe('opening');
    for (let track = 1; track <= 3; track++) opened.writer.write(crossing(Date.now(), track));
    await opened.flush(60_000);
    expect(await tracks(opened)).toEqual([1, 2, 3]);
    expect(opened.status()).toMatchObject({ state: 'ready', records: { accepted: 3, stored: 3 } });
  });

  it('has everything again after a restart, what was still in the spool included', async () => {
    const before = await open();
    before.writer.write(crossing(Date.now(), 4));
    const startMs = performance.now();
    await before.close();
    // A promise of the interface, with a margin for a busy machine.
    expect(performance.now() - startMs).toBeLessThan(4_000);
    expect(before.writer.write(crossing(Date.now(), 99))).toBe('closed');
    const after = await open();
    await after.flush(60_000);
    expect(await tracks(after)).toEqual([1, 2, 3, 4]);
  });

  it('rolls up by itself', async () => {
    const opened = await open({ rollupDelayMs: 50 });
    const startMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 5 * MINUTE_MS;
    opened.writer.write(interval(startMs, 60));
    const day = await until(
      'the day to be there',
      async () => {
        const rows = await opened.reads
          .run((db) => db.selectFrom('measures_day').select(['camera', 'n', 'sum', 'bins']).execute())
          .catch(() => []);
        return rows[0];
      },
      60_000,
    );
    expect(day).toEqual({ camera: 'north', n: 2, sum: 90, bins: [0, 1, 1] });
  });

  it('lets go whoever asks for too much, and serves the next', async () => {
    const opened = await open({ config: { ...defaults, statementTimeoutMs: 300, acquireTimeoutMs: 20_000 } });
    await until('the database to be open', () => opened.status().state === 'ready', 60_000);
    const heavy = opened.reads.run((db) => sql`select count(*) from generate_series(1, 3000000)`.execute(db));
    await expect(heavy).rejects.toMatchObject({ code: 'history_timeout' });
    expect(await tracks(opened)).toEqual([1, 2, 3, 4]);
  });

  it('has each record once after its process was killed', async () => {
    expect(await writeUntilKilled()).toBe('SIGKILL');
    const opened = await open();
    await until('the database to be open', () => opened.status().state === 'ready', 60_000);
    await opened.flush(60_000);
    const there = (await tracks(opened)).filter((track) => track > 1_000);
    // The last ones were on their way to the disk; of all others each is there, and none twice.
    expect(there.length).toBeGreaterThan(0);
    expect(there).toEqual(Array.from({ length: there.length }, (_, i) => 1_001 + i));
  });

  it('tells whoever writes here what it wrote, for caches', async () => {
    const opened = await open();
    const heard: unknown[] = [];
    const stop = opened.reads.onWritten((written) => heard.push(written));
    const atMs = Date.now();
    opened.writer.write(crossing(atMs, 5));
    await opened.flush(60_000);
    expect(heard).toEqual([{ tables: new Set(['events']), cameras: new Set(['north']), fromMs: atMs, toMs: atMs }]);
    stop();
  });

  it('refuses a folder that is open elsewhere', async () => {
    const opened = await open();
    await until('the database to be open', () => opened.status().state === 'ready', 60_000);
    const dir = join(dataDir, 'history');
    const other = new PgliteServer({
      name: 'other',
      dir,
      clock: systemClock,
      acquireTimeoutMs: 500,
      statementTimeoutMs: 500,
    });
    await expect(other.acquire()).rejects.toMatchObject({ code: 'history_locked' });
    await other.close();
    expect(await readdir(dir)).toContain('pglite');
  });
});
