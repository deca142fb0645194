import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { type CameraId, nodeId, type ShardId, shardId } from '../../core/ids.ts';
import { LocalCheckpointStore } from '../../src/adapters/local/local-checkpoint-store.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisCheckpointStore } from '../../src/adapters/redis/redis-checkpoint-store.ts';
import type { CameraCheckpoint, CheckpointStore, LedgerCheckpoint } from '../../src/checkpoints/port.ts';
import { alertOf } from '../support/alerts.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';

interface Adapter {
  fresh(): Promise<CheckpointStore>;
  close(): Promise<void>;
}

const local = async (): Promise<Adapter> => ({
  fresh: async () => new LocalCheckpointStore(),
  close: async () => {},
});

async function redis(server: { readonly url: string; close(): Promise<void> }, cluster: boolean): Promise<Adapter> {
  const stores: CheckpointStore[] = [];
  return {
    async fresh() {
      const config = { url: server.url, cluster, connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 };
      const opened = openRedis({
        ...{ config: { ...config, streamLengthMax: 100 }, name: 'test', clock: systemClock },
        log: pino({ level: 'silent' }),
      });
      if (opened.client.status !== 'ready') await once(opened.client, 'ready');
      const store = new RedisCheckpointStore({ redis: opened, cluster: `c${stores.length}` });
      stores.push(store);
      return store;
    },
    async close() {
      for (const store of stores) await store.close();
      await server.close();
    },
  };
}

const S1 = shardId(7);
const S2 = shardId(123);
const N1 = nodeId('n1');
const N2 = nodeId('n2');

const checkpoint = (camera: string, more: Partial<CameraCheckpoint> = {}): CameraCheckpoint => ({
  camera: camera as CameraId,
  savedAt: 1_700_000_000_000,
  state: JSON.stringify({ tracks: [1, 2, 3], name: 'Größe "x"' }),
  openings: { queue: 3 },
  undelivered: [],
  ...more,
});

const ledger = (camera: string, shard: ShardId, received: number, lastSeq: number | null = null): LedgerCheckpoint => ({
  camera: camera as CameraId,
  shard,
  ledger: { received, inferred: received, gated: 0, shed: { expired: 1 }, rejected: {}, lost: {}, inFlight: 0 },
  lastSeq,
});

const byCamera = <T extends { readonly camera: string }>(all: readonly T[]): readonly T[] =>
  all.toSorted((a, b) => (a.camera < b.camera ? -1 : 1));

