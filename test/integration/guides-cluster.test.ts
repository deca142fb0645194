import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nodeConfigSchema } from '../../config/schema.ts';
import { ApiExamples } from '../support/api-examples.ts';
import { assertConforms, type OpenApi } from '../support/conforms.ts';
import { GUIDE_TOOLS, GuideFolder, type RunningSnippet, snippetsOf } from '../support/guide-snippets.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { freePort } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const GUIDE = 'docs/guides/run-a-cluster.md';
const START_MS_MAX = 60_000;
const SHARDS = 32;
/** Of these one node alone is example enough. */
const ALONE = new Set(['/v1/cameras', '/v1/ledger', '/v1/alerts', '/v1/audit', '/v1/nodes', '/v1/nodes/{id}']);

/** A simulated device and few shards, so that two nodes start quickly on one machine; nothing else is other. */
const withSimulated = (code: string): string =>
  code.replaceAll(
    '--no-demo',
    `--no-demo --set 'devices=[{kind: simulated, detections: 2}]' --set cluster.virtualNodes=8 --set cluster.shardCount=${SHARDS}`,
  );

let redis: RedisServer;
let folder: GuideFolder;
let nodes: RunningSnippet;
const ports: number[] = [];

const url = (n: number): string => `http://127.0.0.1:${ports[n]}`;
const getJson = async <T>(n: number, path: string): Promise<T> => (await fetch(url(n) + path)).json() as Promise<T>;
const isReady = (n: number): Promise<boolean> =>
  fetch(`${url(n)}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
interface Cluster {
  readonly coordinator: string | null;
  readonly shards: { readonly unowned: number; readonly running: number };
  readonly members: readonly { readonly node: string }[];
}

beforeAll(async () => {
  redis = await RedisServer.start();
  for (let i = 0; i < 2; i++) ports.push(await freePort());
  folder = new GuideFolder(GUIDE, {
    '127.0.0.1:8081': `127.0.0.1:${ports[0]}`,
    '127.0.0.1:8082': `127.0.0.1:${ports[1]}`,
    '127.0.0.1:6379': `127.0.0.1:${redis.port}`,
    '--port 8081': `--port ${ports[0]}`,
    '--port 8082': `--port ${ports[1]}`,
  });
  folder.needs(GUIDE_TOOLS.ffmpeg, { package: 'openssl', check: 'command -v openssl' });
  writeFileSync(join(folder.dir, 'frame.jpg'), await jpeg({ width: 64, height: 36 }));
  const film = 'testsrc2=duration=1:size=320x180:rate=5';
  await folder.script(`ffmpeg -loglevel error -f lavfi -i ${film} -c:v mpeg4 -y traffic.mp4`).ended;
  nodes = folder.start('nodes', withSimulated);
  await until('both nodes are ready', async () => (await isReady(0)) && (await isReady(1)), START_MS_MAX).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${nodes.stderr}`);
    },
  );
  await until(
    'they are one cluster, and every shard runs',
    async () => {
      const { coordinator, members, shards } = await getJson<Cluster>(0, '/v1/cluster');
      return coordinator !== null && members.length === 2 && shards.unowned === 0 && shards.running === SHARDS;
    },
    START_MS_MAX,
  );
}, 150_000);
afterAll(async () => {
  await folder?.remove();
  await redis?.close();
});

