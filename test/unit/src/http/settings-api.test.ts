import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingsRoutes } from '../../../../src/http/api/settings.ts';
import type { ApiAnswer, ApiRequest, Route } from '../../../../src/http/exchange.ts';
import { OPERATIONS } from '../../../../src/http/openapi/operations.ts';
import { SETTINGS_SCHEMAS } from '../../../../src/http/openapi/settings-schemas.ts';
import { SettingsBench } from '../settings/fixtures.ts';

let bench: SettingsBench;
let routes: Route[];

beforeEach(async () => {
  bench = new SettingsBench();
  const store = await bench.open();
  routes = settingsRoutes({ store, audit: bench.audit, check: undefined });
});
afterEach(() => bench.end());

const SETTINGS = '/v1/cameras/:id/settings';
const YAML = 'application/yaml';

interface Sent extends Partial<Omit<ApiRequest, 'body' | 'query'>> {
  readonly body?: string;
  readonly query?: string;
}

async function ask(method: Route['method'], pattern: string, sent: Sent = {}): Promise<ApiAnswer & { json: unknown }> {
  const route = routes.find((r) => r.method === method && r.pattern === pattern);
  if (route === undefined) throw new Error(`no route ${method} ${pattern}`);
  const answer = await route.handler({
    parameter: 'north',
    contentType: '',
    ifNoneMatch: '',
    ifMatch: '',
    acceptEncoding: '',
    accept: 'application/json',
    who: 'ann',
    why: '',
    from: '10.0.0.7',
    ...sent,
    query: new URLSearchParams(sent.query),
    body: Buffer.from(sent.body ?? ''),
  });
  const text = String(answer.body);
  const json: unknown = /json/.test(answer.headers?.['content-type'] ?? '') ? JSON.parse(text) : text;
  return { ...answer, json };
}

const put = (body: string, sent: Sent = {}) => ask('put', SETTINGS, { contentType: YAML, body, ...sent });

