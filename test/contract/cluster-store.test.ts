import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { epoch, type NodeId, nodeId, shardId } from '../../core/ids.ts';
import { ManualClock } from '../../core/manual-clock.ts';
import { emptyMap, type ShardEntry } from '../../shards/cluster/cluster-map.ts';
import type { ClusterStore, CommitRequest, MemberInfo, RenewAnswer } from '../../shards/cluster/store.ts';
import { LocalClusterStore } from '../../src/adapters/local/local-cluster-store.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisClusterStore } from '../../src/adapters/redis/redis-cluster-store.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const SHARDS = 8;
const TTL_MS = 60_000;
/** Of leases that are to end. */
const SHORT_MS = 150;

interface Adapter {
  /** A store in which nothing has happened. */
  fresh(): Promise<ClusterStore>;
  /** Lets leases of {@link SHORT_MS} end. */
  pass(): Promise<void>;
  close(): Promise<void>;
}

async function local(): Promise<Adapter> {
  const clock = new ManualClock();
  return {
    fresh: async () => new LocalClusterStore({ shardCount: SHARDS, clock }),
    pass: async () => clock.advance(SHORT_MS),
    close: async () => {},
  };
}

async function redis(server: { readonly url: string; close(): Promise<void> }, cluster: boolean): Promise<Adapter> {
  const open = async (name: string) => {
    const config = { url: server.url, cluster, connectTimeoutMs: 2_000, commandTimeoutMs: 2_000, streamLengthMax: 100 };
    const opened = openRedis({ config, name, clock: systemClock, log: pino({ level: 'silent' }), once: true });
    if (opened.client.status !== 'ready') await once(opened.client, 'ready');
    return opened;
  };
  const stores: ClusterStore[] = [];
  return {
    async fresh() {
      const store = new RedisClusterStore({
        ...{ leases: await open('leases'), map: await open('map'), cluster: `c${stores.length}`, shardCount: SHARDS },
        ...{ virtualNodes: 8, leaseTimeoutMs: 2_000, mapTimeoutMs: 2_000, clock: systemClock },
      });
      stores.push(store);
      return store;
    },
    pass: () => new Promise((resolve) => setTimeout(resolve, SHORT_MS + 5)),
    async close() {
      for (const store of stores) await store.close();
      await server.close();
    },
  };
}

const A = nodeId('a');
const B = nodeId('b');

const info = (node: NodeId, more: Partial<MemberInfo> = {}): MemberInfo => ({
  node,
  incarnation: `${node}|1`,
  advertiseUrl: null,
  linkUrl: `ws://${node}:1`,
  version: '1.2.3',
  startedAt: 1_700_000_000_000,
  draining: false,
  capacityFps: 100.5,
  demandFps: 0,
  cameras: 3,
  rung: 0,
  mapVersion: 0,
  ...more,
});

const entry = (owner: NodeId | null, more: Partial<ShardEntry> = {}): ShardEntry => ({
  version: 0,
  owner,
  epoch: epoch(1),
  state: 'starting',
  from: { kind: 'nothing' },
  move: null,
  pin: null,
  ...more,
});

const change = (shard: number, expected: number, to: ShardEntry): CommitRequest['shards'][number] => ({
  shard: shardId(shard),
  expected,
  entry: to,
});

