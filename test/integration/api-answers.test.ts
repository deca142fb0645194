import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiExamples } from '../support/api-examples.ts';
import { assertConforms, type OpenApi } from '../support/conforms.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';

const TRAFFIC = `
pipeline: traffic
lines: [{ id: stop, from: [0, 0.999], to: [1, 0.999], names: { forward: in, backward: out } }]
zones: [{ id: lane, kind: road, polygon: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]] }]
rules: [{ id: nobody, kind: absence, subject: stop, afterS: 1, severity: critical, coverageMin: null }]
`;
const YAML = { 'content-type': 'application/yaml', 'x-camshard-who': 'ann' };
const JSON_BODY = { 'content-type': 'application/json', 'x-camshard-who': 'ann', 'x-camshard-why': 'a test' };
const put = (body: string, headers: Readonly<Record<string, string>> = YAML) => ({ method: 'PUT', body, headers });
const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = JSON_BODY) => ({
  method: 'POST',
  body,
  headers,
});
const remove = { method: 'DELETE', headers: JSON_BODY };

type Asked = readonly [path: string, url: string, status: number, init?: RequestInit];

let node: TestNode;
let document: OpenApi;
const seen = new Set<string>();
const examples = new ApiExamples();

const faults: string[] = [];
afterEach(() => expect(faults.splice(0)).toEqual([]));

/** Asks, and holds the answer against the document; what is wrong is told when the test ends, all of it. */
const ask = (asked: Asked): Promise<void> =>
  check(asked).catch((error: Error) => {
    faults.push(error.message);
  });

async function check([path, url, status, init = {}]: Asked): Promise<void> {
  const method = (init.method ?? 'GET').toLowerCase();
  const answer = await node.get(url, init);
  if (answer.status !== status) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  const body = await assertConforms(document, method, path, answer);
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`${method} ${path} is not in the document`);
  seen.add(`${operation.operationId} ${status}`);
  // The document itself is no example of anything.
  if (path === '/openapi.json') return;
  if (status === 200) examples.take(operation.operationId, method, url, init.body, body);
}

const CAMERA = '/v1/cameras/{id}';
const SETTINGS = `${CAMERA}/settings`;
const camera = '/v1/cameras/north-gate';

beforeAll(async () => {
  node = await startTestNode({
    devices: [simulated({ decode: true })],
    history: { enabled: true },
    ingest: { frameBytesMax: 100_000 },
  });
  document = await node.getJson<OpenApi>('/openapi.json');
});
afterAll(stopTestNodes);

