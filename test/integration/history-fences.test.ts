import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { systemClock } from '../../core/clock.ts';
import { epoch } from '../../core/ids.ts';
import { type HistoryOptions, openHistory } from '../../src/history/open-history.ts';
import type { History } from '../../src/history/port.ts';
import { alert, coverage, crossing, interval, measure, origin } from '../support/history-records.ts';
import { PostgresProcess } from '../support/postgres-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

/** Two nodes write the history of one shard into one PostgreSQL: its owner, and one that was. */
const silent = { info: () => {}, warn: () => {}, error: () => {} } as unknown as HistoryOptions['log'];
const defaults = resolveConfig({}).config.history;

let postgres: PostgresProcess;
let dir: string;
let open: History[];
beforeEach(async () => {
  postgres = await PostgresProcess.start();
  dir = await mkdtemp(join(tmpdir(), 'camshard-fences-'));
  open = [];
});
afterEach(async () => {
  for (const history of open) await history.close();
  await postgres.remove();
  await rm(dir, { recursive: true, force: true });
});

async function start(id: string, url = postgres.url): Promise<History> {
  const config = { ...defaults, url, batchDelayMsMax: 5, statementTimeoutMs: 2_000 };
  const history = await openHistory({ config, dataDir: join(dir, id), log: silent, clock: systemClock });
  open.push(history);
  return history;
}

const NOW_MS = Date.now();
const write = (history: History, atMs: number, track: number, at: number) => {
  const from = origin('north', 1, at);
  history.writer.write(crossing(atMs, track, from));
  history.writer.write(interval(atMs - (atMs % 60_000), 60, [measure()], coverage(), from));
  history.writer.write(alert(atMs, 'opened', { id: `north:jam:${track}`, opening: track, epoch: epoch(at) }));
};
const column = async (sql: string) =>
  (await postgres.query<Record<string, string>>(sql)).map((row) => Number(Object.values(row)[0]));

it("refuses what a past owner writes after the fence, counts it, and takes the new owner's and what is from before", async () => {
  const proxy = await TcpProxy.start(postgres.port);
  const [a, b] = [await start('a', postgres.url.replace(`:${postgres.port}`, `:${proxy.port}`)), await start('b')];
  await until('both are open', () => a.status().state === 'ready' && b.status().state === 'ready');
  // Written by the owner it was then, on its way while the database is cut off.
  proxy.cut();
  write(a, NOW_MS - 180_000, 1, 1);
  await until('it is written', () => a.status().spool.records === 3);
  await b.raiseFences([
    { shard: 1, epoch: 2 },
    { shard: 9, epoch: 5 },
  ]);
  write(a, NOW_MS - 120_000, 2, 1);
  write(b, NOW_MS - 60_000, 3, 2);
  await b.flush(5_000);
  proxy.heal();
  await a.flush(20_000);
  expect(await column('select track from events order by track')).toEqual([1, 3]);
  expect(await column('select opening from alerts order by opening')).toEqual([1, 3]);
  expect(await column('select count(*) from coverage_minute')).toEqual([2]);
  expect(await column('select epoch from shard_fences order by shard')).toEqual([2, 5]);
  expect([a.status().records.stale, a.status().records.stored, b.status().records.stale]).toEqual([3, 3, 0]);
  // A fence never falls.
  await b.raiseFences([{ shard: 9, epoch: 4 }]);
  expect(await column('select epoch from shard_fences order by shard')).toEqual([2, 5]);
  await proxy.close();
});
