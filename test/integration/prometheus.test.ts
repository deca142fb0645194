import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { get as getSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCamera } from '../support/camera.ts';
import {
  alertRules,
  dashboards,
  familyOf,
  metricsIn,
  queriesOf,
  RULES_FILE,
  RULES_TESTS,
  recordingRules,
  runbooks,
} from '../support/monitoring-files.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import {
  amtool,
  NoticeServer,
  promtool,
  quickRules,
  type Running,
  ran,
  startAlertmanager,
  startPrometheus,
} from '../support/prometheus.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed' };
}

/** Of a node whose certificate nobody vouches for, too. */
function textOf(url: string): Promise<string> {
  return new Promise((done, fail) => {
    const request = url.startsWith('https:') ? getSecure(url, { rejectUnauthorized: false }) : get(url);
    request.once('error', fail).once('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.once('end', () => done(text));
    });
  });
}

describe('the files in deploy/prometheus and deploy/alertmanager', () => {
  it('are what promtool and amtool take for right', async () => {
    for (const [program, args] of [
      [promtool(), ['check', 'rules', RULES_FILE]],
      [promtool(), ['check', 'config', resolve('deploy/prometheus/prometheus.yml')]],
      [amtool(), ['check-config', resolve('deploy/alertmanager/alertmanager.yml')]],
    ] as const) {
      const { code, said } = await ran(program, args);
      expect(code, said).toBe(0);
    }
  });

  it('have rules of which each fires when it should, and not before', async () => {
    const results = await Promise.all(RULES_TESTS.map((file) => ran(promtool(), ['test', 'rules', file])));
    for (const { code, said } of results) expect(code, said).toBe(0);
  });
});