describe('the settings API', () => {
  it('takes YAML and gives it back as it was written', async () => {
    const text = '# by the gate\npriority: low\n';
    const answer = await put(text);
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"1"' }, json: { version: 1, changed: true } });
    SETTINGS_SCHEMAS.SettingsPut.parse(answer.json);
    const yaml = await ask('get', SETTINGS, { accept: YAML });
    expect(yaml).toMatchObject({ status: 200, json: text, headers: { etag: '"1"' } });
  });

  it('takes JSON, and says who set what, and when', async () => {
    await put('{"priority":"low"}', { contentType: 'application/json; charset=utf-8' });
    const { json, headers } = await ask('get', SETTINGS);
    expect(json).toMatchObject({ camera: 'north', version: 1, updatedBy: 'ann', document: { priority: 'low' } });
    expect(SETTINGS_SCHEMAS.CameraSettings.parse(json).settings).toMatchObject({
      pipeline: 'traffic',
      priority: 'low',
    });
    expect(headers?.etag).toBe('"1"');
    expect(await ask('get', SETTINGS, { ifNoneMatch: '"1"' })).toMatchObject({ status: 304 });
    expect(await ask('get', SETTINGS, { accept: YAML })).toMatchObject({ json: 'priority: low\n' });
  });

  it('refuses a document with every fault and its path', async () => {
    expect(await put('priority: high\nfps: {min: 9, max: 5}\nlinse: []\n')).toMatchObject({
      status: 422,
      json: {
        code: 'settings_refused',
        faults: [
          { path: 'priority', line: 1 },
          { path: 'linse', code: 'settings_unknown_key' },
        ],
      },
    });
    expect(await put('{"priority":', { contentType: 'application/json' })).toMatchObject({ status: 422 });
    expect(await put('x', { contentType: 'image/png' })).toMatchObject({ status: 415 });
    expect(await ask('get', SETTINGS)).toMatchObject({ status: 404, json: { code: 'no_settings' } });
  });

  it('lets nobody overwrite what they have not seen', async () => {
    await put('priority: low');
    expect(await put('{}', { ifMatch: '"7"' })).toMatchObject({
      status: 412,
      json: { version: 1 },
      headers: { etag: '"1"' },
    });
    expect(await put('{}', { query: 'version=7' })).toMatchObject({ status: 409, json: { code: 'version_conflict' } });
    expect(await put('{}', { ifNoneMatch: '*' })).toMatchObject({ status: 412 });
    expect(await put('{}', { ifMatch: 'abc' })).toMatchObject({ status: 400, json: { code: 'bad_version' } });
    expect(await put('{}', { ifMatch: '"1"' })).toMatchObject({ status: 200, json: { version: 2 } });
    expect(await ask('delete', SETTINGS, { query: 'version=1' })).toMatchObject({ status: 409 });
  });

  it('removes settings, and still tells what they were', async () => {
    await put('priority: low');
    expect(await ask('delete', SETTINGS)).toMatchObject({ status: 200, json: { version: 2 } });
    expect(await ask('get', SETTINGS)).toMatchObject({ status: 404 });
    expect(await ask('delete', SETTINGS)).toMatchObject({ status: 404 });
    expect(await ask('get', SETTINGS, { query: 'version=1' })).toMatchObject({
      json: { document: { priority: 'low' } },
    });
    expect(await ask('get', SETTINGS, { query: 'version=2' })).toMatchObject({ status: 404 });
    const { json } = await ask('get', `${SETTINGS}/versions`);
    expect(SETTINGS_SCHEMAS.SettingsVersions.parse(json).versions.map((v) => [v.version, v.document])).toEqual([
      [2, null],
      [1, { priority: 'low' }],
    ]);
  });

  it('checks without keeping', async () => {
    const good = await ask('post', '/v1/settings/validate', { body: 'priority: low' });
    expect(SETTINGS_SCHEMAS.SettingsValid.parse(good.json).settings).toMatchObject({ priority: 'low' });
    expect(await ask('post', '/v1/settings/validate', { body: 'priority: x' })).toMatchObject({ status: 422 });
    expect((await ask('get', '/v1/settings')).json).toEqual({ cameras: [], next: null });
  });

  it('lists cameras with settings', async () => {
    await put('{}', { parameter: 'b' });
    await put('{}', { parameter: 'a' });
    const { json } = await ask('get', '/v1/settings', { query: 'limit=1' });
    expect(SETTINGS_SCHEMAS.SettingsPage.parse(json)).toMatchObject({ cameras: [{ camera: 'a' }], next: 'a' });
    expect(await ask('get', '/v1/settings', { query: 'limit=0' })).toMatchObject({ status: 400 });
  });

  it('refuses what is no camera', async () => {
    expect(await put('{}', { parameter: 'a%2Fb' })).toMatchObject({ status: 400, json: { code: 'bad_camera_id' } });
    expect(await put('{}', { parameter: '%' })).toMatchObject({ status: 400 });
  });

  it('tells who changed what, and whether that can be relied on', async () => {
    await put('priority: low');
    await put('{}', { who: '' });
    await put('{}', { parameter: 'south' });
    const { json } = await ask('get', '/v1/audit', { query: 'camera=north&after=0' });
    expect(SETTINGS_SCHEMAS.AuditPage.parse(json)).toMatchObject({
      last: 3,
      next: null,
      entries: [
        { seq: 1, who: 'ann', via: '10.0.0.7', before: null, after: { priority: 'low' } },
        { seq: 2, who: 'unknown', before: { priority: 'low' }, after: {} },
      ],
    });
    expect((await ask('get', '/v1/audit/verify')).json).toMatchObject({ kind: 'intact', records: 3 });
    expect(await ask('get', '/v1/audit', { query: 'after=x' })).toMatchObject({ status: 400 });
    expect(await ask('get', '/v1/audit', { query: 'camera=%2F' })).toMatchObject({ status: 400 });
  });

  it('is described, every route of it', () => {
    const described = OPERATIONS.map((o) => `${o.method} ${o.path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    for (const { method, pattern } of routes) expect(described).toContain(`${method} ${pattern}`);
  });
});
