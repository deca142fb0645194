import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SettingsChange, type SettingsStore, VERSIONS_KEPT } from '../../src/settings/port.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { newCluster, RedisSettingsNode } from '../support/redis-settings.ts';
import { camera, SettingsBench } from '../unit/src/settings/fixtures.ts';

/** One suite for every adapter of the settings store. */
interface Adapter {
  open(camerasMax: number): Promise<SettingsStore>;
  /** Closes the store and opens it anew over what it kept. */
  reopen(): Promise<SettingsStore>;
  end(): Promise<void>;
}

/** What all tests of an adapter share. */
interface Outside {
  readonly url: string;
  close(): Promise<void>;
}

function redisAdapter(isCluster: boolean): (outside: Outside | undefined) => Adapter {
  return (outside) => {
    const node = new RedisSettingsNode({ url: outside?.url ?? '', isCluster });
    const cluster = newCluster();
    let camerasMax = 0;
    return {
      open: (max) => {
        camerasMax = max;
        return node.open(cluster, { camerasMax });
      },
      reopen: async () => {
        await node.close();
        return node.open(cluster, { camerasMax });
      },
      end: () => node.end(),
    };
  };
}

function localAdapter(): Adapter {
  const bench = new SettingsBench();
  let camerasMax = 0;
  return {
    open: (max) => {
      camerasMax = max;
      return bench.open({ camerasMax });
    },
    reopen: async () => {
      await bench.close();
      return bench.open({ camerasMax });
    },
    end: () => bench.end(),
  };
}

const NORTH = camera('north');
const BY = { who: 'ann', via: 'test' };
const LINES = { lines: [{ id: 'a', from: [0, 0.5], to: [1, 0.5] }] };

const ADAPTERS: readonly (readonly [
  name: string,
  begin: () => Promise<Outside | undefined>,
  make: (outside: Outside | undefined) => Adapter,
])[] = [
  ['local', async () => undefined, localAdapter],
  ['redis', () => RedisServer.start(), redisAdapter(false)],
  ['redis cluster', () => RedisCluster.start(), redisAdapter(true)],
];

