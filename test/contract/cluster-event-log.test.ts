import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { LocalEventLog } from '../../src/adapters/local/local-event-log.ts';
import { type OpenRedis, openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisEventLog } from '../../src/adapters/redis/redis-event-log.ts';
import type { ClusterEventLog, LoggedClusterEvent } from '../../src/cluster/port.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const EVENTS_MAX = 200;

interface Adapter {
  fresh(): Promise<ClusterEventLog>;
  close(): Promise<void>;
}

const local = async (): Promise<Adapter> => ({
  fresh: async () => new LocalEventLog(EVENTS_MAX),
  close: async () => {},
});

async function open(url: string, cluster: boolean): Promise<OpenRedis> {
  const config = { url, cluster, connectTimeoutMs: 500, commandTimeoutMs: 500, streamLengthMax: 100 };
  const opened = openRedis({ config, name: 'test', clock: systemClock, log: pino({ level: 'silent' }) });
  if (opened.client.status !== 'ready') await once(opened.client, 'ready');
  return opened;
}

async function redis(server: { readonly url: string; close(): Promise<void> }, cluster: boolean): Promise<Adapter> {
  const opened = await open(server.url, cluster);
  let logs = 0;
  return {
    fresh: async () =>
      new RedisEventLog({ redis: opened, cluster: `c${logs++}`, clock: systemClock, eventsMax: EVENTS_MAX }),
    async close() {
      await opened.close();
      await server.close();
    },
  };
}

const event = (n: number): Omit<LoggedClusterEvent, 'id'> => ({
  at: 1_700_000_000_000 + n,
  node: 'n1',
  severity: 'warning',
  kind: 'taken_over',
  message: `event ${n}: "größer" | {x}`,
  who: n % 2 === 0 ? 'an operator' : null,
  why: null,
  data: { n, good: true, none: null },
});

const numbers = (items: readonly LoggedClusterEvent[]) => items.map(({ data }) => data.n);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

describe.each([
  ['local', local],
  ['redis', async () => redis(await RedisServer.start(), false)],
  ['redis cluster of six', async () => redis(await RedisCluster.start(), true)],
] as const)('cluster event log: %s', (_name, start) => {
  let adapter: Adapter;
  let log: ClusterEventLog;
  beforeAll(async () => {
    adapter = await start();
  });
  beforeEach(async () => {
    log = await adapter.fresh();
  });
  afterAll(() => adapter.close());

  const holds = (n: number) =>
    until(`event ${n}`, async () => (await log.page({ limit: 1 })).items[0]?.data.n === n || undefined);

  it('is empty at first', async () => {
    expect(await log.page({ limit: 10 })).toEqual({ items: [], next: null });
  });

  it('shows events as they were told, newest first', async () => {
    log.append(event(1));
    log.append(event(2));
    await holds(2);
    const { items, next } = await log.page({ limit: 10 });
    expect(items.map(({ id: _, ...rest }) => rest)).toEqual([event(2), event(1)]);
    expect(new Set(items.map(({ id }) => id)).size).toBe(2);
    expect(next).toBeNull();
  });

  it('is read page by page to its beginning, whatever comes meanwhile', async () => {
    for (let n = 1; n <= 25; n++) log.append(event(n));
    await holds(25);
    const first = await log.page({ limit: 10 });
    log.append(event(26));
    await holds(26);
    const second = await log.page({ limit: 10, before: first.next ?? '' });
    const third = await log.page({ limit: 10, before: second.next ?? '' });
    expect([first, second, third].map(({ items }) => numbers(items))).toEqual([down(25, 16), down(15, 6), down(5, 1)]);
    expect(third.next).toBeNull();
  });

  it('keeps about as many as it may', async () => {
    const count = 5 * EVENTS_MAX;
    for (let n = 1; n <= count; n++) log.append(event(n));
    await holds(count);
    const { items } = await log.page({ limit: count });
    expect(items.length).toBeGreaterThanOrEqual(EVENTS_MAX);
    expect(items.length).toBeLessThan(2 * EVENTS_MAX);
    expect(numbers(items)).toEqual(down(count, count - items.length + 1));
    expect(log.lost).toBe(0);
  });

  it('refuses a place that no log has', async () => {
    await expect(log.page({ limit: 1, before: 'yesterday' })).rejects.toMatchObject({ code: 'bad_cursor' });
  });
});

describe('cluster event log on a Redis that is away', () => {
  it('keeps what happens meanwhile and writes it in order, once', async () => {
    const server = await RedisServer.start();
    const opened = await open(server.url, false);
    const log = new RedisEventLog({ redis: opened, cluster: 'c', clock: systemClock });
    try {
      log.append(event(1));
      await until('the first', async () => (await log.page({ limit: 1 })).items.length === 1);
      await server.kill();
      for (let n = 2; n <= 20; n++) log.append(event(n));
      await server.start();
      await until('the last', async () => {
        const page = await log.page({ limit: 100 }).catch(() => undefined);
        return page?.items[0]?.data.n === 20;
      });
      expect(numbers((await log.page({ limit: 100 })).items)).toEqual(down(20, 1));
      expect(log.lost).toBe(0);
    } finally {
      await log.close();
      await opened.close();
      await server.close();
    }
  });

  it('counts what it could not wait for', async () => {
    const server = await RedisServer.start();
    const opened = await open(server.url, false);
    const log = new RedisEventLog({ redis: opened, cluster: 'c', clock: systemClock });
    try {
      await server.kill();
      await until('no connection', () => opened.client.status !== 'ready');
      for (let n = 1; n <= 1_200; n++) log.append(event(n));
      await log.close();
      expect(log.lost).toBe(1_200);
    } finally {
      await opened.close();
      await server.close();
    }
  });
});
