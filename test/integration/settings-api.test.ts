import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureDemoSettings } from '../../src/demo/demo-settings.ts';
import { startTestNode, stopTestNodes } from '../support/node.ts';

const example = (name: string) => readFileSync(join(import.meta.dirname, `../../config/examples/${name}.yaml`), 'utf8');
const YAML = { 'content-type': 'application/yaml', 'x-camshard-who': 'ann' };

afterEach(stopTestNodes);

describe('settings of a running node', () => {
  it('are set, read, replaced only by whoever has seen them, and audited', async () => {
    const node = await startTestNode();
    const path = '/v1/cameras/north/settings';
    const put = await node.get(path, { method: 'PUT', headers: YAML, body: example('traffic') });
    expect([put.status, put.headers.get('etag')]).toEqual([200, '"1"']);
    const text = await node.get(path, { headers: { accept: 'application/yaml' } });
    expect(await text.text()).toBe(example('traffic'));

    const late = await node.get(path, { method: 'PUT', headers: { ...YAML, 'if-match': '"0"' }, body: '{}' });
    expect(late.status).toBe(412);
    const wrong = await node.get(path, { method: 'PUT', headers: YAML, body: 'priority: high\n' });
    expect(wrong.status).toBe(422);
    expect(await wrong.json()).toMatchObject({ faults: [{ path: 'priority', line: 1 }] });

    const gone = await node.get(path, { method: 'DELETE', headers: { 'x-camshard-who': 'ben' } });
    expect(gone.status).toBe(200);
    expect((await node.get(path)).status).toBe(404);
    expect(await node.getJson('/v1/audit?camera=north&after=0')).toMatchObject({
      entries: [
        { who: 'ann', via: '127.0.0.1', action: 'camera_settings.set' },
        { who: 'ben', action: 'camera_settings.removed' },
      ],
    });
    expect(await node.getJson('/v1/audit/verify')).toMatchObject({ kind: 'intact', records: 2 });
  });

  it('take a body no larger than settings may be', async () => {
    const node = await startTestNode();
    const body = `# ${'x'.repeat(300_000)}\n`;
    const answer = await node.get('/v1/cameras/north/settings', { method: 'PUT', headers: YAML, body });
    expect(answer.status).toBe(413);
  });
});

describe('settings of demo cameras', () => {
  const PATH = '/v1/cameras/demo-highway/settings';
  const notes: string[] = [];
  const ensure = (url: string, token?: string) =>
    ensureDemoSettings({ url, token, verifyTls: true }, 'demo-highway', 'highway', (why) => notes.push(why));

  it('are those of their scene, and never overwrite nor bring back what somebody set or took away', async () => {
    const node = await startTestNode();
    await ensure(node.url);
    expect(await node.getJson(PATH)).toMatchObject({
      version: 1,
      updatedBy: 'demo',
      settings: { pipeline: 'traffic' },
    });
    await node.get(PATH, { method: 'PUT', headers: YAML, body: 'pipeline: none\n' });
    await ensure(node.url);
    expect(await node.getJson(PATH)).toMatchObject({ version: 2, updatedBy: 'ann', settings: { pipeline: 'none' } });
    await node.get(PATH, { method: 'DELETE', headers: YAML });
    await ensure(node.url);
    expect((await node.get(PATH)).status).toBe(404);
    expect(notes).toEqual([]);
  });

  it('cost a note where a node refuses or is not there', async () => {
    const node = await startTestNode({ auth: { token: 'a token of some length' } });
    await ensure(node.url, 'wrong');
    await node.stop();
    await ensure(node.url);
    expect(notes).toEqual([
      expect.stringMatching(/^demo-highway has no settings: .*401/),
      expect.stringMatching(/^demo-highway has no settings: cannot reach/),
    ]);
  });
});
