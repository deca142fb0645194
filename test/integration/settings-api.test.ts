import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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