describe('Prometheus, Alertmanager and nodes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'camshard-certificate-'));
  let redis: RedisServer;
  /** One of several, on Redis. */
  let member: TestNode;
  /** By itself, with TLS, traces and a history. */
  let alone: TestNode;
  let notices: NoticeServer;
  let alertmanager: Running;
  let prometheus: Running;
  /** One sends, the other never does: the warning of that takes long, so it begins before it is asked for. */
  let cameras: readonly TestCamera[] = [];
  let sending: NodeJS.Timeout | undefined;

  const instanceOf = (node: TestNode): string => `127.0.0.1:${node.port}`;
  const fires = async (): Promise<readonly Firing[]> => alertmanager.getJson('/api/v2/alerts');
  const query = async (expr: string): Promise<{ readonly status: string; readonly error?: string }> => {
    const answer = await fetch(`${prometheus.url}/api/v1/query`, {
      ...{ method: 'POST', body: new URLSearchParams({ query: expr }) },
    });
    return (await answer.json()) as { status: string; error?: string };
  };

  beforeAll(async () => {
    const certFile = join(dir, 'cert.pem');
    const keyFile = join(dir, 'key.pem');
    execFileSync(
      'openssl',
      // biome-ignore format: one option a line says less
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90', '-subj',
       '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile],
      { stdio: 'ignore' },
    );
    redis = await RedisServer.start();
    [member, alone, notices] = await Promise.all([
      startTestNode({
        node: { id: 'member' },
        devices: [simulated(), simulated()],
        cluster: {
          ...{ adapter: 'redis', name: 'north', secret: 'a secret of thirty-two characters' },
          ...{ shardCount: 16, virtualNodes: 8, formationMs: 1_500 },
        },
        redis: { url: redis.url },
      }),
      startTestNode({
        node: { id: 'alone' },
        history: { enabled: true },
        redis: { url: redis.url },
        server: { tls: { certFile, keyFile } },
        // Nobody listens there, and nothing is sampled: only the metrics are wanted.
        telemetry: { traces: { enabled: true, otlpUrl: 'http://127.0.0.1:9/v1/traces', sampleRatio: 0 } },
      }),
      NoticeServer.start(),
    ]);
    alertmanager = await startAlertmanager(notices.url);
    prometheus = await startPrometheus(
      [
        { scheme: 'http', port: member.port },
        { scheme: 'https', port: alone.port },
      ],
      alertmanager.port,
    );
    await until('both nodes are scraped', async () => {
      const { data } = await prometheus.getJson<{ data: { activeTargets: { health: string }[] } }>(
        '/api/v1/targets?state=active',
      );
      return data.activeTargets.filter(({ health }) => health === 'up').length === 2;
    });
    await until('the member serves', async () => (await member.metric('camshard_node_ready')) === 1);
    const [camera, silent] = await Promise.all([
      TestCamera.welcomed(member, 'sending'),
      TestCamera.welcomed(member, 'silent'),
    ]);
    cameras = [camera, silent];
    const picture = await jpeg();
    sending = setInterval(() => camera.send(picture), 100);
  });

  afterAll(async () => {
    clearInterval(sending);
    await Promise.all(cameras.map((camera) => camera.close()));
    await Promise.all([prometheus?.close(), alertmanager?.close(), notices?.close()]);
    await stopTestNodes().finally(() => redis?.close());
    rmSync(dir, { recursive: true, force: true });
  });

  it('agree on what every metric is: promtool finds nothing to complain of, docs/metrics.md lists each', async () => {
    for (const { url } of [member, alone]) {
      const { said, code } = await ran(promtool(), ['check', 'metrics'], await textOf(`${url}/metrics`));
      expect(code, said).toBe(0);
      expect(said).toBe('');
    }
    const { data } = await prometheus.getJson<{ data: { metric: string; type: string; help: string }[] }>(
      '/api/v1/targets/metadata',
    );
    const docs = readFileSync(resolve('docs/metrics.md'), 'utf8');
    const listed = new Set([...docs.matchAll(/^\| `(camshard_\w+)` \|/gm)].map(([, name]) => name));
    const exposed = new Set(data.map(({ metric }) => metric).filter((name) => name.startsWith('camshard_')));
    expect([...exposed].toSorted()).toEqual([...listed].toSorted());
  });

  it('answer every query of rules, dashboards and runbooks, and have every metric in them', async () => {
    const { data } = await prometheus.getJson<{ data: { metric: string }[] }>('/api/v1/targets/metadata');
    const families = new Set([...data.map(({ metric }) => metric), ...recordingRules.map(({ record }) => record)]);
    const queries = [
      ...alertRules.map(({ alert, expr }) => ({ of: alert, expr })),
      ...recordingRules.map(({ record, expr }) => ({ of: record, expr })),
      ...dashboards.flatMap((board) =>
        queriesOf(board).map(({ panel, expr }) => ({ of: `${board.file}: ${panel}`, expr })),
      ),
      ...runbooks.flatMap(({ alert, queries }) => queries.map((expr) => ({ of: `${alert}.md`, expr }))),
    ];
    for (const { of, expr } of queries) {
      for (const series of metricsIn(expr)) expect(families, `${of}: ${series}`).toContain(familyOf(series, families));
      const { status, error } = await query(expr);
      expect(status, `${of}: ${error}\n${expr}`).toBe('success');
    }
    const { data: loaded } = await prometheus.getJson<{
      data: { groups: { rules: { health: string; name: string; lastError?: string }[] }[] };
    }>('/api/v1/rules');
    const sick = loaded.groups.flatMap(({ rules }) => rules).filter(({ health }) => health === 'err');
    expect(sick).toEqual([]);
  });

  it('say nothing while nothing is wrong', async () => {
    // With rules this quick, a machine that stands still for a second looks like a node that is down: not for long.
    interface Alerts {
      readonly data: { readonly alerts: readonly { readonly state: string; readonly labels: Firing['labels'] }[] };
    }
    let last: unknown;
    await until('nothing to fire', async () => {
      const { data } = await prometheus.getJson<Alerts>('/api/v1/alerts');
      // The silent camera is for the last of these tests.
      const firing = data.alerts.filter(
        ({ state, labels }) => state === 'firing' && labels.alertname !== 'CamshardCamerasSilent',
      );
      last = firing;
      return firing.length === 0;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
  });

  it('page for an open breaker with its runbook, keep its warnings back, and say when it is over', async () => {
    for (const fault of [{ kind: 'start_fails', times: 5 }, { kind: 'throw' }]) {
      const body = JSON.stringify({ device: 'simulated-0', fault });
      expect((await member.get('/v1/debug/faults', { method: 'POST', body })).status).toBe(200);
    }
    const page = await until('a page', () => notices.find('pager', 'CamshardDeviceBreakerOpen', 'firing'));
    expect(page.labels).toMatchObject({ cluster: 'local', instance: instanceOf(member), device: 'simulated-0' });
    expect(page.annotations.summary).toBe(`The breaker of simulated-0 on ${instanceOf(member)} is open`);
    expect(page.annotations.runbook_url).toMatch(/\/CamshardDeviceBreakerOpen\.md$/);
    // A device fails again and again: so says a warning, which is not sent as the page has said more.
    const warning = await until('a warning that is kept back', async () =>
      (await fires()).find(({ labels, status }) => labels.severity === 'warning' && status.state === 'suppressed'),
    );
    expect(warning.labels.instance).toBe(instanceOf(member));
    const over = await until('its end', () => notices.find('pager', 'CamshardDeviceBreakerOpen', 'resolved'), 40_000);
    expect(over.labels.device).toBe('simulated-0');
  });

  it('page for a node that is gone, and say when it is back', async () => {
    const { port, config } = alone;
    const instance = instanceOf(alone);
    await alone.stop();
    const page = await until('a page', () => notices.find('pager', 'CamshardNodeDown', 'firing', instance), 20_000);
    expect(page.annotations.runbook_url).toMatch(/\/CamshardNodeDown\.md$/);
    alone = await startTestNode({ node: { id: 'alone' }, server: { port, tls: config.server.tls } });
    await until('its end', () => notices.find('pager', 'CamshardNodeDown', 'resolved', instance), 20_000);
  });

  it('tell the chat of a warning', async () => {
    const told = await until('a message', () => notices.find('chat', 'CamshardCamerasSilent', 'firing'), 40_000).catch(
      async (error: Error) => {
        const there = (await fires()).map(({ labels, status }) => `${JSON.stringify(labels)} ${status.state}`);
        throw new Error(`${error.message}; there are:\n${there.join('\n')}`);
      },
    );
    expect(told.labels.instance).toBe(instanceOf(member));
    expect(notices.find('pager', 'CamshardCamerasSilent', 'firing')).toBeUndefined();
  });
});

describe('the shortened rules', () => {
  it('differ from the committed ones in durations only', async () => {
    const plain = (text: string): string =>
      text.replaceAll(/(for|interval): [\d.]+m?[smhd]/g, '$1').replaceAll(/\[[\d.]+m?[smhd]\]/g, '[]');
    expect(plain(await quickRules())).toBe(plain(readFileSync(RULES_FILE, 'utf8')));
  });
});
