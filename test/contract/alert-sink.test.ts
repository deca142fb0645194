import { once } from 'node:events';
import { createServer } from 'node:http';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../core/clock.ts';
import type { HistoryRecord } from '../../core/history-record.ts';
import { historySink } from '../../src/adapters/alerts/history-sink.ts';
import { liveSink } from '../../src/adapters/alerts/live-sink.ts';
import { mqttSink } from '../../src/adapters/alerts/mqtt-sink.ts';
import { redisSink } from '../../src/adapters/alerts/redis-sink.ts';
import { webhookSink } from '../../src/adapters/alerts/webhook-sink.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';
import type { AlertSink, Delivered, OutboxAlert } from '../../src/alerts/sink.ts';
import { createApp, listen } from '../../src/http/listen.ts';
import { LiveHub } from '../../src/live/live-hub.ts';
import { alertOf } from '../support/alerts.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

/** A far end that a sink talks to, with the real program behind it. */
interface FarEnd {
  readonly sink: AlertSink;
  /** Ids of what arrived, `<alert id>:<state>`, in order. */
  readonly arrived: () => readonly string[];
  /** Makes it take nothing, and again. Absent where it is in the same process and always there. */
  readonly goAway?: () => Promise<void>;
  readonly comeBack?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const log = pino({ level: 'silent' });
const clock = systemClock;

async function redisEnd(): Promise<FarEnd> {
  const server = await RedisServer.start();
  const config = {
    url: server.url,
    cluster: false,
    connectTimeoutMs: 500,
    commandTimeoutMs: 500,
    streamLengthMax: 1_000,
  };
  const redis = openRedis({ config, name: 'test', clock, log });
  const sink = redisSink({ redis, cluster: 'test', streamLengthMax: 1_000 });
  await once(redis.client, 'ready');
  let subscriber = await server.subscribe('camshard:test:alerts');
  const before: string[] = [];
  return {
    sink,
    arrived: () => [...before, ...subscriber.messages.map(({ text }) => (JSON.parse(text) as AlertCloudEvent).id)],
    async goAway() {
      before.push(...subscriber.messages.map(({ text }) => (JSON.parse(text) as AlertCloudEvent).id));
      await server.kill();
      await subscriber.close();
    },
    async comeBack() {
      await server.start();
      subscriber = await server.subscribe('camshard:test:alerts');
    },
    async close() {
      await sink.close();
      await subscriber.close();
      await server.close();
    },
  };
}

async function webhookEnd(): Promise<FarEnd> {
  const ids: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    request.on('end', () => {
      if (status === 204) ids.push((JSON.parse(text) as AlertCloudEvent).id);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const sink = webhookSink({
    clock,
    webhook: {
      name: 'test',
      url: `http://127.0.0.1:${port}/hook`,
      secret: null,
      severities: ['info', 'warning', 'critical'],
      timeoutMs: 500,
    },
  });
  return {
    sink,
    arrived: () => ids,
    async goAway() {
      status = 503;
    },
    async comeBack() {
      status = 204;
    },
    async close() {
      await sink.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function mqttEnd(): Promise<FarEnd> {
  const server = await Mosquitto.start();
  const ids: string[] = [];
  const listen = async () => {
    const client = await connectAsync(server.url, { reconnectPeriod: 0 });
    client.on('message', (topic, payload) => {
      const event = JSON.parse(payload.toString()) as AlertCloudEvent;
      expect(topic).toBe(`camshard/test/alerts/${event.data.severity}/${event.data.camera}`);
      ids.push(event.id);
    });
    await client.subscribeAsync('camshard/test/alerts/#', { qos: 1 });
    return client;
  };
  let subscriber = await listen();
  const config = { url: server.url, username: null, password: null, topicPrefix: 'camshard' };
  const sink = mqttSink({ config, cluster: 'test', clientId: 'camshard-test', log, clock });
  return {
    sink,
    arrived: () => ids,
    async goAway() {
      await server.kill();
      await subscriber.endAsync(true);
    },
    async comeBack() {
      await server.start();
      subscriber = await listen();
    },
    async close() {
      await sink.close();
      await subscriber.endAsync(true);
      await server.close();
    },
  };
}

async function liveEnd(): Promise<FarEnd> {
  const server = { host: '127.0.0.1', port: 0, tls: null, allowedOrigins: [] };
  const hub = new LiveHub({ watchersMax: 4, bufferBytesMax: 1024 ** 2 });
  const app = createApp(server as never);
  hub.serve(
    app,
    { token: null, allowedOrigins: [] } as never,
    () => false,
    (error) => expect(error).toBeUndefined(),
  );
  const listening = await listen(app, server as never);
  const ids: string[] = [];
  const socket = new WebSocket(`${listening.url.replace('http', 'ws')}/v1/live?topics=alerts`);
  socket.on('message', (text) => {
    const message = JSON.parse(text.toString()) as { readonly alert: { readonly id: string; readonly state: string } };
    ids.push(`${message.alert.id}:${message.alert.state}`);
  });
  await once(socket, 'open');
  const sink = liveSink(hub, 'node-1');
  return {
    sink,
    arrived: () => ids,
    async close() {
      await sink.close();
      socket.terminate();
      app.close();
    },
  };
}

async function historyEnd(): Promise<FarEnd> {
  const ids: string[] = [];
  let answer: 'accepted' | 'full' = 'accepted';
  const sink = historySink({
    write(record: HistoryRecord) {
      if (answer === 'accepted' && record.kind === 'alert') ids.push(`${record.alert.id}:${record.alert.state}`);
      return answer;
    },
  });
  return {
    sink,
    arrived: () => ids,
    async goAway() {
      answer = 'full';
    },
    async comeBack() {
      answer = 'accepted';
    },
    close: () => sink.close(),
  };
}

it('tells the history who has seen an alert, and no sink that takes alerts alone', async () => {
  const written: HistoryRecord[] = [];
  const sink = historySink({
    write(record) {
      written.push(record);
      return 'accepted';
    },
  });
  const alert = alertOf('north');
  const outcome = await sink.deliver(
    [
      { position: 1, alert },
      { position: 2, alert, acknowledged: { who: 'kim', atMs: 7 } },
    ],
    new AbortController().signal,
  );
  const { id, camera, openedAtMs } = alert;
  expect(outcome).toEqual({ done: 2 });
  expect(written).toEqual([
    { kind: 'alert', alert },
    { kind: 'acknowledged', alert: { id, camera, openedAtMs }, who: 'kim', atMs: 7 },
  ]);
});

const ENDS = { redis: redisEnd, webhook: webhookEnd, mqtt: mqttEnd, live: liveEnd, history: historyEnd } as const;

describe.each(Object.keys(ENDS) as (keyof typeof ENDS)[])('alerts to %s', (name) => {
  let end: FarEnd;
  let position = 0;
  const open = new AbortController();
  const alerts = (n: number): OutboxAlert[] =>
    Array.from({ length: n }, () => ({
      position: ++position,
      alert: alertOf(`cam-${position % 3}`, { opening: position }),
    }));
  const idsOf = (some: readonly OutboxAlert[]) => some.map(({ alert }) => `${alert.id}:${alert.state}`);
  const deliver = (some: readonly OutboxAlert[]): Promise<Delivered> => end.sink.deliver(some, open.signal);
  /** As the delivery loop does: what was not taken is offered again. */
  const deliverAll = async (some: readonly OutboxAlert[]): Promise<void> => {
    let left = some;
    await until('all are taken', async () => {
      const { done } = await deliver(left.slice(0, end.sink.batchMax));
      left = left.slice(done);
      return left.length === 0;
    });
  };

  beforeAll(async () => {
    end = await ENDS[name]();
  });
  beforeEach(() => {
    position += 1_000;
  });
  afterAll(() => end.close());

  it('takes alerts in order', async () => {
    const some = alerts(10);
    await deliverAll(some);
    await until('they arrive', () => end.arrived().length >= 10);
    expect(end.arrived().slice(-10)).toEqual(idsOf(some));
  });

  it('takes none it was not offered, and says it is done with none of none', async () => {
    expect(await deliver([])).toMatchObject({ done: 0 });
  });

  it('says what it did not take while the far end is away, and takes it after', async ({ skip }) => {
    if (end.goAway === undefined || end.comeBack === undefined) return skip('it is never away');
    await end.goAway();
    const some = alerts(3);
    const { done, fault } = await until('it notices', async () => {
      const outcome = await deliver(some.slice(0, end.sink.batchMax));
      return outcome.fault !== undefined && outcome;
    });
    expect(done).toBe(0);
    expect(fault?.error).toBeInstanceOf(Error);
    await end.comeBack();
    await deliverAll(some);
    await until('they arrive', () => idsOf(some).every((id) => end.arrived().includes(id)));
    const arrived = end.arrived().filter((id) => idsOf(some).includes(id));
    expect([...new Set(arrived)]).toEqual(idsOf(some));
  });
});
