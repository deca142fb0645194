import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HandshakeRefused, openSocket, TestCamera } from '../support/camera.ts';
import { assertConforms, type OpenApi } from '../support/conforms.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import { asResponse, rawGet } from '../support/raw-http.ts';

const TOKEN = 'correct-horse-battery-staple';
const GUESS = 'wrong-horse-battery-staple';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const PRIVATE_PATHS = ['/v1/cameras', '/v1/cameras/x', '/v1/cameras/x/frame', '/v1/ledger', '/v1/nodes', '/v1/shards'];

afterAll(stopTestNodes);

describe('a node with a token', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({
      auth: { token: TOKEN },
      server: { allowedOrigins: ['https://ops.example.org'] },
    });
  });

  it('asks for it on every HTTP route but probes and the document', async () => {
    for (const path of [...PRIVATE_PATHS, '/v1/models', '/metrics']) {
      const missing = await rawGet(node.port, path);
      expect([path, missing.status]).toEqual([path, 401]);
      expect(missing.headers['www-authenticate']).toBe('Bearer');
      expect(JSON.parse(missing.body)).toMatchObject({ code: 'token_missing' });
      expect(JSON.parse((await rawGet(node.port, path, bearer(GUESS))).body)).toMatchObject({ code: 'token_wrong' });
      for (const answer of [
        await rawGet(node.port, path, bearer(TOKEN)),
        await rawGet(node.port, `${path}?access_token=${TOKEN}`),
      ]) {
        expect([200, 404]).toContain(answer.status);
      }
    }
    for (const path of ['/healthz', '/readyz', '/openapi.json'])
      expect((await rawGet(node.port, path)).status).toBe(200);
  });

  it('asks for it before it takes a picture or breaks a device', async () => {
    const before = (await node.ledger()).total.received;
    for (const path of ['/v1/cameras/x/frames', '/v1/debug/faults']) {
      const answer = await fetch(node.url + path, {
        method: 'POST',
        body: await jpeg(),
        headers: { 'content-type': 'image/jpeg' },
      });
      expect(answer.status).toBe(401);
    }
    expect((await node.ledger()).total.received).toBe(before);
  });

  it('asks cameras for it, in the header or the query', async () => {
    await expect(TestCamera.connect(node, 'c-1')).rejects.toMatchObject({ status: 401, code: 'token_missing' });
    await expect(TestCamera.connect(node, 'c-1', { query: `access_token=${GUESS}` })).rejects.toMatchObject({
      status: 401,
      code: 'token_wrong',
    });
    for (const options of [{ headers: bearer(TOKEN) }, { query: `access_token=${TOKEN}` }]) {
      const camera = await TestCamera.welcomed(node, 'c-1', options);
      camera.send(await jpeg());
      await camera.next('result');
      await camera.close();
    }
    expect(await node.metric('camshard_camera_connections_refused_total{reason="token_missing"}')).toBe(1);
  });

  it('asks watchers for it, in the header or the query', async () => {
    const url = `${node.wsUrl}/v1/live`;
    await expect(openSocket(url)).rejects.toMatchObject({ status: 401, code: 'token_missing' });
    await expect(openSocket(`${url}?access_token=${GUESS}`)).rejects.toMatchObject({ code: 'token_wrong' });
    (await openSocket(url, [], { headers: bearer(TOKEN) })).close();
    (await openSocket(`${url}?topics=cluster&access_token=${TOKEN}`)).close();
  });

  it('lets in browsers of its own page and of allowed origins only, on HTTP and sockets', async () => {
    const own = `http://127.0.0.1:${node.port}`;
    for (const [origin, status] of [
      [own, 200],
      ['https://ops.example.org', 200],
      ['https://evil.example', 403],
      ['null', 403],
    ] as const) {
      const answer = await rawGet(node.port, '/v1/cameras', { ...bearer(TOKEN), origin });
      expect([origin, answer.status]).toEqual([origin, status]);
      const options = { headers: bearer(TOKEN), origin };
      for (const url of [`${node.wsUrl}/v1/live`, `${node.wsUrl}/v1/cameras/o-1/stream`]) {
        if (status === 200) (await openSocket(url, [], options)).close();
        else await expect(openSocket(url, [], options)).rejects.toMatchObject({ code: 'origin_not_allowed' });
      }
    }
  });

  it('refuses as the document says, handshakes included', async () => {
    const document = await node.getJson<OpenApi>('/openapi.json');
    for (const [path, url] of [
      ['/v1/cameras', '/v1/cameras'],
      ['/v1/cameras/{id}', '/v1/cameras/x'],
      ['/metrics', '/metrics'],
    ] as const) {
      for (const headers of [{}, bearer(GUESS), { ...bearer(TOKEN), origin: 'https://evil.example' }]) {
        await assertConforms(document, 'get', path, asResponse(await rawGet(node.port, url, headers)));
      }
    }
    for (const [path, url] of [
      ['/v1/cameras/{id}/stream', '/v1/cameras/x/stream'],
      ['/v1/cameras/{id}/stream', `/v1/cameras/a%20b/stream?access_token=${TOKEN}`],
      ['/v1/live', '/v1/live'],
      ['/v1/live', `/v1/live?topics=nonsense&access_token=${TOKEN}`],
    ] as const) {
      const refused = await openSocket(node.wsUrl + url).catch((error: unknown) => error);
      if (!(refused instanceof HandshakeRefused)) throw new Error(`${url} was not refused`);
      await assertConforms(document, 'get', path, asResponse(refused));
    }
  });

  it('serves any host name', async () => {
    const answer = await rawGet(node.port, '/v1/cameras', { ...bearer(TOKEN), host: 'node-7.example.org' });
    expect(answer.status).toBe(200);
  });

  it('writes neither the token nor a wrong one to its log, to metrics or to an answer', async () => {
    await rawGet(node.port, `/v1/nothing?access_token=${TOKEN}`);
    const answers = await Promise.all([
      rawGet(node.port, '/metrics', bearer(TOKEN)),
      rawGet(node.port, '/v1/nodes', bearer(TOKEN)),
      rawGet(node.port, `/v1/cameras?access_token=${GUESS}`),
    ]);
    expect(node.logLines.length).toBeGreaterThan(1);
    for (const text of [...node.logLines, ...answers.map((answer) => answer.body)]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(GUESS);
    }
  });
});

describe('a node without a token', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode();
  });

  it('serves loopback names and nobody who came by another name', async () => {
    for (const host of [`127.0.0.1:${node.port}`, `localhost:${node.port}`, '[::1]']) {
      expect((await rawGet(node.port, '/v1/cameras', { host })).status).toBe(200);
    }
    for (const host of ['rebound.example', `rebound.example:${node.port}`, '192.168.7.7']) {
      const answer = await rawGet(node.port, '/v1/cameras', { host });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'host_not_allowed' });
      for (const path of ['/v1/live', '/v1/cameras/h-1/stream']) {
        await expect(openSocket(node.wsUrl + path, [], { headers: { host } })).rejects.toMatchObject({
          status: 403,
          code: 'host_not_allowed',
        });
      }
    }
  });

  it('refuses a page of another origin although it asks at a loopback name', async () => {
    const answer = await rawGet(node.port, '/v1/cameras', { origin: 'https://evil.example' });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    const socket = openSocket(`${node.wsUrl}/v1/cameras/o-1/stream`, [], { origin: 'https://evil.example' });
    await expect(socket).rejects.toMatchObject({ code: 'origin_not_allowed' });
  });
});
