import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { pino } from 'pino';
import { nodeConfigSchema } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { PostgresServer } from '../../src/adapters/postgres/postgres-server.ts';
import { openHistory } from '../../src/history/open-history.ts';
import type { HistoryReads } from '../../src/history/port.ts';
import { HistoryQueries } from '../../src/history/queries/history-queries.ts';
import { kyselyOn } from '../../src/history/sql-dialect.ts';
import { historyRoutes } from '../../src/http/api/history.ts';
import type { ApiAnswer, ApiRequest } from '../../src/http/exchange.ts';
import { PostgresProcess } from '../../test/support/postgres-server.ts';
import { markdownTable } from '../lib/report.ts';
import { fill } from './fill.ts';

/**
 * What a dashboard's questions cost on a real PostgreSQL with a million rows of history: each asked again and again, with
 * and without the cache; then two hundred at once. Measured around the route's handler: parsing, SQL, JSON.
 *
 *     node dist/loadtest/history-bench/main.js [--url postgres://...] [--rows 1000000] [--days 30] [--cameras 100]
 *
 * With --url the database must be empty, or filled by an earlier run and asked again with --rows 0; without, a PostgreSQL of this machine's packages is started and removed again.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '30' },
    cameras: { type: 'string', default: '100' },
    runs: { type: 'string', default: '60' },
    parallel: { type: 'string', default: '200' },
  },
});

const runs = Number(values.runs);
const QUERIES: readonly (readonly [name: string, resource: string, query: string])[] = [
  ['one camera, last hour by minute', 'counts', 'camera=cam-0NN&from=-1h&interval=minute'],
  [
    'one camera, last hour by minute, label and line',
    'counts',
    'camera=cam-0NN&from=-1h&interval=minute&by=camera,line,label',
  ],
  ['all cameras together, last 24 h by hour', 'counts', 'from=-24h&interval=hour&by='],
  ['each of 100 cameras, last 24 h by hour (page of 1,000)', 'counts', 'from=-24h&interval=hour'],
  ['all cameras, 30 days by day and label', 'counts', 'from=-30d&interval=day&by=label'],
  ['one camera, 30 days by day of Berlin', 'counts', 'camera=cam-0NN&from=-30d&interval=day&tz=Europe/Berlin'],
  ['speeds of one camera, 7 days by hour', 'speeds', 'camera=cam-0NN&from=-7d&interval=hour'],
  ['speeds of all cameras, 30 days in one', 'speeds', 'from=-30d&interval=total&by='],
  ['events of one camera, last day, one kind', 'events', 'camera=cam-0NN&from=-24h&kind=line_crossed&limit=100'],
  ['newest 100 events of all cameras', 'events', 'limit=100'],
  ['incidents of the last 7 days', 'events', 'from=-7d&kind=incident&limit=100'],
  ['open alerts', 'alerts', 'state=open&limit=100'],
];

/** A request without anything but its query. */
const NOTHING: Omit<ApiRequest, 'query'> = {
  ...{
    parameter: '',
    contentType: '',
    ifNoneMatch: '',
    ifMatch: '',
    acceptEncoding: '',
    accept: '',
    who: '',
    why: '',
    from: '',
  },
  body: new Uint8Array(0),
};

const server = values.url === undefined ? await PostgresProcess.start() : undefined;
const dataDir = mkdtempSync(join(tmpdir(), 'camshard-history-bench-'));
const url = values.url ?? server?.url ?? '';
const config = nodeConfigSchema.parse({ history: { url } }).history;
const log = pino({ level: 'warn' }, pino.destination(2));
const history = await openHistory({ config, dataDir, clock: systemClock, log });
try {
  await ready(history.reads);
  await bench(history.reads);
} finally {
  await history.close();
  await server?.remove();
  rmSync(dataDir, { recursive: true, force: true });
}

