import uWS, { type us_listen_socket } from 'uWebSockets.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../core/manual-clock.ts';
import { getLines } from '../../src/client/node-listing.ts';
import { HistoryError } from '../../src/history/history-error.ts';
import { HistoryQueries } from '../../src/history/queries/history-queries.ts';
import { historyRoutes, LISTINGS_MAX } from '../../src/http/api/history.ts';
import { serveRoute } from '../../src/http/exchange.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { assertConforms, type OpenApi } from '../support/conforms.ts';
import { QueryDb, type TestMinute, writeMinutes } from '../support/history-query-db.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 30, 12, 34, 56);
const HOURS = 30;
const document = openApiDocument('1.2.3') as OpenApi;

describe('GET /v1/history/...', () => {
  let store: QueryDb;
  let queries: HistoryQueries;
  let socket: us_listen_socket;
  let url = '';
  const faults: unknown[] = [];

  beforeAll(async () => {
    store = await QueryDb.open('PGlite');
    const start = NOW - HOURS * 60 * MINUTE;
    await store.partitions(start, NOW);
    const minutes: TestMinute[] = [];
    for (let atMs = start - (start % MINUTE); atMs < NOW - MINUTE; atMs += MINUTE) {
      minutes.push({
        camera: 'gate',
        atMs,
        measures: [
          { metric: 'crossings', subject: '=main', direction: 'in', label: 'car', n: 2 },
          { metric: 'speed', subject: '=main', label: 'car', n: 1, sum: 31, bins: [0, 0, 0, 0, 0, 0, 1] },
          { metric: 'occupancy', subject: 'yard', n: 60, sum: 90, max: 3 },
          { metric: 'composition', subject: 'pet', label: 'bottle', n: 3 },
        ],
      });
    }
    await writeMinutes(store.db, minutes);
    await store.rollUp();
    const data = { kind: 'line_crossed', line: '=main', direction: 'forward', name: 'in', track: 4, label: 'car' };
    await store.db
      .insertInto('events')
      .values({
        ...{ at: new Date(NOW - 5_000), camera: 'gate', shard: 0, epoch: 1, kind: 'line_crossed', subject: '=main' },
        ...{ direction: 'in', label: 'car', track: 4, value: null },
        data: JSON.stringify({ ...data, atMs: NOW - 5_000, speedKmh: null }),
      })
      .execute();
    await store.db
      .insertInto('alerts')
      .values({
        ...{ id: 'gate:queue:1', at: new Date(NOW - 5_000), camera: 'gate', shard: 0, epoch: 1, rule: 'queue' },
        ...{ opening: 1, severity: 'warning', state: 'opened', opened_at: new Date(NOW - 5_000), closed_at: null },
        ...{ title: '@SUM(A1), "now"', message: 'two\nlines', value: 7, threshold: 5, dedupe_key: 'queue' },
        ...{ data: '{"zone":"yard"}', snapshot_path: null },
      })
      .execute();
    queries = new HistoryQueries({ reads: store, clock: new ManualClock(NOW), cacheEntries: 10, cacheMs: 1_000 });
    const app = uWS.App();
    const routes = historyRoutes({ queries, onFault: (error) => faults.push(error) });
    for (const route of routes) {
      serveRoute(app, route, { token: null, allowedOrigins: [] }, (error) => faults.push(error));
    }
    url = await new Promise((resolve, reject) => {
      app.listen('127.0.0.1', 0, (listening) => {
        if (listening === false) return reject(new Error('cannot listen'));
        socket = listening;
        resolve(`http://127.0.0.1:${uWS.us_socket_local_port(listening)}`);
      });
    });
  });
  afterAll(async () => {
    uWS.us_listen_socket_close(socket);
    queries.close();
    await store.close();
  });
  afterEach(() => {
    store.failure = undefined;
    expect(faults.splice(0)).toEqual([]);
  });

  const get = (path: string, init: RequestInit = {}) => fetch(`${url}/v1/history/${path}`, init);
  async function check(path: string, status = 200): Promise<unknown> {
    const answer = await get(path);
    expect([path, answer.status]).toEqual([path, status]);
    return await assertConforms(document, 'get', `/v1/history/${path.split('?')[0]}`, answer);
  }

  it('answers every resource as the document says', async () => {
    expect(await check('counts?by=camera,line,direction,label')).toMatchObject({
      resource: 'counts',
      metric: 'crossings',
      interval: 'hour',
      rows: expect.arrayContaining([
        expect.objectContaining({ camera: 'gate', line: '=main', direction: 'in', count: 120, observedShare: 1 }),
      ]),
      next: null,
    });
    for (const path of [
      'counts',
      'counts?by=&interval=total',
      'counts?metric=incidents&by=kind',
      'counts?metric=routes&by=route,label',
      'counts?camera=nobody',
      'speeds?by=camera,place',
      'speeds?interval=day&tz=Asia/Kolkata',
      'occupancy',
      'occupancy?metric=dwell',
      'composition?by=camera,material,label',
      'events',
      'alerts?state=open',
    ]) {
      const { rows } = (await check(path)) as { rows: unknown[] };
      expect([path, rows.length > 0]).toEqual([path, true]);
    }
  });

  it('refuses what it does not know, naming the parameter and what is allowed', async () => {
    for (const [path, parameter, text] of [
      ['counts?interval=7m', 'interval', '15m'],
      ['counts?by=colour', 'by', 'line'],
      ['counts?lines=main', 'lines', 'no such parameter'],
      ['counts?metric=speed', 'metric', 'crossings'],
      ['counts?from=yesterday', 'from', 'RFC 3339'],
      ['counts?from=-1h&to=-2h', 'from', 'before'],
      ['counts?tz=Mars/Olympus', 'tz', 'IANA'],
      ['counts?limit=0', 'limit', '10000'],
      ['counts?camera=a%20b', 'camera', 'A-Za-z'],
      ['counts?interval=minute&from=2020-01-01', 'interval', '50000'],
      ['speeds?line=a&zone=b', 'zone', 'line'],
      ['events?kind=party', 'kind', 'line_crossed'],
      ['alerts?severity=bad', 'severity', 'critical'],
      ['events?format=xml', 'format', 'ndjson'],
      ['events?after=abc', 'after', 'next'],
    ] as const) {
      const body = await check(path, 400);
      expect([path, body]).toEqual([path, expect.objectContaining({ code: 'bad_query', parameter })]);
      expect((body as { detail: string }).detail).toContain(text);
    }
    expect(queries.counters().failed).toEqual({ bad_query: 15 });
  });

  it('says with 503 and 504 that the database is away, busy or too slow', async () => {
    for (const [code, status] of [
      ['history_unavailable', 503],
      ['history_busy', 503],
      ['history_timeout', 504],
    ] as const) {
      store.failure = new HistoryError(code, 'away');
      for (const format of ['json', 'csv', 'ndjson']) {
        const answer = await get(`events?fresh=1&format=${format}`);
        expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([status, status === 503]);
        expect(await assertConforms(document, 'get', '/v1/history/events', answer)).toMatchObject({ code });
      }
    }
    expect(queries.counters().failed).toMatchObject({ history_unavailable: 3, history_busy: 3, history_timeout: 3 });
  });

  it('tells nobody of a fault of ours but the log', async () => {
    store.failure = new Error('secret');
    const body = await check('events?fresh=1', 500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(faults.splice(0)).toEqual([store.failure]);
  });

  it('writes CSV with a header, moments for spreadsheets, and no formula', async () => {
    const answer = await get('counts?format=csv&from=-2h&by=camera,line&tz=Europe/Berlin');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    const lines = (await answer.text()).split('\r\n');
    expect(lines[0]).toBe('start,end,camera,line,count,observedShare,valid');
    expect(lines[1]).toBe("2026-03-30T12:00:00+02:00,2026-03-30T13:00:00+02:00,gate,'=main,120,1,true");
    expect(lines.at(-1)).toBe('');
    const alerts = await (await get('alerts', { headers: { accept: 'text/csv' } })).text();
    expect(alerts).toContain(`"'@SUM(A1), ""now""","two\nlines",7,5`);
    expect(await (await get('counts?format=csv&camera=nobody&from=-2h')).text()).toContain(',nobody,,0,false');
  });

  it('streams every row as NDJSON, page by page', async () => {
    const answer = await get(`counts?format=ndjson&interval=minute&from=-${HOURS - 1}h`);
    const rows = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.length).toBeGreaterThan((HOURS - 1) * 60 - 5);
    expect(new Set(rows.map(({ start }) => start)).size).toBe(rows.length);
    const few = await (await get('counts?format=ndjson&interval=minute&limit=7')).text();
    expect(few.trimEnd().split('\n')).toHaveLength(7);
  });

  it('cuts a listing off when the database goes meanwhile, so that it is not taken for whole', async () => {
    const answer = await get(`counts?format=ndjson&interval=minute&from=-${HOURS - 1}h&by=camera,label`).then(
      async (response) => {
        // The first page has been read before the head was sent.
        store.failure = new HistoryError('history_unavailable', 'away');
        return await response.text().then(
          (text) => text,
          () => 'cut',
        );
      },
    );
    // Either the second page was read in time, or the connection was cut: a short answer that looks whole is what must not be.
    if (answer !== 'cut') expect(answer.trimEnd().split('\n').length).toBeGreaterThan((HOURS - 1) * 60 - 5);
    faults.splice(0);
  });

  it('gives a listing to the command line piece by piece, and its problems by their code', async () => {
    const address = { url, token: undefined, verifyTls: true };
    let text = '';
    const take = async (chunk: string): Promise<void> => {
      text += chunk;
    };
    await getLines(address, '/v1/history/counts?format=ndjson&interval=minute', take);
    expect(text.trimEnd().split('\n').length).toBeGreaterThan(24 * 60 - 5);
    await expect(getLines(address, '/v1/history/counts?format=csv&by=colour', take)).rejects.toMatchObject({
      code: 'bad_query',
      message: expect.stringContaining('by: any of camera, line'),
    });
  });

  it('lets go of a listing whose reader goes, and of no more than it may send at once', async () => {
    for (let i = 0; i < LISTINGS_MAX * 2; i++) {
      const controller = new AbortController();
      const answer = await get('counts?format=ndjson&interval=minute', { signal: controller.signal });
      expect(answer.status).toBe(200);
      controller.abort();
    }
    const last = await until('a free listing', async () => {
      const answer = await get('events?format=csv');
      return answer.status === 200 ? answer : undefined;
    });
    expect(await last.text()).toContain('line_crossed');
  });
});
