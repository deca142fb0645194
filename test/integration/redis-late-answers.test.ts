import { once } from 'node:events';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { type CameraId, epoch, nodeId, shardId } from '../../core/ids.ts';
import { raiseAlertFences } from '../../src/adapters/alerts/redis-fences.ts';
import { redisSink } from '../../src/adapters/alerts/redis-sink.ts';
import { SAVE_CAMERAS, shardKeys } from '../../src/adapters/redis/checkpoint-scripts.ts';
import { type OpenRedis, openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisCheckpointStore } from '../../src/adapters/redis/redis-checkpoint-store.ts';
import type { LedgerCheckpoint } from '../../src/checkpoints/port.ts';
import { registerRedisClients } from '../../src/telemetry/redis-client-metrics.ts';
import { alertOf } from '../support/alerts.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(url: string, cluster = false): Promise<OpenRedis> {
  const config = { url, cluster, connectTimeoutMs: 500, commandTimeoutMs: 300, streamLengthMax: 100 };
  const opened = openRedis({ config, name: 'test', clock: systemClock, log: pino({ level: 'silent' }) });
  closing.push(() => opened.close());
  if (opened.client.status !== 'ready') await once(opened.client, 'ready');
  return opened;
}

const S1 = shardId(3);
const LEDGER: LedgerCheckpoint = {
  camera: 'cam-1' as CameraId,
  shard: S1,
  ledger: { received: 5, inferred: 5, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 },
  lastSeq: 5,
};

describe('answers of Redis that get lost or come late', () => {
  it('gives an account again to whoever asked for it and did not hear the answer', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.close());
    const proxy = await TcpProxy.start(server.port);
    closing.push(() => proxy.close());
    const store = new RedisCheckpointStore({ redis: await open(`redis://127.0.0.1:${proxy.port}`), cluster: 'c' });
    const node = nodeId('n1');
    await store.saveLedgers(node, [LEDGER]);
    proxy.halfOpen();
    await expect(store.takeLedgers(node, [S1])).rejects.toMatchObject({ code: 'store_unavailable' });
    proxy.heal();
    const [key = ''] = [`${shardKeys('c', S1)}ledgers:n1`];
    await until('the question to arrive', async () => (await server.cli('EXISTS', key)) === '0');
    const again = await until('an answer', () => store.takeLedgers(node, [S1]).catch(() => undefined));
    expect(again).toEqual([LEDGER]);
    expect(await store.takeLedgers(node, [S1])).toEqual([]);
  });

  it('does not replace a checkpoint by one of the same owner that was sent before it', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.close());
    const { client } = await open(server.url);
    const prefix = shardKeys('c', S1);
    const save = (owner: number, seq: number, value: string) =>
      client.eval(SAVE_CAMERAS, 2, `${prefix}fence`, `${prefix}cameras`, owner, seq, 'cam-1', value);
    expect(await save(1, 7, 'newer')).toBe(1);
    expect(await save(1, 6, 'older')).toBe(-1);
    expect(await client.hget(`${prefix}cameras`, 'cam-1')).toBe('newer');
    expect(await save(2, 0, 'next owner')).toBe(1); // which counts from its own beginning
  });

  it('stops asking a Redis that does not answer, says so in its metrics, and begins again', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.close());
    const redis = await open(server.url);
    const store = new RedisCheckpointStore({ redis, cluster: 'c' });
    const registry = new Registry();
    registerRedisClients(registry, { data: redis });
    await store.take(S1, 1);
    server.freeze();
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => store.take(S1, 1)));
    expect(asked.every(({ status }) => status === 'rejected')).toBe(true);
    expect(redis.calls.breaker).toBe('open');
    await expect(store.take(S1, 1)).rejects.toMatchObject({ cause: { code: 'redis_breaker_open' } });
    const text = await registry.metrics();
    expect(text).toMatch(/^camshard_redis_client_breaker\{client="data"\} 2$/m);
    expect(text).toMatch(/^camshard_redis_client_timeouts_total\{client="data"\} [1-9]/m);
    expect(text).toMatch(/^camshard_redis_client_call_seconds_bucket\{client="data",le="\+Inf"\} [1-9]/m);
    server.thaw();
    expect(await until('an answer', () => store.take(S1, 1).catch(() => undefined))).toEqual([]);
    expect(redis.calls.breaker).toBe('closed');
  });
});

describe.each([
  ['one server', async () => ({ server: await RedisServer.start(), cluster: false })],
  ['a cluster of six', async () => ({ server: await RedisCluster.start(), cluster: true })],
] as const)('fences of alerts on %s', (_name, start) => {
  it('refuse an older owner once raised, before the new one has published anything; and never fall', async () => {
    const { server, cluster } = await start();
    closing.push(() => server.close());
    const redis = await open(server.url, cluster);
    const sink = redisSink({ redis, cluster: 'c', streamLengthMax: 100 });
    const deliver = async (at: number) => {
      const alert = { ...alertOf('cam-1', {}, S1), epoch: epoch(at) };
      const { done, refused, fault } = await sink.deliver([{ position: 1, alert }], new AbortController().signal);
      if (fault !== undefined) throw fault.error;
      return { done, refused: refused?.map(({ reason }) => reason) };
    };
    expect(await deliver(4)).toEqual({ done: 1, refused: [] });
    await raiseAlertFences(redis, 'c', [{ shard: S1, epoch: epoch(5) }]);
    expect(await deliver(4)).toEqual({ done: 1, refused: ['fenced'] });
    await raiseAlertFences(redis, 'c', [{ shard: S1, epoch: epoch(3) }]);
    expect(await deliver(4)).toEqual({ done: 1, refused: ['fenced'] });
    expect(await deliver(5)).toEqual({ done: 1, refused: [] });
    await raiseAlertFences(redis, 'c', [{ shard: shardId(4), epoch: epoch(9) }]);
    expect(await deliver(5)).toEqual({ done: 1, refused: [] });
  });
});
