import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import { describe, expect, it } from 'vitest';
import { CameraBook } from '../../../../actors/camera-book.ts';
import { CameraFlow } from '../../../../actors/camera-flow.ts';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import { type CameraId, parseCameraId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { type CameraSocketServices, CameraSockets } from '../../../../src/ingest/camera-socket.ts';
import { IngestCounters } from '../../../../src/ingest/ingest-counters.ts';

/** Handshakes with a node that refuses new cameras for `retryAfterS`, or takes all. */
function node(retryAfterS: number | undefined) {
  const book = new CameraBook({
    clock: new ManualClock(),
    camerasMax: 10,
    newFlow: () => new CameraFlow('low', { fpsMin: 2, fpsMax: 7.25 }, 2),
  });
  const counters = new IngestCounters();
  const services = {
    ...{ book, counters, config: nodeConfigSchema.parse({}) },
    refusesNew: () => (retryAfterS === undefined ? undefined : { retryAfterS }),
    access: { token: null, allowedOrigins: [] },
    ingest: {
      draining: false,
      hold: (camera: CameraId) => book.open(camera, shardId(1)),
      nextConnectionId: () => 1,
    },
    connection: {},
  } as unknown as CameraSocketServices;
  const sockets = new CameraSockets(services);
  const connect = (camera: string): { status: string; headers: Record<string, string>; body: string } => {
    const answer = { status: '101', headers: {} as Record<string, string>, body: '' };
    const res = {
      cork: (fn: () => void) => fn(),
      writeStatus(status: string) {
        answer.status = status;
        return this;
      },
      writeHeader(name: string, value: string) {
        answer.headers[name] = value;
        return this;
      },
      end(body: string) {
        answer.body = body;
        return this;
      },
      upgrade: () => {},
    } as unknown as HttpResponse;
    const req = {
      getParameter: () => camera,
      getHeader: (name: string) => (name === 'host' ? 'localhost' : ''),
      getQuery: () => undefined,
    } as unknown as HttpRequest;
    sockets.upgrade(res, req, {} as us_socket_context_t);
    return answer;
  };
  const know = (camera: string): void => {
    const id = parseCameraId(camera);
    if (id !== undefined) book.open(id, shardId(1));
  };
  return { connect, know, counters };
}

describe('new cameras under overload', () => {
  it('are refused with 503 and the wait configured, and counted', () => {
    const { connect, counters } = node(10);
    const answer = connect('new-1');
    expect(answer.status).toBe('503 Service Unavailable');
    expect(answer.headers).toMatchObject({ 'retry-after': '10', 'content-type': 'application/problem+json' });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 503, code: 'overloaded' });
    expect(Object.fromEntries(counters.connectionsRefused)).toEqual({ overloaded: 1 });
    expect(counters.connectionsOpen).toBe(0);
  });

  it('are let in again where the node still knows them', () => {
    const { connect, know, counters } = node(10);
    know('old-1');
    expect(connect('old-1').status).toBe('101');
    expect(counters.connectionsRefused.size).toBe(0);
  });

  it('are let in on every other rung', () => {
    expect(node(undefined).connect('new-1').status).toBe('101');
  });
});
