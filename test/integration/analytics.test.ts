import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LineCrossed } from '../../core/camera-event.ts';
import { systemClock } from '../../core/clock.ts';
import type { ResultMessage } from '../../core/protocol.ts';
import { demoSettings } from '../../src/demo/demo-settings.ts';
import { renderClip } from '../../src/demo/render.ts';
import { openHistory } from '../../src/history/open-history.ts';
import { TestCamera } from '../support/camera.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';
import { TestWatcher } from '../support/watcher.ts';

interface AlertRow {
  readonly id: string;
  readonly state: 'opened' | 'closed';
  readonly rule: string;
  readonly opening: number;
  readonly atMs: number;
  readonly snapshotPath: string | null;
  readonly position: number;
}

const put = async (node: TestNode, camera: string, body: string): Promise<number> => {
  const headers = { 'content-type': 'application/yaml', 'x-camshard-who': 'ann' };
  const answer = await node.get(`/v1/cameras/${camera}/settings`, { method: 'PUT', headers, body });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return ((await answer.json()) as { version: number }).version;
};
const alertsOf = async (node: TestNode, camera: string): Promise<readonly AlertRow[]> =>
  (await node.getJson<{ alerts: AlertRow[] }>(`/v1/alerts?camera=${camera}`)).alerts;
const crossingsIn = (results: readonly ResultMessage[]): readonly LineCrossed[] =>
  results.flatMap(({ events = [] }) => events.filter((event) => event.kind === 'line_crossed'));

// One folder, two lives of a node with the real model, which sees some seconds of a demo scene.
describe('a node that follows what it sees', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'camshard-analytics-'));
  const start = (): Promise<TestNode> =>
    startTestNode({
      node: { dataDir },
      devices: [{ kind: 'cpu', threads: 1, batchMax: 1 }],
      models: { inputSize: 320 },
      batching: { frameDeadlineMs: 10_000 },
      history: { enabled: true },
    });
  const pictures: Buffer[] = [];
  let node: TestNode;
  let camera: TestCamera;
  let crossed: LineCrossed[] = [];

  beforeAll(async () => {
    for await (const { jpeg: picture } of renderClip({ scene: 'highway', fps: 5, frames: 60 })) pictures.push(picture);
    node = await start();
    camera = await TestCamera.welcomed(node, 'road');
  });
  afterAll(async () => {
    await stopTestNodes();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Shows the node pictures `from` to `to`, each once the one before is answered. */
  async function show(from: number, to: number): Promise<readonly ResultMessage[]> {
    const results: ResultMessage[] = [];
    for (const picture of pictures.slice(from, to)) {
      const seq = camera.send(picture);
      results.push(await camera.next('result', (r) => r.seq === seq));
    }
    return results;
  }

  it('says which object each detection belongs to, the same from frame to frame', async () => {
    const results = await show(0, 10);
    const last = results.at(-1)?.detections.flatMap(({ track }) => track ?? []) ?? [];
    expect(last.length).toBeGreaterThan(0);
    const before = results.at(-2)?.detections.flatMap(({ track }) => track ?? []);
    expect(before).toEqual(expect.arrayContaining([last[0]]));
    expect(crossingsIn(results)).toEqual([]);
  });

  it('counts by new settings from the next frame on, and knows who set them', async () => {
    const version = await put(node, 'road', await demoSettings('highway'));
    expect(version).toBe(1);
    const results = await show(10, 30);
    crossed = [...crossingsIn(results)];
    expect(crossed.length).toBeGreaterThan(3);
    expect(new Set(crossed.map(({ name }) => name))).toEqual(new Set(['towards', 'away']));
    expect(crossed.every(({ track, label }) => track > 0 && ['car', 'truck'].includes(label))).toBe(true);
    expect(await node.getJson('/v1/audit?camera=road&after=0')).toMatchObject({
      entries: [{ who: 'ann', via: '127.0.0.1', action: 'camera_settings.set', subject: 'camera:road', before: null }],
    });
  });

  it('goes on counting after a restart, and has counted all of it in the history, with what was observed', async () => {
    const before = await node.stop();
    expect([before.inferred, before.inFlight]).toEqual([30, 0]);
    node = await start();
    camera = await TestCamera.welcomed(node, 'road');
    crossed.push(...crossingsIn(await show(30, 60)));
    // Each track crosses a line once, in whichever life of the node.
    expect(new Set(crossed.map(({ line, track }) => `${line} ${track}`)).size).toBe(crossed.length);

    const counts = '/v1/history/counts?camera=road&from=-1h&interval=total&by=line,direction&fresh=1';
    const row = (line: string, direction: string) => {
      const count = crossed.filter((event) => event.line === line).length;
      return expect.objectContaining({ line, direction, count, observedShare: expect.any(Number) });
    };
    const expected = [row('left', 'towards'), row('right', 'away')];
    const rows = await until(
      'the interval to end',
      async () => {
        const answer = await node.get(counts);
        if (answer.status !== 200) return undefined; // still opening
        const { rows: found } = (await answer.json()) as { rows: { count: number | null }[] };
        const counted = found.reduce((sum, { count }) => sum + (count ?? 0), 0);
        return counted >= crossed.length ? found : undefined;
      },
      40_000,
    );
    expect(rows).toEqual(expect.arrayContaining(expected));
    expect(rows.every((r) => (r as unknown as { observedShare: number }).observedShare > 0)).toBe(true);
  });

  it('has noted in its database who set what', async () => {
    const { config } = node;
    await node.stop();
    const log = pino({ level: 'silent' });
    const history = await openHistory({ config: config.history, dataDir, clock: systemClock, log });
    try {
      const rows = await until('its row', async () => {
        const found = await history.reads
          .run((db) => db.selectFrom('audit').select(['who', 'action', 'subject']).execute())
          .catch(() => []); // still opening
        return found.length > 0 ? found : undefined;
      });
      expect(rows).toEqual([{ who: 'ann', action: 'camera_settings.set', subject: 'camera:road' }]);
    } finally {
      await history.close();
    }
  });
});