describe.each([
  ['local', local],
  ['redis', async () => redis(await RedisServer.start(), false)],
  ['redis cluster of six', async () => redis(await RedisCluster.start(), true)],
] as const)('cluster store: %s', (_name, start) => {
  let adapter: Adapter;
  let store: ClusterStore;
  beforeAll(async () => {
    adapter = await start();
  });
  beforeEach(async () => {
    store = await adapter.fresh();
  });
  afterAll(() => adapter.close());

  const renew = (node: NodeId, more: { ttlMs?: number; wantsOffice?: boolean; info?: Partial<MemberInfo> } = {}) =>
    store.renew({ info: info(node, more.info), ttlMs: more.ttlMs ?? TTL_MS, wantsOffice: more.wantsOffice ?? false });

  async function held(answer: Promise<RenewAnswer>): Promise<Extract<RenewAnswer, { readonly kind: 'held' }>> {
    const got = await answer;
    if (got.kind !== 'held') throw new Error(`lease is ${got.kind}`);
    return got;
  }

  /** `a` in office. */
  async function coordinator(): Promise<CommitRequest['as']> {
    const { coordinator } = await held(renew(A, { wantsOffice: true }));
    if (coordinator?.node !== A) throw new Error('not in office');
    return { kind: 'coordinator', node: A, token: coordinator.token };
  }
  const member = async (node: NodeId): Promise<CommitRequest['as']> => ({
    kind: 'member',
    node,
    token: (await held(renew(node))).token,
  });

  describe('leases', () => {
    it('gives a lease to whoever asks first, and renews it under the same token', async () => {
      const first = await held(renew(A));
      expect(first.token).toBeGreaterThan(0);
      expect((await held(renew(A))).token).toBe(first.token);
    });

    it('refuses a node id under which another incarnation lives, and says which', async () => {
      await held(renew(A));
      expect(await renew(A, { info: { incarnation: 'other' } })).toEqual({ kind: 'taken', incarnation: 'a|1' });
      expect((await held(renew(B))).members.map(({ info }) => info.incarnation)).toEqual(['a|1', 'b|1']);
    });

    it('lets a lease end after its ttl: its holder is dead to the others, and another incarnation gets it', async () => {
      const { token } = await held(renew(A, { ttlMs: SHORT_MS }));
      await adapter.pass();
      const seen = (await held(renew(B))).members;
      expect(seen.map(({ info, alive }) => [info.node, alive])).toEqual([
        ['a', false],
        ['b', true],
      ]);
      const next = await held(renew(A, { info: { incarnation: 'other' } }));
      expect(next.token).toBeGreaterThan(token);
    });

    it('gives a new, higher token to the same incarnation whose lease has ended', async () => {
      const { token } = await held(renew(A, { ttlMs: SHORT_MS }));
      await adapter.pass();
      expect((await held(renew(A))).token).toBeGreaterThan(token);
    });

    it('gives every lease and every tenure of the office a higher token than all before', async () => {
      const tokens: number[] = [];
      for (let i = 0; i < 5; i++) {
        const node = nodeId(`n${i}`);
        const { token, coordinator } = await held(renew(node, { wantsOffice: true }));
        tokens.push(token, coordinator?.token ?? Number.NaN);
        await store.resign({ node, incarnation: `n${i}|1`, lease: true });
      }
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      expect(tokens).toHaveLength(10);
    });

    it('shows everybody as they told of themselves last, by name', async () => {
      await held(renew(B, { info: { draining: true, mapVersion: 7, advertiseUrl: 'wss://b.example/"quoted"' } }));
      await held(renew(A));
      const { members } = await held(renew(A, { info: { demandFps: 12.25, rung: 2 } }));
      expect(members).toEqual([
        { info: info(A, { demandFps: 12.25, rung: 2 }), alive: true },
        { info: info(B, { draining: true, mapVersion: 7, advertiseUrl: 'wss://b.example/"quoted"' }), alive: true },
      ]);
    });

    it('forgets who gives the lease back, at once', async () => {
      await held(renew(A));
      await store.resign({ node: A, incarnation: 'a|1', lease: true });
      expect((await held(renew(B))).members.map(({ info }) => info.node)).toEqual(['b']);
      expect(await renew(A, { info: { incarnation: 'other' } })).toMatchObject({ kind: 'held' });
    });

    it('takes no lease back from an earlier incarnation, nor from one that has none', async () => {
      await held(renew(A));
      await store.resign({ node: A, incarnation: 'other', lease: true });
      await store.resign({ node: B, incarnation: 'b|1', lease: true });
      expect((await held(renew(B))).members.map(({ info }) => info.node)).toEqual(['a', 'b']);
    });
  });

  describe('the office', () => {
    it('goes to the first who wants it, and stays', async () => {
      expect((await held(renew(A))).coordinator).toBeNull();
      const { coordinator } = await held(renew(B, { wantsOffice: true }));
      expect(coordinator?.node).toBe('b');
      expect((await held(renew(A, { wantsOffice: true }))).coordinator).toEqual(coordinator);
      expect((await held(renew(B, { wantsOffice: true }))).coordinator).toEqual(coordinator);
    });

    it('is handed on after its ttl, with a higher token', async () => {
      const first = (await held(renew(A, { wantsOffice: true, ttlMs: SHORT_MS }))).coordinator;
      await adapter.pass();
      expect((await held(renew(B))).coordinator).toBeNull();
      const second = (await held(renew(B, { wantsOffice: true }))).coordinator;
      expect(second?.node).toBe('b');
      expect(second?.token).toBeGreaterThan(first?.token ?? Number.NaN);
    });

    it('is free once its holder renews without wanting it', async () => {
      await held(renew(A, { wantsOffice: true }));
      expect((await held(renew(A))).coordinator).toBeNull();
      expect((await held(renew(B, { wantsOffice: true }))).coordinator?.node).toBe('b');
    });

    it('is given back without the lease, where only that is asked', async () => {
      const { token } = await held(renew(A, { wantsOffice: true }));
      await store.resign({ node: A, incarnation: 'a|1', lease: false });
      expect((await held(renew(B, { wantsOffice: true }))).coordinator?.node).toBe('b');
      expect((await held(renew(A))).token).toBe(token);
    });

    it('is not given back by another incarnation', async () => {
      await held(renew(A, { wantsOffice: true }));
      await store.resign({ node: A, incarnation: 'other', lease: true });
      expect((await held(renew(B, { wantsOffice: true }))).coordinator?.node).toBe('a');
    });
  });

  describe('the map', () => {
    it('is empty before anything was agreed on', async () => {
      expect(await store.readMap()).toEqual(emptyMap(SHARDS));
    });

    it('keeps what the coordinator commits, with one new version for all of it', async () => {
      const as = await coordinator();
      const moved = entry(A, {
        epoch: epoch(7),
        from: { kind: 'hand-off', node: B, move: 'm"1' },
        move: { id: 'm2', to: B, why: 'an operator\'s "words", | and {braces}' },
        pin: B,
        state: 'running',
      });
      const shards = [change(0, 0, entry(A)), change(5, 0, moved)];
      expect(await store.commit({ as, shards })).toEqual({ kind: 'committed', version: 1 });
      const map = await store.readMap();
      expect(map.version).toBe(1);
      expect(map.shards).toHaveLength(SHARDS);
      expect(map.shards[0]).toEqual({ ...entry(A), version: 1 });
      expect(map.shards[5]).toEqual({ ...moved, version: 1 });
      expect(map.shards[1]).toEqual(emptyMap(SHARDS).shards[1]);
      expect((await held(renew(B))).mapVersion).toBe(1);
    });

    it('changes nothing where one entry is of another version than expected', async () => {
      const as = await coordinator();
      await store.commit({ as, shards: [change(1, 0, entry(A))] });
      const before = await store.readMap();
      const shards = [change(0, 0, entry(B)), change(1, 0, entry(B)), change(2, 0, entry(B))];
      const lists = { expectedMap: 1, members: [A], cordoned: [] };
      expect(await store.commit({ as, shards, lists })).toEqual({ kind: 'conflict', version: 1 });
      expect(await store.readMap()).toEqual(before);
    });

    it('replaces the lists only while the whole map is as expected', async () => {
      const as = await coordinator();
      const lists = { expectedMap: 0, members: [A, B], cordoned: [B] };
      expect(await store.commit({ as, shards: [], lists })).toEqual({ kind: 'committed', version: 1 });
      expect(await store.commit({ as, shards: [], lists })).toEqual({ kind: 'conflict', version: 1 });
      await store.commit({ as, shards: [change(3, 0, entry(B))] });
      expect(await store.readMap()).toMatchObject({ version: 2, members: ['a', 'b'], cordoned: ['b'] });
      await store.commit({ as, shards: [], lists: { expectedMap: 2, members: [], cordoned: [] } });
      expect(await store.readMap()).toMatchObject({ version: 3, members: [], cordoned: [] });
    });

    it('forgets whom the list of members no longer names, unless it lives', async () => {
      await held(renew(B, { ttlMs: SHORT_MS }));
      await held(renew(nodeId('c')));
      await adapter.pass();
      const as = await coordinator();
      await store.commit({ as, shards: [], lists: { expectedMap: 0, members: [A, B], cordoned: [] } });
      expect((await held(renew(A, { wantsOffice: true }))).members.map(({ info }) => info.node)).toEqual([
        'a',
        'b',
        'c',
      ]);
      await store.commit({ as, shards: [], lists: { expectedMap: 1, members: [A], cordoned: [] } });
      expect((await held(renew(A, { wantsOffice: true }))).members.map(({ info }) => info.node)).toEqual(['a', 'c']);
    });

    it('goes on above the version its committer has seen', async () => {
      const as = await coordinator();
      expect(await store.commit({ as, shards: [change(0, 0, entry(A))], versionMin: 41 })).toEqual({
        kind: 'committed',
        version: 41,
      });
      expect((await store.readMap()).shards[0]?.version).toBe(41);
      expect(await store.commit({ as, shards: [change(0, 41, entry(B))], versionMin: 7 })).toEqual({
        kind: 'committed',
        version: 42,
      });
    });

    it('lets a member change entries that it owns, and give them away', async () => {
      const as = await coordinator();
      await store.commit({ as, shards: [change(0, 0, entry(B)), change(1, 0, entry(A))] });
      const b = await member(B);
      const given = change(0, 1, entry(A, { epoch: epoch(2) }));
      expect(await store.commit({ as: b, shards: [given] })).toEqual({ kind: 'committed', version: 2 });
      expect(await store.commit({ as: b, shards: [change(0, 2, entry(B))] })).toEqual({ kind: 'no_authority' });
    });

    it('lets a member change nothing of others, not even beside what it owns, and no lists', async () => {
      const as = await coordinator();
      await store.commit({ as, shards: [change(0, 0, entry(B)), change(1, 0, entry(A))] });
      const before = await store.readMap();
      const b = await member(B);
      const both = [change(0, 1, entry(B, { state: 'running' })), change(1, 1, entry(B))];
      expect(await store.commit({ as: b, shards: both })).toEqual({ kind: 'no_authority' });
      expect(await store.commit({ as: b, shards: [change(2, 0, entry(B))] })).toEqual({ kind: 'no_authority' });
      const lists = { expectedMap: 1, members: [], cordoned: [] };
      expect(await store.commit({ as: b, shards: [], lists })).toEqual({ kind: 'no_authority' });
      expect(await store.readMap()).toEqual(before);
    });

    it('refuses tokens of a tenure that is over, and of one that never was', async () => {
      const as = await coordinator();
      await store.resign({ node: A, incarnation: 'a|1', lease: true });
      const shards = [change(0, 0, entry(A))];
      expect(await store.commit({ as, shards })).toEqual({ kind: 'no_authority' });
      const again = await coordinator();
      expect(await store.commit({ as, shards })).toEqual({ kind: 'no_authority' });
      expect(await store.commit({ as: { ...again, token: again.token + 1 }, shards })).toEqual({
        kind: 'no_authority',
      });
      expect(await store.commit({ as: { ...again, node: B }, shards })).toEqual({ kind: 'no_authority' });
      expect(await store.readMap()).toEqual(emptyMap(SHARDS));
      expect(await store.commit({ as: again, shards })).toMatchObject({ kind: 'committed' });
    });

    it('refuses a commit whose lease or office has ended, though nobody else has it', async () => {
      const { token, coordinator } = await held(renew(A, { wantsOffice: true, ttlMs: SHORT_MS }));
      const office = { kind: 'coordinator', node: A, token: coordinator?.token ?? 0 } as const;
      await store.commit({ as: office, shards: [change(0, 0, entry(A))] });
      await adapter.pass();
      expect(await store.commit({ as: office, shards: [change(1, 0, entry(A))] })).toEqual({ kind: 'no_authority' });
      const lease = { kind: 'member', node: A, token } as const;
      expect(await store.commit({ as: lease, shards: [change(0, 1, entry(B))] })).toEqual({ kind: 'no_authority' });
    });

    it('throws at a shard that no map of this size has', async () => {
      const as = await coordinator();
      await expect(store.commit({ as, shards: [change(SHARDS, 0, entry(A))] })).rejects.toThrow(RangeError);
    });

    it('has one winner of many commits at once', async () => {
      const as = await coordinator();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.commit({ as, shards: [change(0, 0, entry(nodeId(`n${i}`)))] })),
      );
      expect(answers.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
      expect((await store.readMap()).version).toBe(1);
    });
  });

  it('rejects with store_unavailable once it is closed', async () => {
    await store.close();
    await until('a refusal', async () => {
      const code = await renew(A).then(
        () => undefined,
        (error: { readonly code: string }) => error.code,
      );
      return code === 'store_unavailable';
    });
  });
});