async function ready(reads: HistoryReads): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await reads.run(async (db) => void (await sql`select 1 from events limit 1`.execute(db)));
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function bench(reads: HistoryReads): Promise<void> {
  if (Number(values.rows) > 0) await fillAnew();
  const options = { reads, clock: systemClock };
  const direct = new HistoryQueries({ ...options, cacheEntries: 0, cacheMs: 0 });
  const cached = new HistoryQueries({ ...options, cacheEntries: 500, cacheMs: 5_000 });
  const rows = [];
  for (const [name, resource, query] of QUERIES) {
    const without = await times(direct, resource, query);
    const withCache = await times(cached, resource, query.replace('0NN', '042'));
    rows.push([
      name,
      String(without.rows),
      ms(without.least),
      ...[without, withCache].flatMap(({ p50, p95 }) => [ms(p50), ms(p95)]),
    ]);
  }
  const headings = ['question', 'rows', 'least', 'p50', 'p95', 'p50 cached', 'p95 cached'];
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(`load ${load.join(', ')} on ${cpus().length} cores\n\n${markdownTable(headings, rows)}\n`);
  for (const [name, queries] of [
    ['no cache', direct],
    ['cache', cached],
  ] as const) {
    console.log(await atOnce(name, queries, Number(values.parallel)));
  }
  direct.close();
  cached.close();
}

async function fillAnew(): Promise<void> {
  // The node's own connections give up on statements as long as these.
  const filler = new PostgresServer({
    ...{ name: 'filler', url, connectionsMax: 1, acquireTimeoutMs: 5_000, statementTimeoutMs: 600_000 },
  });
  const began = performance.now();
  const filled = await fill(kyselyOn(filler), {
    cameras: Number(values.cameras),
    days: Number(values.days),
    rows: Number(values.rows),
    nowMs: Date.now(),
  });
  await filler.close();
  console.log(`filled in ${((performance.now() - began) / 1_000).toFixed(1)} s: ${JSON.stringify(filled)}\n`);
}

/** A handler's way from the query string to the text of the answer. */
function asker(queries: HistoryQueries): (resource: string, query: string) => Promise<ApiAnswer> {
  const routes = historyRoutes({ queries, onFault: (error) => console.error(error) });
  return async (resource, query) => {
    const route = routes.find(({ pattern }) => pattern.endsWith(`/${resource}`));
    if (route === undefined) throw new Error(`no route for ${resource}`);
    return await route.handler({ ...NOTHING, query: new URLSearchParams(query) });
  };
}

async function times(
  queries: HistoryQueries,
  resource: string,
  query: string,
): Promise<{ readonly least: number; readonly p50: number; readonly p95: number; readonly rows: number }> {
  const ask = asker(queries);
  const taken: number[] = [];
  let rows = 0;
  for (let i = 0; i < runs + 3; i++) {
    const began = performance.now();
    const { status, body } = await ask(resource, query.replace('0NN', String(i % 100).padStart(3, '0')));
    // The first ones fill the database's own caches.
    if (i >= 3) taken.push(performance.now() - began);
    if (status !== 200) throw new Error(`${resource}?${query}: ${status} ${String(body)}`);
    rows = (JSON.parse(String(body)) as { rows: unknown[] }).rows.length;
  }
  taken.sort((a, b) => a - b);
  return {
    least: taken[0] ?? 0,
    p50: taken[Math.floor(runs * 0.5)] ?? 0,
    p95: taken[Math.floor(runs * 0.95)] ?? 0,
    rows,
  };
}

async function atOnce(name: string, queries: HistoryQueries, parallel: number): Promise<string> {
  const ask = asker(queries);
  const began = performance.now();
  const taken: number[] = [];
  const statuses = new Map<number, number>();
  await Promise.all(
    Array.from({ length: parallel }, async (_, i) => {
      const [, resource, query] = QUERIES[i % QUERIES.length] ?? ['', 'counts', ''];
      const { status } = await ask(resource, query.replace('0NN', String(i % 100).padStart(3, '0')));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      taken.push(performance.now() - began);
    }),
  );
  taken.sort((a, b) => a - b);
  const answered = [...statuses].map(([status, n]) => `${n} x ${status}`).join(', ');
  const p95 = taken[Math.floor(parallel * 0.95)] ?? 0;
  return `${parallel} at once, ${name}: ${answered}; p50 ${ms(taken[Math.floor(parallel / 2)] ?? 0)}, p95 ${ms(p95)}, all after ${ms(taken.at(-1) ?? 0)}`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
