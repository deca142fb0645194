import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import type { AuditEntry } from '../../core/history-record.ts';
import { type OpenAlerts, openAlerts } from '../../src/alerts/open-alerts.ts';
import { serveRoute } from '../../src/http/exchange.ts';
import { createApp, listen } from '../../src/http/listen.ts';
import { SCHEMAS } from '../../src/http/openapi/schemas.ts';
import { LiveHub } from '../../src/live/live-hub.ts';
import { alertChange, origin } from '../support/alerts.ts';
import { freePort } from '../support/server-process.ts';
import { until } from '../support/until.ts';

interface AlertNode {
  readonly alerts: OpenAlerts;
  readonly close: () => Promise<void>;
}

let dir: string;
let port: number;
let node: AlertNode;
let audited: AuditEntry[];
const children = new Set<ChildProcess>();

/** What of a node has to do with alerts, on a port that stays the same. */
async function startNode(): Promise<AlertNode> {
  const config = nodeConfigSchema.parse({ node: { id: 'n1', dataDir: dir }, server: { port } });
  const live = new LiveHub(config.live);
  const onFault = (error: unknown): void => expect(error).toBeUndefined();
  const alerts = await openAlerts({
    config,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    emit: () => {},
    live,
    audit: (entry) => audited.push(entry),
  });
  const app = createApp(config.server);
  const access = { token: null, allowedOrigins: [] };
  live.serve(app, access, () => false, onFault);
  for (const route of alerts.routes) serveRoute(app, route, access, onFault);
  await listen(app, config.server);
  return {
    alerts,
    async close() {
      app.close();
      await alerts.close(100);
    },
  };
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-alerts-api-'));
  port = await freePort();
  audited = [];
  node = await startNode();
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await node.close();
  await rm(dir, { recursive: true, force: true });
});

