import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { errorCode } from '../../core/errors.ts';
import { epoch, type NodeId, nodeId, shardId } from '../../core/ids.ts';
import type { CommitRequest, MemberInfo } from '../../shards/cluster/store.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisClusterStore } from '../../src/adapters/redis/redis-cluster-store.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const SHARDS = 64;
const TTL_MS = 60_000;
const LEASE_TIMEOUT_MS = 800;
/** Timers of a busy machine are late; what is told apart from this is seconds. */
const LATE_MS = 1_000;
const A = nodeId('a');
const ENTRY = { version: 0, state: 'running', from: { kind: 'nothing' }, move: null, pin: null } as const;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function storeOn(url: string, cluster: boolean, virtualNodes = 8): Promise<RedisClusterStore> {
  const open = async (name: string, commandTimeoutMs: number) => {
    const config = { url, cluster, connectTimeoutMs: 2_000, commandTimeoutMs, streamLengthMax: 100 };
    const opened = openRedis({ config, name, clock: systemClock, log: pino({ level: 'silent' }), once: true });
    if (opened.client.status !== 'ready') await once(opened.client, 'ready');
    return opened;
  };
  const store = new RedisClusterStore({
    ...{ leases: await open('leases', LEASE_TIMEOUT_MS), map: await open('map', 2_000), cluster: 'c' },
    ...{ shardCount: SHARDS, virtualNodes, leaseTimeoutMs: LEASE_TIMEOUT_MS, mapTimeoutMs: 2_000, clock: systemClock },
  });
  closing.push(() => store.close());
  return store;
}

const info = (node: NodeId): MemberInfo => ({
  ...{ node, incarnation: `${node}-1`, advertiseUrl: null, linkUrl: 'ws://x', version: '1', startedAt: 0 },
  ...{ draining: false, capacityFps: 0, demandFps: 0, cameras: 0, rung: 0, mapVersion: 0 },
});

async function renew(store: RedisClusterStore, node = A) {
  const answer = await store.renew({ info: info(node), ttlMs: TTL_MS, wantsOffice: true });
  if (answer.kind !== 'held') throw new Error(answer.kind);
  return answer;
}

/** What a renewal ends in, and when. */
async function tried(store: RedisClusterStore, node = A) {
  const fromMs = performance.now();
  const result = await renew(store, node).then(
    ({ token }) => ({ token, code: undefined }),
    (error) => ({ token: undefined, code: errorCode(error) }),
  );
  return { ...result, ms: performance.now() - fromMs };
}

/** Renews until it works. @returns how often that failed before, and the longest any took */
async function untilRenewed(store: RedisClusterStore) {
  const failed: { readonly code: string | undefined; readonly ms: number }[] = [];
  const token = await until(
    'a renewal after the failover',
    async () => {
      const { token, code, ms } = await tried(store);
      if (token === undefined) failed.push({ code, ms });
      else return token;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return false;
    },
    30_000,
  );
  return { token, failed, longestMs: Math.max(0, ...failed.map(({ ms }) => ms)) };
}