describe('the guide to running a cluster', () => {
  it('README has the same block', () => {
    const lines = (snippetsOf(GUIDE)[0]?.code ?? '').split('\n').filter((line) => line.startsWith('npx camshard up'));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(readFileSync('README.md', 'utf8')).toContain(line);
  });

  it('has a configuration that is valid on each node', () => {
    const config = parse(readFileSync(join(folder.dir, 'camshard.yaml'), 'utf8')) as Record<string, object>;
    const secret = '0'.repeat(24);
    const cluster = { ...config.cluster, secret };
    expect(() => nodeConfigSchema.parse({ ...config, auth: { token: secret }, cluster })).not.toThrow();
  });

  it('shows both nodes, one coordinator, and every shard with an owner', async () => {
    const { code, stdout, stderr } = await folder.run('check');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/node-1[\s\S]*node-2/);
    expect(stdout).not.toMatch(/WITHOUT AN OWNER|NOBODY coordinates|DEAD/);
  });

  it('takes a camera at either node, and knows where it belongs', async () => {
    const { code, stdout, stderr } = await folder.run('camera');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/node-[12]/);
    const { cameras } = await getJson<{ cameras: Record<string, { inferred: number }> }>(1, '/v1/ledger');
    expect(cameras['gate-3']?.inferred).toBeGreaterThan(0);
  });

  it('lets a client written from docs/protocol.md follow a redirect', async () => {
    const { shards } = await getJson<{ shards: { shard: number; node: string; cameras: number }[] }>(0, '/v1/shards');
    expect(shards).toHaveLength(SHARDS);
    // A camera of the second node, pushed to the first.
    const there = async (camera: string): Promise<boolean> => {
      const found = await getJson<{ shards: { node: string }[] }>(0, `/v1/shards?camera=${camera}`);
      return found.shards[0]?.node === 'node-2';
    };
    let camera = '';
    for (let n = 0; camera === ''; n++) if (await there(`follows-${n}`)) camera = `follows-${n}`;
    const client = resolve('test/integration/fixtures/protocol-client.py');
    const args = [client, 'redirect', `127.0.0.1:${ports[0]}`, camera, join(folder.dir, 'frame.jpg')];
    const { stdout } = await promisify(execFile)('python3', args, { timeout: 30_000 });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      redirect: { type: 'redirect', url: `ws://127.0.0.1:${ports[1]}` },
      welcome: { type: 'welcome', camera, node: 'node-2' },
      left: 0,
      old_closed: 1000,
    });
    expect(Object.keys(report.answers as object)).toContain('result');
  });

  it('drains a node and takes it back', async () => {
    const { code, stdout, stderr } = await folder.run('drain');
    expect(code, `${stdout}${stderr}`).toBe(0);
  });

  it('answers what only a cluster can as the OpenAPI document says', async () => {
    const document = await getJson<OpenApi>(0, '/openapi.json');
    const examples = new ApiExamples();
    /** @param wanted the status; or 200, or 409 where a round is at it: `order` */
    const ask = async (
      method: string,
      path: string,
      at: string,
      wanted: number | 'order',
      body?: object,
    ): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', 'x-camshard-who': 'ann' };
      const sent: { body?: string } = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await fetch(url(0) + at, { method: method.toUpperCase(), headers, ...sent });
      const { status } = answer;
      if (wanted === 'order') expect([200, 409], at).toContain(status);
      else expect([at, status]).toEqual([at, wanted]);
      const said = await assertConforms(document, method, path, answer);
      const operationId = document.paths[path]?.[method]?.operationId ?? '';
      if (status === 200 && !ALONE.has(path)) examples.take(operationId, method, at, sent.body, said);
      return said;
    };
    for (const path of [
      '/v1/cluster',
      '/v1/cluster/plan',
      '/v1/cluster/events',
      '/v1/autoscale',
      '/v1/nodes',
      '/v1/shards',
    ]) {
      await ask('get', path, path, 200);
    }
    for (const path of ['/v1/cameras', '/v1/ledger', '/v1/alerts', '/v1/audit']) await ask('get', path, path, 200);
    await ask('get', '/v1/cluster/plan', '/v1/cluster/plan?drain=node-1', 200);
    await ask('get', '/v1/nodes/{id}', '/v1/nodes/node-2', 200);
    await ask('put', '/v1/shards/{n}/pin', '/v1/shards/3/pin', 'order', { node: 'node-1' });
    await ask('get', '/v1/shards/{n}', '/v1/shards/3', 200);
    await ask('delete', '/v1/shards/{n}/pin', '/v1/shards/3/pin', 'order');
    await ask('put', '/v1/nodes/{id}/cordon', '/v1/nodes/node-2/cordon', 'order', { why: 'a test' });
    await ask('delete', '/v1/nodes/{id}/cordon', '/v1/nodes/node-2/cordon', 'order');
    await ask('delete', '/v1/nodes/{id}', '/v1/nodes/node-2', 409);
    await ask('delete', '/v1/nodes/{id}', '/v1/nodes/nobody', 404);
    await ask('delete', '/v1/cluster/moves/{n}', '/v1/cluster/moves/9999', 404);
    await ask('post', '/v1/cluster/moves', '/v1/cluster/moves', 400, {});
    const { shards } = await getJson<{ shards: { shard: number; node: string }[] }>(
      0,
      '/v1/shards?node=node-1&state=running',
    );
    const [mine] = shards;
    await ask('post', '/v1/cluster/moves', '/v1/cluster/moves', 'order', { shard: mine?.shard, to: 'node-2' });
    await ask('delete', '/v1/cluster/moves/{n}', `/v1/cluster/moves/${mine?.shard}`, 'order');
    const { rounds } = (await ask('get', '/v1/cluster/rounds', '/v1/cluster/rounds', 200)) as {
      rounds: { id: string }[];
    };
    const last = rounds[0]?.id ?? '';
    expect(last).not.toBe('');
    await ask('get', '/v1/cluster/rounds/{id}', `/v1/cluster/rounds/${last}`, 200);
    await ask('delete', '/v1/cluster/rounds/{id}', `/v1/cluster/rounds/${last}`, 'order');
    expect(examples.keep()).toEqual(expect.arrayContaining([...examples.operations]));
  });
});