const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const get = async (path: string) => {
  const response = await fetch(url(path));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const ids = (body: Record<string, unknown>): string[] => (body.alerts as { id: string }[]).map(({ id }) => id);
const kept = (n: number) => until('they are kept', () => node.alerts.book.next > n);

function raiseSome(): void {
  const { desk } = node.alerts;
  desk.raise(origin('north'), alertChange({ opening: 1, severity: 'critical' }));
  desk.raise(origin('south'), alertChange({ opening: 1 }));
  desk.raise(origin('south'), alertChange({ opening: 2, severity: 'info' }));
  desk.raise(origin('south'), alertChange({ opening: 1, state: 'closed' }));
}

/** Runs `camshard alerts ...`, built. */
function camshard(...args: readonly string[]) {
  const child = spawn(process.execPath, [resolve('dist/src/cli/main.js'), 'alerts', ...args, '--url', url('')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    output.out += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    output.err += bytes.toString();
  });
  const code = new Promise<number | null>((done) => child.once('close', done));
  return { output, code, child };
}

describe('/v1/alerts', () => {
  it('lists alerts, those that changed last first, by state, severity and camera, and page by page', async () => {
    raiseSome();
    await kept(4);
    const { body } = await get('/v1/alerts');
    expect(SCHEMAS.AlertPage.parse(body)).toMatchObject({ next: null, last: 4 });
    expect(ids(body)).toEqual(['south:queue:1', 'south:queue:2', 'north:queue:1']);
    expect(ids((await get('/v1/alerts?state=opened')).body)).toEqual(['south:queue:2', 'north:queue:1']);
    expect(ids((await get('/v1/alerts?severity=critical')).body)).toEqual(['north:queue:1']);
    expect(ids((await get('/v1/alerts?camera=south&state=closed')).body)).toEqual(['south:queue:1']);
    const first = (await get('/v1/alerts?limit=2')).body;
    expect(ids(first)).toEqual(['south:queue:1', 'south:queue:2']);
    expect(ids((await get(`/v1/alerts?limit=2&before=${first.next}`)).body)).toEqual(['north:queue:1']);
    expect(ids((await get('/v1/alerts?after=1')).body)).toEqual(['south:queue:2', 'south:queue:1']);
  });

  it.each(['limit=0', 'state=x', 'severity=bad', 'camera=%20', 'after=-1', 'after=1&before=2'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await get(`/v1/alerts?${query}`);
      expect(status).toBe(400);
      expect(body.code).toBe('bad_query');
    },
  );

  it('gives one alert, and says where there is none', async () => {
    raiseSome();
    await kept(4);
    const { body } = await get('/v1/alerts/north:queue:1');
    expect(SCHEMAS.Alert.parse(body)).toMatchObject({ id: 'north:queue:1', state: 'opened', acknowledged: null });
    expect(await get('/v1/alerts/north:queue:9')).toMatchObject({ status: 404, body: { code: 'unknown_alert' } });
  });

  it('notes who acknowledged an alert, in the alert and in the audit log', async () => {
    raiseSome();
    await kept(4);
    const response = await fetch(url('/v1/alerts/north%3Aqueue%3A1/acknowledge'), {
      method: 'POST',
      headers: { 'x-camshard-who': 'ann' },
    });
    expect(response.status).toBe(200);
    await kept(5);
    expect((await get('/v1/alerts/north:queue:1')).body).toMatchObject({ acknowledged: { who: 'ann' }, position: 5 });
    expect(audited).toMatchObject([
      { who: 'ann', via: '127.0.0.1', action: 'alert.acknowledge', subject: 'alert:north:queue:1', before: null },
    ]);
  });

  it('shows where alerts go and what waits', async () => {
    raiseSome();
    await kept(4);
    await until('live has all', () => node.alerts.status().sinks[0]?.behind === 0);
    const { body } = await get('/v1/alerts/delivery');
    expect(SCHEMAS.AlertDelivery.parse(body)).toMatchObject({ open: 2, desk: { raised: 4, lost: 0 } });
  });
});

describe('camshard alerts', () => {
  it('lists and acknowledges', async () => {
    raiseSome();
    await kept(4);
    const ls = camshard('ls', '--severity', 'critical');
    expect(await ls.code).toBe(0);
    expect(ls.output.out).toContain('north:queue:1');
    expect(ls.output.out).not.toContain('south');
    const ack = camshard('ack', 'north:queue:1', '--who', 'ann');
    expect(await ack.code).toBe(0);
    expect(ack.output.out).toBe('north:queue:1 is acknowledged by ann\n');
    const none = camshard('ack', 'north:queue:7');
    expect(await none.code).toBe(4);
    expect(none.output.err).toContain('no such alert');
  });

  it('tails: prints what comes, and what came while the node was away, once each', async () => {
    raiseSome();
    await kept(4);
    const tail = camshard('tail', '--json');
    const lines = () =>
      tail.output.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { id: string; state: string });
    await until('it follows', () => node.alerts.status().sinks.length > 0 && fetch(url('/v1/alerts')).then(() => true));
    // Whether it is connected yet is its own affair: it prints what happened since it began either way.
    await until('it has begun', async () => {
      node.alerts.desk.raise(origin('west'), alertChange({ opening: 1 }));
      return lines().length > 0;
    });
    expect(lines()[0]).toMatchObject({ id: 'west:queue:1', state: 'opened' });
    node.alerts.desk.raise(origin('west'), alertChange({ opening: 1, state: 'closed' }));
    await until('it is printed', () => lines().some(({ state }) => state === 'closed'));
    await node.close();
    await until('it notices', () => tail.output.err.includes('trying again'));
    node = await startNode();
    node.alerts.desk.raise(origin('east'), alertChange({ opening: 1 }));
    node.alerts.desk.raise(origin('east'), alertChange({ opening: 2 }));
    await until('it is through', () => lines().some(({ id }) => id === 'east:queue:2'));
    expect(
      lines()
        .filter(({ id }) => id.startsWith('east'))
        .map(({ id }) => id),
    ).toEqual(['east:queue:1', 'east:queue:2']);
    tail.child.kill('SIGINT');
    expect(await tail.code).toBe(0);
  });
});
