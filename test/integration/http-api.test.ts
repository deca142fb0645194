import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import type { CameraSummary } from '../../core/protocol.ts';
import { TestCamera } from '../support/camera.ts';
import { assertConforms, type OpenApi } from '../support/conforms.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { corruptJpeg, jpeg, jpegOfBytes, png, webp } from '../support/pictures.ts';
import { until } from '../support/until.ts';

const post = (node: TestNode, camera: string, body: Uint8Array | string, type = 'image/jpeg'): Promise<Response> =>
  node.get(`/v1/cameras/${camera}/frames`, { method: 'POST', body, headers: { 'content-type': type } });

describe('the HTTP API', () => {
  let node: TestNode;
  let document: OpenApi;
  beforeAll(async () => {
    node = await startTestNode({ ingest: { frameBytesMax: 200_000 }, devices: [simulated({ decode: true })] });
    document = await node.getJson<OpenApi>('/openapi.json');
  });
  afterAll(stopTestNodes);

  /** Fetches, holds the answer against the document, and gives its body. */
  async function check(path: string, url: string, status = 200): Promise<unknown> {
    const answer = await node.get(url);
    expect([url, answer.status]).toEqual([url, status]);
    return await assertConforms(document, 'get', path, answer);
  }
  async function checkPost(camera: string, body: Uint8Array | string, type: string, status: number): Promise<unknown> {
    const answer = await post(node, camera, body, type);
    expect(answer.status).toBe(status);
    return await assertConforms(document, 'post', '/v1/cameras/{id}/frames', answer);
  }

  describe('POST /v1/cameras/{id}/frames', () => {
    it('answers a JPEG, PNG or WebP with what was found in it', async () => {
      for (const [body, type] of [
        [await jpeg({ width: 200, height: 100 }), 'image/jpeg'],
        [await png({ width: 200, height: 100 }), 'image/png'],
        [await webp({ width: 200, height: 100 }), 'image/webp'],
        [await jpeg(), 'IMAGE/JPEG; charset=binary'],
      ] as const) {
        expect(await checkPost('post-1', body, type, 200)).toMatchObject({
          type: 'result',
          seq: 1,
          model: 'simulated@1',
          detections: [expect.anything(), expect.anything()],
        });
      }
      expect(await node.getJson('/v1/cameras/post-1')).toMatchObject({ ledger: { received: 4, inferred: 4 } });
    });

    it('refuses a bad picture with 400 and its reason, and counts it', async () => {
      const before = (await node.settledLedger()).total;
      const good = await jpeg();
      for (const [body, code] of [
        [new Uint8Array(0), 'empty_message'],
        ['no picture', 'not_an_image'],
        [await png(), 'unsupported_image'],
        [good.subarray(0, good.byteLength - 30), 'image_truncated'],
        [await jpeg({ width: 8, height: 8 }), 'dimensions_too_small'],
        [await corruptJpeg(), 'image_corrupt'],
        ['CSF1', 'bad_envelope'],
      ] as const) {
        expect(await checkPost('post-2', body, 'image/jpeg', 400)).toMatchObject({ code });
      }
      const { total } = await node.settledLedger();
      expect(total.received - before.received).toBe(7);
      expect(sumCounts(total.rejected) - sumCounts(before.rejected)).toBe(7);
    });

    it('refuses another media type with 415 and a body too large with 413, before any frame is counted', async () => {
      const before = (await node.ledger()).total.received;
      expect(await checkPost('post-3', 'x', 'text/plain', 415)).toMatchObject({ code: 'unsupported_media_type' });
      const bare = await node.get('/v1/cameras/post-3/frames', { method: 'POST', body: new Uint8Array(3) });
      expect(bare.status).toBe(415);
      expect(await checkPost('post-3', await jpegOfBytes(200_001), 'image/jpeg', 413)).toMatchObject({
        code: 'frame_too_large',
      });
      // Without a Content-Length the node finds out on the way.
      const chunked = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 5; i++) controller.enqueue(new Uint8Array(50_000));
          controller.close();
        },
      });
      const streamed = await node
        .get('/v1/cameras/post-3/frames', {
          method: 'POST',
          body: chunked,
          headers: { 'content-type': 'image/jpeg' },
          duplex: 'half',
        } as RequestInit)
        .then((answer) => answer.status)
        .catch(() => 'cut');
      expect([413, 'cut']).toContain(streamed);
      expect((await node.ledger()).total.received).toBe(before);
      expect((await checkPost('post-3', await jpegOfBytes(200_000), 'image/jpeg', 200)) as object).toMatchObject({
        seq: 1,
      });
    });

    it('refuses a camera id that is none', async () => {
      expect(await checkPost('a%20b', await jpeg(), 'image/jpeg', 400)).toMatchObject({ code: 'bad_camera_id' });
      expect(await checkPost('%zz', await jpeg(), 'image/jpeg', 400)).toMatchObject({ code: 'bad_camera_id' });
    });
  });

  describe('reading', () => {
    it('answers every route as the document says', async () => {
      const camera = await TestCamera.welcomed(node, 'read-1');
      camera.sendEnvelope(await jpeg({ width: 200, height: 100 }), 12);
      await camera.next('result');
      expect(await check('/healthz', '/healthz')).toEqual({ status: 'ok', version: '0.0.0-test' });
      expect(await check('/readyz', '/readyz')).toEqual({ status: 'ready' });
      expect(await check('/v1/cameras', '/v1/cameras')).toMatchObject({ next: null });
      expect(await check('/v1/cameras/{id}', '/v1/cameras/read-1')).toMatchObject({
        camera: 'read-1',
        connected: true,
        width: 200,
        height: 100,
        ledger: { received: 1, inferred: 1 },
      });
      await check('/v1/ledger', '/v1/ledger');
      expect(await check('/v1/nodes', '/v1/nodes')).toMatchObject({ nodes: [{ node: 'node-1', ready: true }] });
      const { shards } = (await check('/v1/shards', '/v1/shards')) as { shards: { cameras: number }[] };
      expect(shards).toHaveLength(256);
      const { length } = (await node.getJson<{ cameras: unknown[] }>('/v1/cameras')).cameras;
      expect(shards.reduce((sum, shard) => sum + shard.cameras, 0)).toBe(length);
      expect(await check('/v1/models', '/v1/models')).toMatchObject({
        models: [{ model: 'simulated@1', serves: true }],
      });
      expect(await check('/v1/overload', '/v1/overload')).toMatchObject({
        rung: 0,
        rungs: expect.arrayContaining([{ kind: 'normal', inputSize: expect.any(Number) }]),
      });
      const { events, lastId } = (await check('/v1/events', '/v1/events')) as {
        events: { id: number; kind: string }[];
        lastId: number;
      };
      expect(events.map((event) => event.kind)).toContain('device_ready');
      expect(lastId).toBe(events.at(-1)?.id);
      expect(await check('/v1/events', `/v1/events?after=${lastId}`)).toMatchObject({ events: [] });
      await check('/v1/events', '/v1/events?limit=0', 400);
      expect(await check('/v1/quarantine', '/v1/quarantine')).toEqual({ frames: [], cameras: [], rejected: 0 });
      await check('/metrics', '/metrics');
      await check('/openapi.json', '/openapi.json');
      await check('/v1/cameras/{id}', '/v1/cameras/nobody', 404);
      await check('/v1/cameras/{id}', '/v1/cameras/no%20body', 400);
      await check('/v1/cameras/{id}/frame', '/v1/cameras/nobody/frame', 404);
      await check('/v1/cameras', '/v1/cameras?limit=0', 400);
      await check('/v1/ledger', '/v1/ledger?limit=many', 400);
      await camera.close();
    });

    it('gives the last picture as JPEG, also where it came as something else', async () => {
      const picture = await jpeg({ width: 200, height: 100 });
      await post(node, 'last-1', picture);
      const last = await node.get('/v1/cameras/last-1/frame');
      expect(last.headers.get('x-camshard-seq')).toBe('1');
      expect(last.headers.get('cache-control')).toBe('no-store');
      expect(
        Buffer.from((await assertConforms(document, 'get', '/v1/cameras/{id}/frame', last)) as ArrayBuffer),
      ).toEqual(picture);
      await post(node, 'last-1', await png({ width: 200, height: 100 }), 'image/png');
      const converted = await node.get('/v1/cameras/last-1/frame');
      expect(converted.headers.get('content-type')).toBe('image/jpeg');
      expect(Buffer.from(await converted.arrayBuffer()).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    });

    it('pages cameras and ledgers by name, without gaps or repeats', async () => {
      const names = ['p-1', 'p-2', 'p-3', 'p-4', 'p-5'];
      for (const name of names) await post(node, name, await jpeg());
      for (const path of ['/v1/cameras', '/v1/ledger']) {
        const seen: string[] = [];
        let after = 'p';
        for (let turn = 0; turn < 10; turn++) {
          const page = (await check(path, `${path}?limit=2&after=${after}`)) as {
            cameras: object;
            next: string | null;
          };
          seen.push(
            ...(Array.isArray(page.cameras)
              ? page.cameras.map((camera: CameraSummary) => camera.camera)
              : Object.keys(page.cameras)),
          );
          if (page.next === null) break;
          after = page.next;
        }
        expect(seen.filter((name) => name.startsWith('p-'))).toEqual(names);
        expect(new Set(seen).size).toBe(seen.length);
      }
    });

    it('answers what it does not know with a 404 problem', async () => {
      for (const [method, path] of [
        ['GET', '/v1/nothing'],
        ['DELETE', '/v1/cameras'],
        ['POST', '/healthz'],
        ['GET', '/v1/cameras/x/stream'],
      ] as const) {
        const answer = await node.get(path, { method });
        expect([path, answer.status]).toEqual([path, 404]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(await answer.json()).toEqual({
          type: 'about:blank',
          title: 'Not Found',
          status: 404,
          code: 'not_found',
          detail: expect.any(String),
        });
      }
    });

    it('says Retry-After and the media type of problems where something is wrong', async () => {
      const answer = await post(node, 'a%20b', 'x');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.json()).toMatchObject({ title: 'Bad Request', status: 400 });
    });
  });

  describe('/metrics', () => {
    it('parses, has no label with a camera’s name, and sums to the ledger', async () => {
      const camera = await TestCamera.welcomed(node, 'metric-camera-1');
      camera.send(Buffer.from('garbage'));
      for (let i = 0; i < 20; i++) camera.send(await jpeg());
      const { total } = await node.settledLedger();
      const answer = await node.get('/metrics');
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      const series = parseMetrics(await answer.text());
      expect([...series.keys()].filter((key) => key.includes('metric-camera'))).toEqual([]);
      expect([...series.keys()].filter((key) => /camera="/.test(key))).toEqual([]);
      const settled = [...series].filter(([key]) => key.startsWith('camshard_frames_settled_total'));
      expect(series.get('camshard_frames_received_total')).toBe(total.received);
      expect(settled.reduce((sum, [, value]) => sum + value, 0)).toBe(total.received);
      expect(series.get('camshard_frames_in_flight')).toBe(0);
      expect(series.get('camshard_frames_settled_total{outcome="inferred",reason=""}')).toBe(total.inferred);
      expect(series.get('camshard_frame_latency_seconds_count')).toBe(total.inferred);
      for (const kind of ['shed', 'rejected', 'lost'] as const) {
        for (const [reason, n] of Object.entries(total[kind])) {
          expect(series.get(`camshard_frames_settled_total{outcome="${kind}",reason="${reason}"}`)).toBe(n);
        }
      }
      expect(series.get('camshard_camera_connections')).toBe(1);
      expect(series.get('camshard_device_ready{device="simulated-0"}')).toBe(1);
      expect(series.get('camshard_dead_letters_total')).toBe(0);
      expect(series.get('camshard_overload_rung')).toBe(0);
      expect(series.get('camshard_overload_capacity_frames_per_second')).toBeGreaterThan(0);
      expect(series.get('camshard_events_total{kind="device_ready"}')).toBe(1);
      await camera.close();
    });
  });
});

describe('an HTTP picture in trouble', () => {
  afterEach(stopTestNodes);

  const conforms = async (node: TestNode, answer: Response): Promise<unknown> =>
    assertConforms(await node.getJson<OpenApi>('/openapi.json'), 'post', '/v1/cameras/{id}/frames', answer);

  it('is answered with 429 and Retry-After where a newer one of its camera took its place', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 60, batchMax: 1 })] });
    const answers = await Promise.all([1, 2, 3, 4, 5].map(async () => post(node, 'busy-1', await jpeg())));
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
    const superseded = answers.find((answer) => answer.status === 429);
    if (superseded === undefined) throw new Error(`none was superseded: ${statuses}`);
    expect(superseded.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await conforms(node, superseded)).toMatchObject({ code: 'superseded', status: 429 });
  });

  it('is answered with 503 and Retry-After where it cannot be in time', async () => {
    const node = await startTestNode({
      devices: [simulated({ baseMs: 200 })],
      batching: { frameDeadlineMs: 100 },
    });
    // The first runs all the same, late, so that the node learns what a frame costs now; the second is told at once.
    const first = post(node, 'probe-1', await jpeg());
    const answer = await post(node, 'late-1', await jpeg());
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await conforms(node, answer)).toMatchObject({ code: 'expired' });
    expect((await first).status).toBe(200);
    expect((await node.ledger()).total).toMatchObject({ inferred: 1, shed: { expired: 1 }, inFlight: 0 });
  });

  it('is answered soon after its deadline although its device hangs, and counted when that is found out', async () => {
    const node = await startTestNode({ batching: { frameDeadlineMs: 100 } });
    await node.get('/v1/debug/faults', { method: 'POST', body: JSON.stringify({ fault: 'hang' }) });
    const answer = await post(node, 'hung-1', await jpeg());
    expect(answer.status).toBe(503);
    expect(await conforms(node, answer)).toMatchObject({ code: 'overdue' });
    expect((await node.ledger()).total.inFlight).toBe(1);
    const { total } = await node.settledLedger();
    expect(total).toMatchObject({ received: 1, lost: { device_failed: 1 } });
  });

  it('leaves an account that closes where the client gives up before its answer', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 80 })] });
    const abort = new AbortController();
    const body = await jpeg();
    const request = node.get('/v1/cameras/quit-1/frames', {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg' },
      signal: abort.signal,
    });
    await until('the picture to be taken', async () => (await node.ledger()).total.received === 1);
    abort.abort();
    await expect(request).rejects.toThrow();
    expect((await node.settledLedger()).total).toMatchObject({ received: 1, inferred: 1 });
    await until(
      'the request to be let go',
      async () => (await node.getJson<CameraSummary>('/v1/cameras/quit-1')).connected === false,
    );
  });

  it('keeps a ledger of which every page adds up', async () => {
    const node = await startTestNode();
    for (const name of ['a', 'b', 'c']) await post(node, name, await jpeg());
    const ledger = await node.settledLedger();
    const sum = Object.values(ledger.cameras).reduce((n, camera) => n + camera.received, ledger.folded.received);
    expect(sum).toBe(ledger.total.received);
    expect(ledgerImbalance(ledger.total)).toBe(0);
  });
});

/** Series and values of a Prometheus text exposition; throws at a line that is none. */
function parseMetrics(text: string): Map<string, number> {
  const series = new Map<string, number>();
  const types = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) /.exec(line);
    if (comment !== null) {
      if (comment[1] === 'TYPE') types.add(comment[2] ?? '');
      continue;
    }
    const match = /^([a-z_:][a-z0-9_:]*)(\{[^{}]*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/i.exec(line);
    if (match === null) throw new Error(`no series: ${line}`);
    const base = (match[1] ?? '').replace(/_(bucket|sum|count)$/, '');
    if (!types.has(base) && !types.has(match[1] ?? '')) throw new Error(`no TYPE for ${line}`);
    const key = `${match[1]}${match[2] ?? ''}`;
    if (series.has(key)) throw new Error(`twice: ${key}`);
    series.set(key, Number(match[3]));
  }
  return series;
}