describe('cluster store on a Redis Cluster that fails', () => {
  it('keeps every lease and every entry that was confirmed when the master is killed, and goes on', async () => {
    const cluster = await RedisCluster.start();
    closing.push(() => cluster.close());
    const store = await storeOn(cluster.allUrls, true);
    const { token, coordinator } = await renew(store);
    const others = [];
    for (let i = 0; i < 20; i++) others.push((await renew(store, nodeId(`n${i}`))).token);
    const as: CommitRequest['as'] = { kind: 'coordinator', node: A, token: coordinator?.token ?? 0 };
    const master = await cluster.masterOf('{c}');

    // Entries change one after the other until the master dies under them.
    const confirmed = new Map<number, number>();
    let killed: Promise<void> | undefined;
    for (let i = 0; i < SHARDS; i++) {
      if (i === SHARDS / 2) killed = master.kill();
      const entry = { ...ENTRY, owner: A, epoch: epoch(i + 1) };
      const answer = await store
        .commit({ as, shards: [{ shard: shardId(i), expected: 0, entry }] })
        .catch(() => undefined);
      if (answer?.kind === 'committed') confirmed.set(i, answer.version);
      if (answer === undefined) break;
    }
    await killed;
    expect(confirmed.size).toBeGreaterThanOrEqual(SHARDS / 2);

    const after = await untilRenewed(store);
    expect(after.failed.length).toBeGreaterThan(0);
    expect(new Set(after.failed.map(({ code }) => code))).toEqual(new Set(['store_unavailable']));
    expect(after.longestMs).toBeLessThan(LEASE_TIMEOUT_MS + LATE_MS);
    expect(after.token).toBe(token);
    const { members } = await renew(store);
    expect(members).toHaveLength(21);
    expect(members.every(({ alive }) => alive)).toBe(true);
    for (const [i, other] of others.entries()) expect((await renew(store, nodeId(`n${i}`))).token).toBe(other);
    // A client of its own, which may not know yet who serves the map now.
    const map = await until('the map', () => store.readMap().catch(() => undefined));
    for (const [shard, version] of confirmed) {
      expect(map.shards[shard]).toMatchObject({ version, owner: A, epoch: shard + 1 });
    }

    // The one that was killed comes back as a replica, and writes are confirmed by it.
    await master.start();
    await cluster.ready();
    const next = { ...ENTRY, owner: A, epoch: epoch(99) };
    const { version = 0 } = map.shards[0] ?? {};
    const shards = [{ shard: shardId(0), expected: version, entry: next }];
    expect(await store.commit({ as, shards })).toMatchObject({ kind: 'committed' });
  });

  it('fails renewals in time while the master is frozen, works after the failover, and does none of them late', async () => {
    const cluster = await RedisCluster.start();
    closing.push(() => cluster.close());
    const store = await storeOn(cluster.allUrls, true);
    const { token } = await renew(store);
    const master = await cluster.masterOf('{c}');
    master.freeze();
    const first = await tried(store);
    expect(first.code).toBe('store_unavailable');
    expect(first.ms).toBeLessThan(LEASE_TIMEOUT_MS + LATE_MS);
    const after = await untilRenewed(store);
    expect(after.longestMs).toBeLessThan(LEASE_TIMEOUT_MS + LATE_MS);
    expect(after.token).toBe(token);
    await cluster.otherMasterOf('{c}', master);
    master.thaw();
    await cluster.ready();
    expect((await renew(store)).token).toBe(token);
  });

  it('goes on without its replica once that has been silent for two seconds', async () => {
    const cluster = await RedisCluster.start();
    closing.push(() => cluster.close());
    const store = await storeOn(cluster.allUrls, true);
    await renew(store);
    const [replica] = await cluster.replicasOf('{c}');
    replica?.freeze();
    const first = await tried(store);
    expect(first.code).toBe('store_unavailable'); // it may be lost in a failover, and whoever asked is told
    const fromMs = performance.now();
    await untilRenewed(store);
    expect(performance.now() - fromMs).toBeLessThan(2_000 + LATE_MS);
    replica?.thaw();
  });

  it('begins again with another server than the first where all were gone and that one stays away', async () => {
    const cluster = await RedisCluster.start();
    closing.push(() => cluster.close());
    const store = await storeOn(cluster.allUrls, true);
    await renew(store);
    await Promise.all(cluster.servers.map((server) => server.kill()));
    await until('a refusal', async () => (await tried(store)).code !== undefined);
    await Promise.all(cluster.servers.slice(1).map((server) => server.start()));
    const { failed } = await untilRenewed(store);
    expect(failed.length).toBeGreaterThan(0);
  });
});

it('refuses a node whose ring is another: it would look for cameras in other shards', async () => {
  const redis = await RedisServer.start();
  closing.push(() => redis.close());
  const store = await storeOn(redis.url, false);
  const { coordinator } = await renew(store);
  const as: CommitRequest['as'] = { kind: 'coordinator', node: A, token: coordinator?.token ?? 0 };
  await store.commit({
    as,
    shards: [{ shard: shardId(0), expected: 0, entry: { ...ENTRY, owner: A, epoch: epoch(1) } }],
  });
  const other = await storeOn(redis.url, false, 9);
  await expect(other.readMap()).rejects.toMatchObject({
    code: 'cluster_shard_count',
    message: expect.stringContaining('of 8 virtual nodes'),
  });
  expect((await store.readMap()).shards[0]).toMatchObject({ owner: A });
});

describe('cluster store on one Redis that fails', () => {
  it('does not do late what it has given up while the server was frozen', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.close());
    const store = await storeOn(server.url, false);
    const { coordinator } = await renew(store);
    const as: CommitRequest['as'] = { kind: 'coordinator', node: A, token: coordinator?.token ?? 0 };
    const entry = { ...ENTRY, owner: A, epoch: epoch(1) };
    server.freeze();
    const given = await store.commit({ as, shards: [{ shard: shardId(0), expected: 0, entry }] }).catch(errorCode);
    expect(given).toBe('store_unavailable');
    expect((await tried(store)).code).toBe('store_unavailable');
    server.thaw();
    const map = await until('the map again', () => store.readMap().catch(() => undefined));
    expect(map.version).toBe(0);
    expect(await server.cli('HEXISTS', 'camshard:{c}:map', '0')).toBe('0');
  });

  it('renews again, in time, when a connection that had gone silent is open again', async () => {
    const server = await RedisServer.start();
    closing.push(() => server.close());
    const proxy = await TcpProxy.start(server.port);
    closing.push(() => proxy.close());
    const store = await storeOn(`redis://127.0.0.1:${proxy.port}`, false);
    const { token } = await renew(store);
    proxy.halfOpen();
    const silent = await tried(store);
    expect(silent).toMatchObject({ code: 'store_unavailable' });
    expect(silent.ms).toBeLessThan(LEASE_TIMEOUT_MS + LATE_MS);
    proxy.heal();
    expect((await untilRenewed(store)).token).toBe(token);
  });
});