describe('a node that watches for what should not be', () => {
  afterEach(stopTestNodes);

  const nothingCrosses = `
lines: [{ id: gate, from: [0.5, 0], to: [0.5, 1] }]
rules: [{ id: quiet, kind: absence, metric: crossings, subject: gate, afterS: 1, severity: critical }]
`;

  it('tells an alert to whoever listens and whoever asks within a second, with a picture', async () => {
    const node = await startTestNode({ devices: [simulated({ detections: 0 })] });
    await put(node, 'north', nothingCrosses);
    const watcher = await TestWatcher.open(node, 'alerts');
    const camera = await TestCamera.welcomed(node, 'north');
    const picture = await jpeg({ width: 320, height: 180, noise: true });
    const stream = setInterval(() => camera.send(picture), 100);
    const said = await until('an alert', () => watcher.said.find(({ type }) => type === 'alert'));
    const heardMs = Date.now();
    clearInterval(stream);
    const alert = said.alert as AlertRow;
    expect(alert).toMatchObject({ id: 'north:quiet:1', state: 'opened', camera: 'north', severity: 'critical' });
    expect(heardMs - alert.atMs).toBeLessThan(1_000);
    expect(await alertsOf(node, 'north')).toMatchObject([{ id: 'north:quiet:1', position: said.position }]);
    const snapshot = await until('its picture', async () => {
      const answer = await node.get(alert.snapshotPath ?? '');
      return answer.status === 200 ? answer : undefined;
    });
    expect(snapshot.headers.get('content-type')).toBe('image/jpeg');
    expect(await sharp(Buffer.from(await snapshot.arrayBuffer())).metadata()).toMatchObject({ format: 'jpeg' });
    await watcher.close();
  });

  it('misses a camera that has settings and never came', async () => {
    const node = await startTestNode();
    await put(node, 'away', 'health: { offlineAfterS: 1 }\nrules: [{ id: camera, kind: health }]\n');
    const [alert] = await until('an alert', async () => {
      const alerts = await alertsOf(node, 'away');
      return alerts.length > 0 ? alerts : undefined;
    });
    expect(alert).toMatchObject({ id: 'away:camera:1', state: 'opened', data: { condition: 'offline' } });
  });

  it('numbers alerts on over a restart, and closes what was open', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'camshard-analytics-'));
    try {
      const settings =
        'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
        'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null }]\n';
      const picture = await jpeg();
      const states = async (node: TestNode, id: string, state: string): Promise<void> => {
        await until(`${id} ${state}`, async () =>
          (await alertsOf(node, 'gate')).some((alert) => alert.id === id && alert.state === state),
        );
      };
      /** Sends frames until the alert is over. */
      const comeBack = async (node: TestNode, id: string): Promise<void> => {
        const camera = await TestCamera.welcomed(node, 'gate');
        const stream = setInterval(() => camera.send(picture), 50);
        await states(node, id, 'closed').finally(() => clearInterval(stream));
        await camera.close();
      };
      const first = await startTestNode({ node: { dataDir } });
      await put(first, 'gate', settings);
      await states(first, 'gate:camera:1', 'opened');
      await comeBack(first, 'gate:camera:1');
      await states(first, 'gate:camera:2', 'opened');
      await first.stop();

      const second = await startTestNode({ node: { dataDir } });
      expect(await alertsOf(second, 'gate')).toMatchObject([
        { id: 'gate:camera:2', state: 'opened' },
        { id: 'gate:camera:1', state: 'closed' },
      ]);
      await comeBack(second, 'gate:camera:2');
      await states(second, 'gate:camera:3', 'opened');
    } finally {
      await stopTestNodes();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe('a node without analytics', () => {
  afterEach(stopTestNodes);

  it('gives detections and no more, and answers what it is asked', async () => {
    const node = await startTestNode({ analytics: { enabled: false } });
    expect(await put(node, 'plain', 'lines: [{ id: gate, from: [0.5, 0], to: [0.5, 1] }]\n')).toBe(1);
    const camera = await TestCamera.welcomed(node, 'plain');
    const picture = await jpeg();
    for (let i = 0; i < 5; i++) {
      const seq = camera.send(picture);
      await camera.next('result', (r) => r.seq === seq);
    }
    for (const result of camera.results) {
      expect(result.events).toBeUndefined();
      expect(result.detections.length).toBeGreaterThan(0);
      expect(result.detections.every((detection) => !('track' in detection))).toBe(true);
    }
    expect(await node.getJson('/v1/alerts')).toMatchObject({ alerts: [] });
    expect(await node.getJson('/v1/cameras/plain/settings')).toMatchObject({ version: 1 });
    expect(await (await node.get('/v1/history/counts')).json()).toMatchObject({ code: 'history_disabled' });
  });
});
