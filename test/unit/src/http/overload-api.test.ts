import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { CameraBook } from '../../../../actors/camera-book.ts';
import { CameraFlow } from '../../../../actors/camera-flow.ts';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import { parseCameraId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { OverloadStatus } from '../../../../core/overload.ts';
import { type ApiServices, apiRoutes } from '../../../../src/http/api.ts';
import type { ApiAnswer } from '../../../../src/http/exchange.ts';
import { openApiDocument } from '../../../../src/http/openapi.ts';
import { IngestCounters } from '../../../../src/ingest/ingest-counters.ts';
import { EventLog } from '../../../../src/telemetry/event-log.ts';
import { assertConforms, type OpenApi } from '../../../support/conforms.ts';

const status: OverloadStatus = {
  node: 'n',
  rung: 1,
  rungs: [
    { kind: 'normal', inputSize: 320 },
    { kind: 'lower_fps', inputSize: 320 },
  ],
  sinceAt: 1_700_000_000_000,
  why: 'too many cameras',
  load: {
    receivedFps: 90,
    wantedFps: 200,
    grantedFps: 60,
    capacityFps: 75.5,
    satisfaction: 0.7,
    lateShare: 0.25,
    queueDelayMsMax: 60,
  },
};
const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3'))) as OpenApi;

describe('the API under overload', () => {
  let services: ApiServices;
  let events: EventLog;
  let counters: IngestCounters;
  let book: CameraBook;
  let refusing: { readonly retryAfterS: number } | undefined;

  beforeEach(() => {
    const clock = new ManualClock();
    events = new EventLog({ clock, log: pino({ level: 'silent' }) });
    counters = new IngestCounters();
    book = new CameraBook({
      clock,
      camerasMax: 10,
      newFlow: () => new CameraFlow('low', { fpsMin: 2, fpsMax: 7.25 }, 2),
    });
    refusing = undefined;
    services = {
      config: nodeConfigSchema.parse({}),
      ...{ book, counters, events },
      overload: () => status,
      refusesNew: () => refusing,
      // As far as a refused picture gets; one that is let in is turned away for its id's sake.
      ingest: { draining: false, hold: () => undefined },
    } as unknown as ApiServices;
  });

  async function ask(method: 'get' | 'post', pattern: string, parameter = '', query = ''): Promise<ApiAnswer> {
    const route = apiRoutes(services).find((r) => r.method === method && r.pattern === pattern);
    if (route === undefined) throw new Error(`no route ${pattern}`);
    const head = {
      parameter,
      contentType: 'image/jpeg',
      ifNoneMatch: '',
      ifMatch: '',
      acceptEncoding: '',
      accept: '',
      who: '',
      why: '',
      from: '',
    };
    return route.handler({ ...head, query: new URLSearchParams(query), body: new Uint8Array(0) });
  }
  const conforming = async (method: 'get' | 'post', pattern: string, answer: ApiAnswer): Promise<unknown> => {
    const { status: code, headers } = answer;
    const response = new Response(answer.body as string, { status: code, ...(headers && { headers }) });
    return assertConforms(document, method, pattern.replace(/:(\w+)/g, '{$1}'), response);
  };

  it('answers where the node stands, as documented', async () => {
    const answer = await ask('get', '/v1/overload');
    expect(await conforming('get', '/v1/overload', answer)).toEqual(status);
  });

  it('answers events as documented, paged by id', async () => {
    for (let i = 0; i < 3; i++) {
      events.emit({ severity: 'warning', kind: 'rung_changed', message: 'up', data: { rung: i, from: null } });
    }
    const page = async (query: string) =>
      (await conforming('get', '/v1/events', await ask('get', '/v1/events', '', query))) as {
        events: { id: number }[];
      };
    expect((await page('')).events.map((event) => event.id)).toEqual([1, 2, 3]);
    expect(await page('after=1&limit=1')).toMatchObject({ lastId: 3, events: [{ id: 2, data: { rung: 1 } }] });
    for (const query of ['limit=0', 'limit=257', 'limit=x', 'after=-1', 'after=', 'after=1.5']) {
      expect(await page(query), query).toMatchObject({ status: 400, code: 'bad_query' });
    }
  });

  const frames = '/v1/cameras/:id/frames';

  it('refuses pictures of cameras it does not know on the last rung, says when to come back, and counts them', async () => {
    refusing = { retryAfterS: 17 };
    const answer = await ask('post', frames, 'new-1');
    expect(answer.headers).toMatchObject({ 'retry-after': '17' });
    expect(await conforming('post', frames, answer)).toMatchObject({ status: 503, code: 'overloaded' });
    expect(Object.fromEntries(counters.connectionsRefused)).toEqual({ overloaded: 1 });
  });

  it('goes on with cameras it knows, and with all of them on any other rung', async () => {
    const known = parseCameraId('known-1');
    if (known !== undefined) book.open(known, shardId(1));
    const code = async (camera: string) => JSON.parse(String((await ask('post', frames, camera)).body)).code;
    refusing = { retryAfterS: 17 };
    expect(await code('known-1')).toBe('camera_limit');
    refusing = undefined;
    expect(await code('new-1')).toBe('camera_limit');
    const answer = await ask('post', frames, 'new-1');
    expect(answer.headers).toMatchObject({ 'retry-after': '2' });
    expect(counters.connectionsRefused.size).toBe(0);
  });
});
