import { beforeEach, describe, expect, it } from 'vitest';
import { CameraRecord } from '../../../../actors/camera-book.ts';
import { CameraFlow } from '../../../../actors/camera-flow.ts';
import { NONE_ANSWERED } from '../../../../actors/frame-source.ts';
import type { Frame } from '../../../../core/frame.ts';
import { connectionId, parseCameraId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { FrameOutcome } from '../../../../core/outcome.ts';
import { CameraConnection } from '../../../../src/ingest/camera-connection.ts';
import { IngestCounters } from '../../../../src/ingest/ingest-counters.ts';

const camera = parseCameraId('cam-1');
if (camera === undefined) throw new Error('no camera id');

const frame = (seq: number): Frame => ({
  camera,
  seq,
  receivedAtMs: 0,
  receivedWallMs: 1_000.4,
  capturedWallMs: undefined,
  header: { format: 'jpeg', width: 64, height: 48, orientation: 1, components: 3 },
  bytes: new Uint8Array(0),
});
const inferred: FrameOutcome = {
  kind: 'inferred',
  model: 'm@1',
  inputSize: 320,
  batchSize: 1,
  weakDetections: [],
  detections: [],
  timing: { queueMs: 0, decodeMs: 0, deviceWaitMs: 0, computeMs: 0 },
};
const shed: FrameOutcome = { kind: 'shed', reason: 'superseded' };

/** What uWebSockets.js does to a connection, as far as it is used. */
class FakeSocket {
  readonly sent: unknown[] = [];
  ended: readonly [number, string] | undefined;
  full = false;

  send(text: string): number {
    if (this.full) return 2;
    this.sent.push(JSON.parse(text));
    return 1;
  }
  end(code: number, reason: string): void {
    this.ended = [code, reason];
  }
}

describe('CameraConnection', () => {
  let clock: ManualClock;
  let counters: IngestCounters;
  let socket: FakeSocket;

  beforeEach(() => {
    clock = new ManualClock();
    counters = new IngestCounters();
    socket = new FakeSocket();
  });

  function connect(results: boolean, credit = 8): CameraConnection {
    const services = { clock, counters, nodeId: 'n', ackDelayMsMax: 100, badMessagesMax: 3 };
    const record = new CameraRecord(
      camera as NonNullable<typeof camera>,
      shardId(1),
      new CameraFlow('normal', { fpsMin: 2, fpsMax: 10 }, 4),
    );
    const connection = new CameraConnection(connectionId(1), record, { results, redirects: false }, services);
    connection.attach(socket as unknown as Parameters<CameraConnection['attach']>[0]);
    connection.welcome({ shard: shardId(1), epoch: 1 as never, credit, target: { fps: 1, width: 2, height: 2 } });
    socket.sent.length = 0;
    return connection;
  }

  it('gathers acks for ackDelayMsMax, then sends one for all', () => {
    const connection = connect(false);
    connection.settled(frame(1), inferred, 5, 1);
    clock.advance(60);
    connection.settled(frame(2), inferred, 5, 2);
    expect(socket.sent).toEqual([]);
    clock.advance(40);
    expect(socket.sent).toEqual([{ type: 'ack', upTo: 2, shed: [] }]);
    clock.advance(1_000);
    expect(socket.sent).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends an ack at once where half the window waits for it', () => {
    const connection = connect(false, 4);
    connection.settled(frame(1), inferred, 5, 1);
    expect(socket.sent).toEqual([]);
    connection.settled(frame(2), inferred, 5, 2);
    expect(socket.sent).toEqual([{ type: 'ack', upTo: 2, shed: [] }]);
  });

  it('names what was shed or lost although older frames are still unanswered', () => {
    const connection = connect(false);
    connection.settled(frame(2), shed, 5, 0);
    connection.settled(frame(3), { kind: 'lost', reason: 'device_failed' }, 5, 0);
    clock.advance(100);
    expect(socket.sent).toEqual([
      {
        type: 'ack',
        upTo: 0,
        shed: [
          { seq: 2, reason: 'superseded' },
          { seq: 3, reason: 'device_failed' },
        ],
      },
    ]);
  });

  it('tells what was shed before a result, in an ack that does not cover the result', () => {
    const connection = connect(true);
    connection.settled(frame(1), inferred, 5.26, 1);
    connection.settled(frame(3), shed, 5, 1);
    connection.settled(frame(2), inferred, 5, 3);
    connection.settled(frame(4), inferred, 5, 4);
    expect(socket.sent.map((m) => m as { type: string; seq?: number; upTo?: number })).toMatchObject([
      { type: 'result', seq: 1, latencyMs: 5.3, receivedAt: 1_000 },
      { type: 'ack', upTo: 1, shed: [{ seq: 3, reason: 'superseded' }] },
      { type: 'result', seq: 2 },
      { type: 'result', seq: 4 },
    ]);
    clock.advance(1_000);
    expect(socket.sent).toHaveLength(4);
  });

  it('claims nothing of older frames where one is dropped before its camera actor saw it', () => {
    const connection = connect(true);
    connection.settled(frame(9), { kind: 'shed', reason: 'draining' }, 0, NONE_ANSWERED);
    clock.advance(100);
    expect(socket.sent).toEqual([{ type: 'ack', upTo: 0, shed: [{ seq: 9, reason: 'draining' }] }]);
  });

  it('counts what it could not send', () => {
    const connection = connect(true);
    socket.full = true;
    connection.settled(frame(1), inferred, 5, 1);
    expect(counters.answersDropped).toBe(1);
  });

  it('ends after badMessagesMax bad messages in a row, a result between them forgiving all', () => {
    const connection = connect(true);
    for (let i = 0; i < 2; i++) connection.bad('not_an_image', 'x', 1);
    connection.settled(frame(3), inferred, 5, 3);
    for (let i = 0; i < 2; i++) connection.bad('not_an_image', 'x', undefined);
    expect(socket.ended).toBeUndefined();
    connection.settled(frame(6), { kind: 'rejected', reason: 'image_corrupt', message: 'x' }, 1, 6);
    expect(socket.ended).toEqual([4002, 'too_many_bad_messages']);
    expect(counters.closed.get('too_many_bad_messages')).toBe(1);
  });

  it('sends nothing and holds no timer once its socket is gone', () => {
    const connection = connect(false);
    connection.settled(frame(1), shed, 5, 1);
    connection.detach();
    expect(clock.pendingTimers).toBe(0);
    connection.settled(frame(2), inferred, 5, 2);
    connection.goodbye();
    expect(connection.open).toBe(false);
    expect(socket.sent).toEqual([]);
    expect(socket.ended).toBeUndefined();
  });

  it('says the last ack before goodbye', () => {
    const connection = connect(false);
    connection.settled(frame(1), inferred, 5, 1);
    connection.goodbye();
    expect(socket.sent).toEqual([{ type: 'ack', upTo: 1, shed: [] }]);
    expect(socket.ended).toEqual([1001, 'draining']);
  });
});