// Every operation of a real node, as the document has them, in an order in which each has something to say.
describe('every answer of the HTTP API', () => {
  it('of cameras and their settings is what the document says', async () => {
    const picture = await jpeg({ width: 320, height: 180 });
    await ask(['/v1/settings/validate', '/v1/settings/validate', 200, post(TRAFFIC, YAML)]);
    await ask(['/v1/settings/validate', '/v1/settings/validate', 422, post('lines: 3', YAML)]);
    await ask([SETTINGS, `${camera}/settings`, 200, put(TRAFFIC)]);
    await ask([SETTINGS, `${camera}/settings`, 422, put('linez: []')]);
    await ask([SETTINGS, `${camera}/settings`, 415, put('x', { 'content-type': 'image/png' })]);
    await ask([SETTINGS, `${camera}/settings?version=9`, 409, put(TRAFFIC)]);
    await ask([SETTINGS, `${camera}/settings`, 412, put(TRAFFIC, { ...YAML, 'if-match': '"9"' })]);
    await ask([SETTINGS, `${camera}/settings?version=x`, 400, put(TRAFFIC)]);
    await ask([SETTINGS, `${camera}/settings`, 200]);
    await ask([SETTINGS, `${camera}/settings`, 304, { headers: { 'if-none-match': '"1"' } }]);
    await ask([SETTINGS, `${camera}/settings?version=x`, 400]);
    await ask([SETTINGS, '/v1/cameras/nobody/settings', 404]);
    await ask([`${SETTINGS}/versions`, `${camera}/settings/versions`, 200]);
    await ask([`${SETTINGS}/versions`, '/v1/cameras/nobody/settings/versions', 404]);
    await ask(['/v1/settings', '/v1/settings', 200]);
    await ask(['/v1/settings', '/v1/settings?limit=0', 400]);
    await ask([`${CAMERA}/frames`, `${camera}/frames`, 200, post(picture, { 'content-type': 'image/jpeg' })]);
    await ask([`${CAMERA}/frames`, `${camera}/frames`, 400, post('no picture', { 'content-type': 'image/jpeg' })]);
    await ask([`${CAMERA}/frames`, `${camera}/frames`, 415, post('x', { 'content-type': 'text/plain' })]);
    await ask([
      `${CAMERA}/frames`,
      `${camera}/frames`,
      413,
      post(Buffer.alloc(100_001), { 'content-type': 'image/jpeg' }),
    ]);
    await ask([CAMERA, camera, 200]);
    await ask([CAMERA, '/v1/cameras/nobody', 404]);
    await ask([CAMERA, '/v1/cameras/no%20body', 400]);
    await ask([`${CAMERA}/frame`, `${camera}/frame`, 200]);
    await ask([`${CAMERA}/frame`, '/v1/cameras/nobody/frame', 404]);
    await ask(['/v1/cameras', '/v1/cameras?limit=10', 200]);
    await ask(['/v1/cameras', '/v1/cameras?limit=0', 400]);
    await ask(['/v1/ledger', '/v1/ledger?limit=10', 200]);
    await ask(['/v1/ledger', '/v1/ledger?limit=0', 400]);
  });

  it('of alerts and the history is what the document says', async () => {
    const id = 'north-gate:nobody:1';
    const picture = await jpeg({ width: 320, height: 180 });
    await until('the alert', async () => {
      await node.get(`${camera}/frames`, post(picture, { 'content-type': 'image/jpeg' }));
      return (await node.get(`/v1/alerts/${id}`)).status === 200;
    });
    await ask(['/v1/alerts', '/v1/alerts?state=opened', 200]);
    await ask(['/v1/alerts', '/v1/alerts?state=odd', 400]);
    await ask(['/v1/alerts', '/v1/alerts?node=nobody', 404]);
    await ask(['/v1/alerts/{id}', `/v1/alerts/${id}`, 200]);
    await ask(['/v1/alerts/{id}', '/v1/alerts/a:b:1', 404]);
    const drawn = async () => (await node.get(`/v1/alerts/${id}/snapshot`)).status !== 503;
    await until('its picture', drawn, 40_000);
    await ask(['/v1/alerts/{id}/snapshot', `/v1/alerts/${id}/snapshot`, 200]);
    await ask(['/v1/alerts/{id}/snapshot', '/v1/alerts/a:b:1/snapshot', 404]);
    await ask(['/v1/alerts/{id}/snapshot', '/v1/alerts/odd/snapshot', 400]);
    await ask(['/v1/alerts/{id}/acknowledge', `/v1/alerts/${id}/acknowledge`, 200, post('')]);
    await ask(['/v1/alerts/{id}/acknowledge', '/v1/alerts/a:b:1/acknowledge', 404, post('')]);
    await ask(['/v1/alerts/delivery', '/v1/alerts/delivery', 200]);
    await ask(['/v1/alerts/delivery', '/v1/alerts/delivery?node=nobody', 404]);
    const isOpen = async () => (await node.get('/v1/history/alerts?from=-1h')).status === 200;
    await until('the history is open', isOpen, 60_000);
    for (const resource of ['counts', 'speeds', 'occupancy', 'composition', 'events', 'alerts']) {
      const path = `/v1/history/${resource}`;
      const range = resource === 'events' || resource === 'alerts' ? 'from=-1h' : 'from=-1h&interval=total';
      await ask([path, `${path}?camera=north-gate&${range}&fresh=1`, 200]);
      await ask([path, `${path}?${range}&format=csv`, 200]);
      await ask([path, `${path}?${range}&format=ndjson`, 200]);
      await ask([path, `${path}?from=never`, 400]);
    }
  });

  it('of the node is what the document says', async () => {
    await ask(['/healthz', '/healthz', 200]);
    await ask(['/readyz', '/readyz', 200]);
    await ask(['/metrics', '/metrics', 200]);
    await ask(['/openapi.json', '/openapi.json', 200]);
    for (const path of ['/v1/overload', '/v1/events', '/v1/quarantine', '/v1/models']) {
      await ask([path, path, 200]);
      await ask([path, `${path}?node=nobody`, 404]);
    }
    await ask(['/v1/events', '/v1/events?limit=0', 400]);
    await ask(['/v1/quarantine/clear', '/v1/quarantine/clear', 200, post('{}')]);
    await ask(['/v1/quarantine/clear', '/v1/quarantine/clear', 400, post('[]')]);
    await ask(['/v1/quarantine/clear', '/v1/quarantine/clear', 404, post(`{"hash":"${'0'.repeat(40)}"}`)]);
    await ask(['/v1/audit', '/v1/audit?camera=north-gate', 200]);
    await ask(['/v1/audit', '/v1/audit?limit=0', 400]);
    await ask(['/v1/audit/verify', '/v1/audit/verify', 200]);
    await ask(['/v1/debug/faults', '/v1/debug/faults', 200, post('{"fault":{"kind":"start_fails","times":1}}')]);
    await ask(['/v1/debug/faults', '/v1/debug/faults', 400, post('{"fault":"odd"}')]);
    await ask(['/v1/debug/faults', '/v1/debug/faults', 404, post('{"fault":"throw","device":"none"}')]);
  });

  it('of a cluster of one is what the document says', async () => {
    for (const path of ['/v1/cluster', '/v1/cluster/plan', '/v1/cluster/events', '/v1/nodes', '/v1/shards']) {
      await ask([path, path, 200]);
    }
    await ask(['/v1/cluster/plan', '/v1/cluster/plan?drain=nobody', 404]);
    await ask(['/v1/cluster/events', '/v1/cluster/events?limit=0', 400]);
    await ask(['/v1/nodes/{id}', '/v1/nodes/node-1', 200]);
    await ask(['/v1/nodes/{id}', '/v1/nodes/nobody', 404]);
    await ask(['/v1/shards', '/v1/shards?state=odd', 400]);
    await ask(['/v1/shards/{n}', '/v1/shards/3', 200]);
    await ask(['/v1/shards/{n}', '/v1/shards/9999', 404]);
    await ask(['/v1/autoscale', '/v1/autoscale', 200]);
    await ask(['/v1/cluster/rebalance', '/v1/cluster/rebalance', 200, post('{}')]);
    await ask(['/v1/cluster/rebalance', '/v1/cluster/rebalance', 400, post('[]')]);
    await ask(['/v1/cluster/rounds', '/v1/cluster/rounds', 200]);
    await ask(['/v1/cluster/rounds/{id}', '/v1/cluster/rounds/none', 404]);
    await ask(['/v1/cluster/rounds/{id}', '/v1/cluster/rounds/none', 404, remove]);
    // There is nobody to move anything to.
    for (const [path, url, init] of [
      ['/v1/cluster/moves', '/v1/cluster/moves', post('{"shard":3,"to":"node-2"}')],
      ['/v1/cluster/moves/{n}', '/v1/cluster/moves/3', remove],
      ['/v1/nodes/{id}', '/v1/nodes/node-1', remove],
      ['/v1/nodes/{id}/cordon', '/v1/nodes/node-1/cordon', put('{}', JSON_BODY)],
      ['/v1/nodes/{id}/cordon', '/v1/nodes/node-1/cordon', remove],
      ['/v1/shards/{n}/pin', '/v1/shards/3/pin', put('{"node":"node-1"}', JSON_BODY)],
      ['/v1/shards/{n}/pin', '/v1/shards/3/pin', remove],
    ] as const) {
      await ask([path, url, 409, init]);
    }
  });

  it('of settings that are taken away is what the document says', async () => {
    await ask([SETTINGS, `${camera}/settings?version=9`, 409, remove]);
    await ask([SETTINGS, `${camera}/settings`, 200, remove]);
    await ask([SETTINGS, `${camera}/settings`, 404, remove]);
  });

  it('was asked for, but those that only a cluster can give', () => {
    const all = Object.values(document.paths).flatMap((item) => Object.values(item));
    const asked = new Set([...seen].map((one) => one.split(' ')[0]));
    const missing = all.filter(({ operationId }) => !asked.has(operationId)).map(({ operationId }) => operationId);
    expect(missing.sort()).toEqual(['openCameraStream', 'openLive']);
    // Written by `API_EXAMPLES=write npx vitest run test/integration/api-answers.test.ts`; then render docs/api.md.
    expect(examples.keep()).toEqual(expect.arrayContaining([...examples.operations]));
  });
});
