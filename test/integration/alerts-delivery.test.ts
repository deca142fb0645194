import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import type { NodeEvent } from '../../core/node-event.ts';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';
import { type OpenAlerts, openAlerts } from '../../src/alerts/open-alerts.ts';
import { alertChange, origin } from '../support/alerts.ts';
import { RedisServer, type RedisSubscriber } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const CAMERAS = 5;

let dir: string;
let redis: RedisServer;
let closing: (() => Promise<unknown>)[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-alerts-'));
  closing = [];
  redis = await RedisServer.start();
  closing.push(() => redis.close());
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await rm(dir, { recursive: true, force: true });
});

interface Started {
  readonly alerts: OpenAlerts;
  readonly events: Omit<NodeEvent, 'id' | 'at'>[];
  /** Lines of its log. */
  readonly said: string[];
}

async function start(
  more: {
    readonly url?: string;
    readonly cluster?: boolean;
    readonly webhooks?: unknown[];
    readonly alerts?: object;
  } = {},
): Promise<Started> {
  const config = nodeConfigSchema.parse({
    node: { id: 'n1', dataDir: dir },
    cluster: { name: 'test' },
    alerts: { breakerOpenMs: 300, webhooks: more.webhooks ?? [], ...more.alerts },
    redis: { url: more.url ?? redis.url, cluster: more.cluster ?? false, connectTimeoutMs: 300, commandTimeoutMs: 300 },
  });
  const events: Omit<NodeEvent, 'id' | 'at'>[] = [];
  const said: string[] = [];
  const alerts = await openAlerts({
    config,
    clock: systemClock,
    log: pino({ level: 'debug' }, { write: (line: string) => said.push(line) }),
    emit: (event) => events.push(event),
    live: { publish: () => {} },
    audit: () => {},
  });
  closing.push(() => alerts.close(200));
  return { alerts, events, said };
}

/** Raises the beginning of one alert. @returns its event's id */
function raise({ alerts }: Started, n: number): string {
  const camera = `cam-${n % CAMERAS}`;
  return `${alerts.desk.raise(origin(camera), alertChange({ opening: n + 1 })).id}:opened`;
}

const idsOf = (texts: Iterable<string>): string[] => [...texts].map((text) => (JSON.parse(text) as AlertCloudEvent).id);
const heard = (subscriber: RedisSubscriber): string[] => idsOf(subscriber.messages.map(({ text }) => text));
/** First of each, in order. */
const once = (ids: readonly string[]): string[] => [...new Set(ids)];
const ofCamera = (ids: readonly string[], n: number): string[] => ids.filter((id) => id.startsWith(`cam-${n}:`));
const sinkOf = ({ alerts }: Started, name: string) => alerts.status().sinks.find(({ sink }) => sink === name);

/** Waits until what was raised is kept and the sink is done with all of it. */
async function through(node: Started, name: string): Promise<void> {
  await until(`${name} is done with all`, () => {
    const { outbox, desk } = node.alerts.status();
    return outbox.appended >= desk.raised && sinkOf(node, name)?.behind === 0;
  });
}

/** Ids on the stream, for whoever was away. */
async function logged(): Promise<string[]> {
  const lines = (await redis.cli('XRANGE', 'camshard:{test:alerts}:log', '-', '+')).split('\n');
  return lines.flatMap((line, i) => (lines[i - 1] === 'event' ? idsOf([line]) : []));
}

function expectAllInOrder(arrived: readonly string[], raised: readonly string[]): void {
  const first = once(arrived);
  expect([...first].sort()).toEqual([...raised].sort());
  for (let n = 0; n < CAMERAS; n++) expect(ofCamera(first, n)).toEqual(ofCamera(raised, n));
}