describe.each(ADAPTERS)('a settings store: %s', (_name, begin, make) => {
  let outside: Outside | undefined;
  let adapter: Adapter;
  let store: SettingsStore;
  let changes: SettingsChange[];

  beforeAll(async () => {
    outside = await begin();
  });
  afterAll(() => outside?.close());
  beforeEach(async () => {
    adapter = make(outside);
    store = await adapter.open(5);
    changes = [];
    store.onChange((change) => changes.push(change));
  });
  afterEach(() => adapter.end());

  it('has nothing of a camera nobody gave settings', async () => {
    expect(store.get(NORTH)).toBeUndefined();
    expect(await store.versions(NORTH)).toEqual([]);
    expect(await store.remove(NORTH, BY)).toEqual({ kind: 'unknown' });
    expect(store.list({ limit: 10 })).toEqual({ items: [], next: null });
  });

  it('gives back what was put, with every default, and tells of it', async () => {
    expect(await store.put(NORTH, { document: LINES }, BY)).toEqual({ kind: 'accepted', version: 1, changed: true });
    const stored = store.get(NORTH);
    expect(stored).toMatchObject({ camera: 'north', version: 1, document: LINES, updatedBy: 'ann' });
    expect(stored?.settings.lines[0]).toMatchObject({ id: 'a', hysteresis: 0.008 });
    expect(changes).toEqual([{ camera: 'north', version: 1, settings: stored?.settings }]);
  });

  it('refuses what is wrong with its path, and changes nothing', async () => {
    await store.put(NORTH, { document: LINES }, BY);
    const outcome = await store.put(NORTH, { document: { priority: 'high' } }, BY);
    expect(outcome).toMatchObject({ kind: 'refused', faults: [{ path: 'priority', code: 'settings_value' }] });
    expect(store.get(NORTH)).toMatchObject({ version: 1, document: LINES });
    expect(changes).toHaveLength(1);
  });

  it('makes no new version of the same document', async () => {
    await store.put(NORTH, { document: LINES }, BY);
    expect(await store.put(NORTH, { document: LINES }, BY)).toEqual({ kind: 'accepted', version: 1, changed: false });
    expect(changes).toHaveLength(1);
  });

  it('lets only one of two win who replace the same version', async () => {
    await store.put(NORTH, { document: LINES }, { ...BY, expectedVersion: 0 });
    const outcomes = await Promise.all([
      store.put(NORTH, { document: { priority: 'low' } }, { ...BY, expectedVersion: 1 }),
      store.put(NORTH, { document: { priority: 'critical' } }, { ...BY, expectedVersion: 1 }),
    ]);
    expect(outcomes).toEqual([
      { kind: 'accepted', version: 2, changed: true },
      { kind: 'conflict', version: 2 },
    ]);
    expect(await store.put(NORTH, { document: LINES }, { ...BY, expectedVersion: 0 })).toMatchObject({
      kind: 'conflict',
    });
    expect(await store.remove(NORTH, { ...BY, expectedVersion: 1 })).toEqual({ kind: 'conflict', version: 2 });
  });

  it('counts versions on over a removal', async () => {
    await store.put(NORTH, { document: LINES }, BY);
    expect(await store.remove(NORTH, BY)).toEqual({ kind: 'removed', version: 2 });
    expect(store.get(NORTH)).toBeUndefined();
    expect(changes.at(-1)).toEqual({ camera: 'north', version: 2, settings: undefined });
    expect(await store.put(NORTH, { document: LINES }, { ...BY, expectedVersion: 0 })).toMatchObject({ version: 3 });
    expect((await store.versions(NORTH)).map((v) => [v.version, v.document])).toEqual([
      [3, LINES],
      [2, null],
      [1, LINES],
    ]);
  });

  it('keeps versions within bounds, newest first', async () => {
    for (let i = 1; i <= 2 * VERSIONS_KEPT + 3; i++) {
      await store.put(NORTH, { document: { fps: { min: 1, max: i } } }, { who: `u${i}`, via: 'test' });
    }
    const versions = await store.versions(NORTH);
    expect(versions).toHaveLength(VERSIONS_KEPT);
    expect(versions[0]).toMatchObject({ version: 103, updatedBy: 'u103', document: { fps: { min: 1, max: 103 } } });
    expect(versions.at(-1)).toMatchObject({ version: 54 });
  });

  it('has everything again when it is opened anew', async () => {
    await store.put(NORTH, { text: '# counted at the gate\npriority: low\n' }, BY);
    await store.put(camera('gone'), { document: {} }, BY);
    await store.remove(camera('gone'), BY);
    const before = store.get(NORTH);
    store = await adapter.reopen();
    expect(store.get(NORTH)).toEqual(before);
    expect((await store.versions(NORTH))[0]?.text).toBe('# counted at the gate\npriority: low\n');
    expect(store.get(camera('gone'))).toBeUndefined();
    expect(await store.put(camera('gone'), { document: {} }, BY)).toMatchObject({ version: 3 });
  });

  it('lists cameras by name, page by page', async () => {
    for (const name of ['c', 'a', 'd', 'b']) await store.put(camera(name), { document: {} }, BY);
    await store.remove(camera('d'), BY);
    const first = store.list({ limit: 2 });
    expect(first.items.map((i) => i.camera)).toEqual(['a', 'b']);
    expect(first.next).toBe('b');
    expect(store.list({ after: 'b', limit: 2 })).toMatchObject({ items: [{ camera: 'c', version: 1 }], next: null });
  });

  it('takes no more cameras than it may, and one again where another left', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.put(camera(name), { document: {} }, BY);
    expect(await store.put(NORTH, { document: {} }, BY)).toEqual({ kind: 'full', camerasMax: 5 });
    expect(await store.put(camera('a'), { document: LINES }, BY)).toMatchObject({ kind: 'accepted' });
    await store.remove(camera('b'), BY);
    expect(await store.put(NORTH, { document: {} }, BY)).toMatchObject({ kind: 'accepted' });
  });

  it('keeps a listener that fails from nobody else, and one that ended from everything', async () => {
    store.onChange(() => {
      throw new Error('broken');
    });
    const late: SettingsChange[] = [];
    const end = store.onChange((change) => late.push(change));
    await store.put(NORTH, { document: {} }, BY);
    expect(late).toHaveLength(1);
    end();
    await store.put(NORTH, { document: LINES }, BY);
    expect(late).toHaveLength(1);
    expect(changes).toHaveLength(2);
  });

  it('takes nothing more once it is closed', async () => {
    await store.close();
    await expect(store.put(NORTH, { document: {} }, BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
  });
});
