import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { NodeConfigInput } from '../../config/schema.ts';
import { GUIDE_TOOLS, GuideFolder, type RunningSnippet } from '../support/guide-snippets.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { freePort } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const GUIDE = 'docs/guides/receive-alerts.md';
/** Blocks that go on listening, in the order of the guide. */
const LISTENERS = ['tail', 'subscribe', 'python', 'node', 'webhook', 'mqtt', 'live'] as const;

let redis: RedisServer;
let broker: Mosquitto;
let node: TestNode;
let folder: GuideFolder;
let hookPort = 0;

beforeAll(async () => {
  [redis, broker] = await Promise.all([RedisServer.start(), Mosquitto.start()]);
  const nodePort = await freePort();
  hookPort = await freePort();
  folder = new GuideFolder(GUIDE, {
    '127.0.0.1:8080': `127.0.0.1:${nodePort}`,
    '127.0.0.1:6379': `127.0.0.1:${redis.port}`,
    '127.0.0.1:1883': `127.0.0.1:${broker.port}`,
    '127.0.0.1:9000': `127.0.0.1:${hookPort}`,
    'listen(9000,': `listen(${hookPort},`,
  });
  const { curl, python, pythonRedis, redisCli, mosquittoSub } = GUIDE_TOOLS;
  folder.needs(curl, python, pythonRedis, redisCli, mosquittoSub);
  writeFileSync(join(folder.dir, 'frame.jpg'), await jpeg());
  const config = parse(readFileSync(join(folder.dir, 'camshard.yaml'), 'utf8')) as NodeConfigInput;
  node = await startTestNode({
    ...config,
    server: { port: nodePort },
    alerts: { ...config.alerts, breakerOpenMs: 200 },
  });
});
afterAll(async () => {
  await folder?.remove();
  await stopTestNodes();
  await Promise.all([redis?.close(), broker?.close()]);
});

describe('the guide to receiving alerts', () => {
  it('each of its listeners hears the alert that it has one try', async () => {
    const listeners = new Map<string, RunningSnippet>(LISTENERS.map((name) => [name, folder.start(name)]));
    // Some say nothing when they begin to listen: cameras are tried until all have heard of one.
    const deaf = () => LISTENERS.filter((name) => !listeners.get(name)?.stdout.includes(':nobody:1'));
    for (let n = 3; deaf().length > 0; n++) {
      if (n > 12) {
        const said = deaf().map((name) => `${name}: ${listeners.get(name)?.stdout}${listeners.get(name)?.stderr}`);
        throw new Error(`heard nothing: ${said.join('\n')}`);
      }
      const raised = await folder.run('raise', (code) => code.replaceAll('gate-3', `gate-${n}`));
      expect(raised, raised.stderr).toMatchObject({ code: 0 });
      await until(`gate-${n} has its alert`, async () => {
        const { alerts } = await node.getJson<{ alerts: { id: string; state: string }[] }>('/v1/alerts?state=opened');
        return alerts.some(({ id }) => id === `gate-${n}:nobody:1`);
      });
      await until('they have heard', () => deaf().length === 0, 3_000).catch(() => {});
    }
    const xread = await folder.run('xread');
    expect(xread.stdout).toContain('gate-3:nobody:1:opened');

    for (const name of ['subscribe', 'mqtt'] as const) {
      const text =
        listeners
          .get(name)
          ?.stdout.split('\n')
          .find((line) => line.startsWith('{')) ?? '';
      expect(JSON.parse(text)).toMatchObject({ specversion: '1.0', type: 'io.camshard.alert.opened' });
    }
    const { sinks } = await node.getJson<{ sinks: { sink: string; behind: number }[] }>('/v1/alerts/delivery');
    expect(sinks.map(({ sink }) => sink).sort()).toEqual(['live', 'mqtt', 'redis', 'webhook:control-room']);

    // What its receiver refuses: no signature, one by another key, and one of long ago.
    const refused = await fetch(`http://127.0.0.1:${hookPort}/alerts`, {
      method: 'POST',
      headers: {
        'webhook-id': 'x',
        'webhook-timestamp': `${Math.floor(Date.now() / 1000)}`,
        'webhook-signature': 'v1,AAAA',
      },
      body: '{}',
    });
    expect(refused.status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${hookPort}/alerts`, { method: 'POST', body: '{}' })).status).toBe(401);

    // Who was away reads on, and what is handled is not handled again.
    const follower = listeners.get('node');
    await follower?.end();
    const before = follower?.stdout.match(/:nobody:1:opened/g)?.length ?? 0;
    expect(before).toBeGreaterThan(0);
    const away = await folder.run('raise', (code) => code.replaceAll('gate-3', 'while-away'));
    expect(away.code).toBe(0);
    await until('it is on the stream', async () =>
      (await folder.run('xread')).stdout.includes('while-away:nobody:1:opened'),
    );
    const again = folder.start('node');
    await until('it reads on', () => again.stdout.includes('while-away:nobody:1:opened'));
    expect(again.stdout).not.toContain('gate-3:nobody:1:opened');
  });
});