describe('alerts on Redis', () => {
  it('reach a plain SUBSCRIBE on the channels of all, of the severity and of the camera, as CloudEvents', async () => {
    const subscriber = await redis.subscribe(
      'camshard:test:alerts',
      'camshard:test:alerts:severity:critical',
      'camshard:test:alerts:camera:north-1',
    );
    closing.push(() => subscriber.close());
    const node = await start();
    const change = alertChange({ severity: 'critical', title: 'Überfahrt "Nord"\nzwei' });
    node.alerts.desk.raise(origin('north-1'), change);
    node.alerts.desk.raise(origin('north-1'), { ...change, state: 'closed', atMs: change.atMs + 1_000 });
    await until('all arrive', () => subscriber.messages.length >= 6);
    const [first] = subscriber.messages;
    expect(JSON.parse(first?.text ?? '')).toEqual({
      specversion: '1.0',
      id: 'north-1:queue:1:opened',
      type: 'io.camshard.alert.opened',
      source: '/clusters/test/cameras/north-1',
      subject: 'north-1:queue:1',
      time: '2023-11-14T22:13:20.000Z',
      datacontenttype: 'application/json',
      data: expect.objectContaining({
        title: 'Überfahrt "Nord"\nzwei',
        shard: 3,
        epoch: 1,
        cluster: 'test',
        node: 'n1',
      }),
    });
    expect(new Set(subscriber.messages.map(({ channel }) => channel)).size).toBe(3);
    expect(await logged()).toEqual(['north-1:queue:1:opened', 'north-1:queue:1:closed']);
  });

  it('are refused where their epoch is older than one that Redis has seen of the shard', async () => {
    const node = await start();
    node.alerts.desk.raise(origin('cam', 3, 7), alertChange({ opening: 1 }));
    node.alerts.desk.raise(origin('cam', 3, 6), alertChange({ opening: 2 }));
    node.alerts.desk.raise(origin('cam', 4, 6), alertChange({ opening: 3 }));
    await through(node, 'redis');
    expect(await logged()).toEqual(['cam:queue:1:opened', 'cam:queue:3:opened']);
    expect(sinkOf(node, 'redis')?.refused).toEqual({ fenced: 1, rejected: 0 });
    expect(await redis.cli('HGETALL', 'camshard:{test:alerts}:fences')).toBe('3\n7\n4\n6');
  });

  it('wait in the outbox while Redis is killed, and arrive once it is back', async () => {
    const node = await start();
    const raised = [0, 1, 2].map((n) => raise(node, n));
    await through(node, 'redis');
    await redis.kill();
    for (let n = 3; n < 300; n++) raised.push(raise(node, n));
    await until('the breaker opens', () => sinkOf(node, 'redis')?.breaker === 'open');
    expect(sinkOf(node, 'live')).toMatchObject({ behind: 0, delivered: 300 });
    await redis.start();
    await through(node, 'redis');
    expectAllInOrder(await logged(), raised);
    expect(node.events.map(({ kind }) => kind)).toEqual(['breaker_opened', 'breaker_closed']);
  });

  it('wait while Redis is frozen; those it took without saying so come twice with the same id', async () => {
    const node = await start();
    const raised = [raise(node, 0)];
    await through(node, 'redis');
    redis.freeze();
    for (let n = 1; n < 50; n++) raised.push(raise(node, n));
    await until('it is given up on', () => (sinkOf(node, 'redis')?.failures ?? 0) >= 2);
    redis.thaw();
    await through(node, 'redis');
    expectAllInOrder(await logged(), raised);
  });

  it('survive a network that delays, cuts, half-opens and refuses', async () => {
    const proxy = await TcpProxy.start(redis.port);
    closing.push(() => proxy.close());
    const subscriber = await redis.subscribe('camshard:test:alerts');
    closing.push(() => subscriber.close());
    const node = await start({ url: `redis://127.0.0.1:${proxy.port}` });
    const raised: string[] = [];
    const some = (): void => {
      for (let i = 0; i < 40; i++) raised.push(raise(node, raised.length));
    };
    const failuresBefore = () => sinkOf(node, 'redis')?.failures ?? 0;
    proxy.delayMs = 20;
    some();
    await through(node, 'redis');
    some();
    proxy.cut();
    await through(node, 'redis');
    proxy.delayMs = 0;
    let failures = failuresBefore();
    proxy.halfOpen();
    some();
    await until('it notices', () => failuresBefore() > failures);
    proxy.heal();
    await through(node, 'redis');
    failures = failuresBefore();
    proxy.refuse();
    some();
    await until('it notices', () => failuresBefore() > failures);
    proxy.accept();
    await through(node, 'redis');
    await until('all are heard', () => once(heard(subscriber)).length === raised.length);
    expectAllInOrder(heard(subscriber), raised);
  });
});