describe.each([
  ['local', local],
  ['redis', async () => redis(await RedisServer.start(), false)],
  ['redis cluster of six', async () => redis(await RedisCluster.start(), true)],
] as const)('checkpoint store: %s', (_name, start) => {
  let adapter: Adapter;
  let store: CheckpointStore;
  beforeAll(async () => {
    adapter = await start();
  });
  beforeEach(async () => {
    store = await adapter.fresh();
  });
  afterAll(() => adapter.close());

  it('has nothing of a shard that was never saved', async () => {
    expect(await store.take(S1, 1)).toEqual([]);
  });

  it('gives the next owner all that was saved of a shard, and nothing of others', async () => {
    const undelivered = [
      { kind: 'alert', alert: alertOf('cam-1') },
      { kind: 'acknowledged', id: 'cam-1/queue/3', who: 'an operator', atMs: 5 },
    ] as const;
    const one = checkpoint('cam-1', { undelivered });
    const two = checkpoint('cam-2', { state: null });
    expect(await store.saveCameras(S1, 1, [one, two])).toBe('saved');
    expect(await store.saveCameras(S2, 1, [checkpoint('cam-3')])).toBe('saved');
    expect(byCamera(await store.take(S1, 2))).toEqual([one, two]);
    expect(byCamera(await store.take(S1, 2))).toEqual([one, two]);
  });

  it('replaces the cameras it is given, and keeps the others of the shard', async () => {
    await store.saveCameras(S1, 1, [checkpoint('cam-1'), checkpoint('cam-2')]);
    const newer = checkpoint('cam-2', { savedAt: 1_700_000_005_000, openings: { queue: 4 } });
    await store.saveCameras(S1, 1, [newer]);
    expect(byCamera(await store.take(S1, 2))).toEqual([checkpoint('cam-1'), newer]);
  });

  it('forgets a camera of which nothing is kept any more', async () => {
    await store.saveCameras(S1, 1, [checkpoint('cam-1'), checkpoint('cam-2')]);
    await store.saveCameras(S1, 1, [checkpoint('cam-1', { state: null, openings: {} })]);
    expect(await store.take(S1, 2)).toEqual([checkpoint('cam-2')]);
  });

  it('keeps states of any size as they were', async () => {
    const large = checkpoint('cam-1', { state: JSON.stringify(Array.from({ length: 20_000 }, (_, i) => i * 1.37)) });
    await store.saveCameras(S1, 1, [large, checkpoint('cam-2')]);
    expect(byCamera(await store.take(S1, 2))).toEqual([large, checkpoint('cam-2')]);
  });

  it('saves many cameras at once', async () => {
    const many = Array.from({ length: 300 }, (_, i) => checkpoint(`cam-${String(i).padStart(3, '0')}`));
    expect(await store.saveCameras(S1, 1, many)).toBe('saved');
    expect(byCamera(await store.take(S1, 2))).toEqual(many);
  });

  it('refuses an owner of an older epoch once a newer one has saved, and keeps what that one saved', async () => {
    await store.saveCameras(S1, 2, [checkpoint('cam-1')]);
    expect(await store.saveCameras(S1, 1, [checkpoint('cam-1', { openings: {} })])).toBe('fenced');
    expect(await store.take(S1, 2)).toEqual([checkpoint('cam-1')]);
  });

  it('refuses the old owner once the new one has taken the shard, before that has saved anything', async () => {
    await store.saveCameras(S1, 1, [checkpoint('cam-1')]);
    await store.take(S1, 2);
    expect(await store.saveCameras(S1, 1, [checkpoint('cam-2')])).toBe('fenced');
    expect(await store.saveCameras(S1, 1, [])).toBe('fenced');
    expect(await store.saveCameras(S1, 2, [checkpoint('cam-3')])).toBe('saved');
    expect(byCamera(await store.take(S1, 3))).toEqual([checkpoint('cam-1'), checkpoint('cam-3')]);
    expect(await store.saveCameras(S2, 1, [checkpoint('cam-9')])).toBe('saved');
  });

  it('does not lower a fence for a taker of an older epoch', async () => {
    await store.take(S1, 5);
    await store.take(S1, 3);
    expect(await store.saveCameras(S1, 4, [checkpoint('cam-1')])).toBe('fenced');
  });

  it('keeps the last account of each camera, by node and shard', async () => {
    await store.saveLedgers(N1, [ledger('cam-1', S1, 5, 9), ledger('cam-2', S1, 6), ledger('cam-3', S2, 7)]);
    await store.saveLedgers(N1, [ledger('cam-1', S1, 8, 12)]);
    await store.saveLedgers(N2, [ledger('cam-1', S1, 100)]);
    expect(byCamera(await store.takeLedgers(N1, [S1]))).toEqual([ledger('cam-1', S1, 8, 12), ledger('cam-2', S1, 6)]);
    expect(await store.takeLedgers(N1, [S2])).toEqual([ledger('cam-3', S2, 7)]);
    expect(await store.takeLedgers(N2, [S2, S1])).toEqual([ledger('cam-1', S1, 100)]);
  });

  it('gives an account away once', async () => {
    await store.saveLedgers(N1, [ledger('cam-1', S1, 5)]);
    const answers = await Promise.all([store.takeLedgers(N1, [S1, S2]), store.takeLedgers(N1, [S1, S2])]);
    expect(answers.flat()).toEqual([ledger('cam-1', S1, 5)]);
    expect(await store.takeLedgers(N1, [S1, S2])).toEqual([]);
    await store.saveLedgers(N1, [ledger('cam-1', S1, 6)]);
    expect(await store.takeLedgers(N1, [S1])).toEqual([ledger('cam-1', S1, 6)]);
  });

  it('rejects with store_unavailable once it is closed', async () => {
    await store.close();
    await expect(store.take(S1, 1)).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.saveLedgers(N1, [ledger('cam-1', S1, 5)])).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