describe('alerts on a Redis Cluster', () => {
  it('go through the same script, and wait while it is away', async () => {
    const cluster = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    closing.push(() => cluster.close());
    await cluster.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until('it has its slots', async () => (await cluster.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    const node = await start({ url: cluster.url, cluster: true });
    raise(node, 0);
    await through(node, 'redis');
    await cluster.kill();
    raise(node, 1);
    await until('it notices', () => (sinkOf(node, 'redis')?.failures ?? 0) > 0);
    await cluster.start();
    await through(node, 'redis');
    expect(Number(await cluster.cli('XLEN', 'camshard:{test:alerts}:log'))).toBeGreaterThanOrEqual(2);
  });
});

/** An endpoint that answers as told. */
class Hook {
  readonly bodies: { readonly text: string; readonly headers: Record<string, string | string[] | undefined> }[] = [];
  answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
  readonly #server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    request.on('end', () => {
      this.bodies.push({ text, headers: request.headers });
      this.answer(response);
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('alerts to a webhook', () => {
  let hook: Hook;
  let url: string;
  beforeEach(async () => {
    hook = new Hook();
    url = await hook.start();
    closing.push(() => hook.close());
  });
  const webhook = (more: object = {}) => ({ name: 'ops', url, timeoutMs: 200, ...more });

  it('hold up nobody while it hangs, and arrive once it answers', async () => {
    hook.answer = () => {};
    const node = await start({ webhooks: [webhook()] });
    const raised = Array.from({ length: 20 }, (_, n) => raise(node, n));
    await through(node, 'redis');
    await until('the breaker opens', () => sinkOf(node, 'webhook:ops')?.breaker === 'open');
    const hung = hook.bodies.length;
    hook.answer = (response) => response.writeHead(200).end();
    await through(node, 'webhook:ops');
    expectAllInOrder(idsOf(hook.bodies.slice(hung).map(({ text }) => text)), raised);
  });

  it('are signed as Standard Webhooks has it', async () => {
    // The example of the specification's own tests: standardwebhooks.com.
    const node = await start({ webhooks: [webhook({ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })] });
    raise(node, 0);
    const got = await until('it arrives', () => hook.bodies[0]);
    expect(got.headers['webhook-id']).toBe('cam-0:queue:1:opened');
    expect(Number(got.headers['webhook-timestamp'])).toBeGreaterThan(1_700_000_000);
    expect(got.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(got.headers['content-type']).toBe('application/cloudevents+json');
  });

  it('are given up, and counted, where it says that this one is wrong; the next is taken', async () => {
    const node = await start({ webhooks: [webhook()] });
    hook.answer = (response) => {
      response.writeHead(hook.bodies.length === 1 ? 422 : 204).end();
    };
    raise(node, 0);
    raise(node, 1);
    await through(node, 'webhook:ops');
    expect(sinkOf(node, 'webhook:ops')).toMatchObject({
      delivered: 1,
      failures: 0,
      refused: { rejected: 1, fenced: 0 },
    });
  });

  it('log in with the user and password of the address, and show nobody these or the path', async () => {
    const withLogin = url.replace('http://', 'http://ann:pass%20word@').replace('/hook', '/hook/T00/secret');
    const node = await start({ webhooks: [webhook({ url: withLogin })] });
    hook.answer = (response) => {
      if (hook.bodies.length === 1) response.writeHead(401).end();
      else if (hook.bodies.length === 2) response.destroy();
      else response.writeHead(204).end();
    };
    raise(node, 0);
    await through(node, 'webhook:ops');
    expect(hook.bodies.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill(`Basic ${Buffer.from('ann:pass word').toString('base64')}`),
    );
    expect(JSON.stringify([node.said, node.events, node.alerts.status()])).not.toMatch(/pass|secret|ann/);
    expect(node.said).not.toEqual([]);
  });

  it('do not follow a redirect, and survive an answer without end', async () => {
    const node = await start({ webhooks: [webhook()] });
    hook.answer = (response) => {
      if (hook.bodies.length === 1) {
        response.writeHead(307, { location: '/elsewhere' }).end();
        return;
      }
      response.writeHead(200).write('x');
      const flood = setInterval(() => response.write('x'.repeat(1_000)), 1);
      response.on('close', () => clearInterval(flood));
    };
    raise(node, 0);
    await through(node, 'webhook:ops');
    expect(hook.bodies).toHaveLength(2);
    expect(sinkOf(node, 'webhook:ops')).toMatchObject({ delivered: 1, failures: 1 });
  });

  it('are only those of the severities it asks for', async () => {
    const node = await start({ webhooks: [webhook({ severities: ['critical'] })] });
    raise(node, 0);
    node.alerts.desk.raise(origin('cam'), alertChange({ severity: 'critical' }));
    await through(node, 'webhook:ops');
    expect(idsOf(hook.bodies.map(({ text }) => text))).toEqual(['cam:queue:1:opened']);
  });
});

describe('a node that starts again', () => {
  it('delivers what it had not, knows its alerts, and never gives out a number twice', async () => {
    await redis.kill();
    const first = await start({ alerts: { outboxBytesMax: 65_536 } });
    const raised = Array.from({ length: 30 }, (_, n) => raise(first, n));
    first.alerts.desk.raise(origin('cam-0'), alertChange({ opening: 1, state: 'closed' }));
    await until('they are kept', () => first.alerts.book.openCount === 29);
    expect(first.alerts.desk.acknowledge('cam-1:queue:2', 'ann')).toBeDefined();
    await first.alerts.close(100);
    await redis.start();
    const second = await start({ alerts: { outboxBytesMax: 65_536 } });
    expect(second.alerts.book.openCount).toBe(29);
    expect(second.alerts.book.get('cam-1:queue:2')?.acknowledged?.who).toBe('ann');
    expect(second.alerts.book.get('cam-0:queue:1')?.alert.state).toBe('closed');
    expect(second.alerts.desk.openings(origin('cam-4').camera).get('queue')).toBe(30);
    await through(second, 'redis');
    expectAllInOrder(await logged(), [...raised, 'cam-0:queue:1:closed']);
  });

  it('ends in time while its sinks are away', async () => {
    await redis.kill();
    const node = await start();
    for (let n = 0; n < 100; n++) raise(node, n);
    await node.alerts.close(200);
    expect(sinkOf(node, 'redis')?.delivered).toBe(0);
  });
});
