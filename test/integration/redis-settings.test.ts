import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { CamshardError } from '../../core/errors.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';
import { SettingsIo } from '../../src/adapters/redis/settings/settings-io.ts';
import { packVersion } from '../../src/adapters/redis/settings/settings-record.ts';
import type { AuditLog } from '../../src/settings/audit-log.ts';
import { openSettings, settingsDir } from '../../src/settings/open-settings.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { newCluster, RedisSettingsNode } from '../support/redis-settings.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { camera } from '../unit/src/settings/fixtures.ts';

const NORTH = camera('north');
const SOUTH = camera('south');
const BY = { who: 'ann', via: 'test' };
const fps = (max: number) => ({ document: { fps: { min: 1, max } } });
const versionsOf = (node: RedisSettingsNode) => node.changes.map(({ camera, version }) => `${camera} ${version}`);

describe('settings of two nodes on one Redis', () => {
  let redis: RedisServer;
  let cluster: string;
  let a: RedisSettingsNode;
  let b: RedisSettingsNode;
  let proxy: TcpProxy;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.close());
  beforeEach(async () => {
    cluster = newCluster();
    proxy = await TcpProxy.start(redis.port);
    a = new RedisSettingsNode({ name: 'a', url: redis.url });
    b = new RedisSettingsNode({ name: 'b', url: `redis://127.0.0.1:${proxy.port}` });
    await Promise.all([a.open(cluster), b.open(cluster)]);
  });
  afterEach(async () => {
    await Promise.all([a.end(), b.end()]);
    await proxy.close();
  });

  const toldAtB = (changes: number) => until('changes at b', () => b.changes.length >= changes);

  it('tells a change through one at the other, once, with every default', async () => {
    await a.store.put(NORTH, { text: '# at the gate\npriority: low\n' }, BY);
    await toldAtB(1);
    expect(b.changes).toEqual(a.changes);
    expect(b.store.get(NORTH)).toEqual(a.store.get(NORTH));
    expect((await b.store.versions(NORTH))[0]).toMatchObject({
      text: '# at the gate\npriority: low\n',
    });
    await a.store.remove(NORTH, BY);
    await toldAtB(2);
    expect(b.store.get(NORTH)).toBeUndefined();
    expect(versionsOf(b)).toEqual(['north 1', 'north 2']);
  });

  it('tells all changes at both, in the same order, whoever made them', async () => {
    const put = (node: RedisSettingsNode, name: string) =>
      Promise.all(Array.from({ length: 40 }, (_, i) => node.store.put(camera(`${name}${i % 7}`), fps(i + 1), BY)));
    await Promise.all([put(a, 'x'), put(b, 'y'), put(a, 'z'), put(b, 'z')]);
    await until('all changes at both', () => a.changes.length === b.changes.length && a.changes.length > 80);
    expect(versionsOf(a)).toEqual(versionsOf(b));
    expect(new Set(versionsOf(a)).size).toBe(a.changes.length);
  });

  it('lets one of two nodes win that replace the same version', async () => {
    await a.store.put(NORTH, fps(1), BY);
    const outcomes = await Promise.all([
      a.store.put(NORTH, fps(2), { ...BY, expectedVersion: 1 }),
      b.store.put(NORTH, fps(3), { ...BY, expectedVersion: 1 }),
    ]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['accepted', 'conflict']);
    await until('both agree', () => a.store.get(NORTH)?.version === 2 && b.store.get(NORTH)?.version === 2);
    expect(a.store.get(NORTH)).toEqual(b.store.get(NORTH));
  });

  it('counts cameras over all nodes', async () => {
    await Promise.all([a.close(), b.close()]);
    await Promise.all([a.open(cluster, { camerasMax: 3 }), b.open(cluster, { camerasMax: 3 })]);
    const outcomes = await Promise.all([1, 2, 3, 4].map((i) => (i % 2 ? a : b).store.put(camera(`c${i}`), fps(1), BY)));
    expect(outcomes.filter(({ kind }) => kind === 'full')).toHaveLength(1);
  });

  it('goes on reading while Redis is away, refuses changes, and misses none once it is back', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await toldAtB(1);
    proxy.refuse();
    await expect(b.store.put(NORTH, fps(9), BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
    await expect(b.store.versions(NORTH)).rejects.toMatchObject({ code: 'settings_unavailable' });
    expect(b.store.get(NORTH)?.version).toBe(1);
    for (let i = 2; i <= 5; i++) await a.store.put(NORTH, fps(i), BY);
    await a.store.put(SOUTH, fps(1), BY);
    expect(b.store.get(NORTH)?.version).toBe(1);
    proxy.accept();
    await toldAtB(6);
    expect(versionsOf(b)).toEqual(versionsOf(a));
    expect(await until('b may write', () => b.store.put(SOUTH, fps(2), BY).catch(() => undefined))).toMatchObject({
      kind: 'accepted',
      version: 2,
    });
  });

  it('goes on after Redis was killed and started again', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await toldAtB(1);
    await redis.kill();
    expect(b.store.get(NORTH)?.version).toBe(1);
    await expect(a.store.put(NORTH, fps(9), BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
    await redis.start();
    await until('a may write', () => a.store.put(NORTH, fps(2), BY).catch(() => undefined));
    await toldAtB(2);
    expect(b.store.get(NORTH)).toEqual(a.store.get(NORTH));
  });

  it('reads everything anew where it was away for longer than the stream reaches', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await toldAtB(1);
    proxy.refuse();
    for (let i = 2; i <= 5; i++) await a.store.put(NORTH, fps(i), BY);
    await a.store.put(SOUTH, fps(1), BY);
    await a.store.remove(SOUTH, BY);
    await redis.cli('XTRIM', `camshard:{${cluster}:settings}:changes`, 'MAXLEN', '1');
    proxy.accept();
    await until('b has read everything', () => b.store.get(NORTH)?.version === 5);
    await a.store.put(SOUTH, fps(2), BY);
    await until('b goes on', () => b.store.get(SOUTH)?.version === 3);
    expect(versionsOf(b).filter((v) => v.startsWith('north'))).toEqual(['north 1', 'north 5']);
  });

  it('puts back what a Redis has lost that was accepted', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await a.store.put(NORTH, fps(2), BY);
    await a.store.put(SOUTH, fps(1), BY);
    await a.store.remove(SOUTH, BY);
    await toldAtB(4);
    proxy.cut();
    await redis.cli('FLUSHALL');
    proxy.cut();
    const c = new RedisSettingsNode({ name: 'c', url: redis.url });
    try {
      await c.open(cluster);
      await until('c has it', () => c.store.get(NORTH)?.version === 2);
      // Its connection was cut: it says so until it has another.
      const put = () => a.store.put(SOUTH, fps(3), BY).catch(() => false as const);
      // Not 1: a Redis that lost everything is told how far it had come.
      const again = await until('a goes on', put);
      expect(again).toMatchObject({ kind: 'accepted', version: 3 });
      await until('c has that too', () => c.store.get(SOUTH) !== undefined);
      expect((await c.store.versions(NORTH)).map(({ version, via, text }) => [version, via, text])).toEqual([
        [2, 'put back', 'fps:\n  min: 1\n  max: 2\n'],
      ]);
    } finally {
      await c.end();
    }
    expect(a.changes.length).toBeGreaterThanOrEqual(5);
  });

  it('keeps what was in force at a node that cannot take a document, and says so', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await b.close();
    await b.open(cluster, {
      check: ({ fps }) => ((fps?.max ?? 0) > 5 ? [{ at: ['fps', 'max'], message: 'too fast for this node' }] : []),
    });
    await a.store.put(NORTH, fps(9), BY);
    await until('b was told', () => b.events.some(({ kind }) => kind === 'settings_refused'));
    expect(b.store.get(NORTH)).toMatchObject({ version: 1, document: fps(1).document });
    expect((await b.store.versions(NORTH))[0]).toMatchObject({ version: 2, document: fps(9).document });
    expect(await b.store.put(NORTH, fps(2), { ...BY, expectedVersion: 1 })).toEqual({ kind: 'conflict', version: 2 });
    await b.store.put(NORTH, fps(3), BY);
    await until('both agree', () => a.store.get(NORTH)?.version === 3 && b.store.get(NORTH)?.version === 3);
    expect(b.changes.at(-1)).toMatchObject({ version: 3 });
  });

  it('tells of documents too long for the stream', async () => {
    const zones = Array.from({ length: 20 }, (_, i) => ({
      id: `z${i}`,
      polygon: Array.from({ length: 60 }, (_, p) => {
        const angle = (p / 60) * 2 * Math.PI;
        return [0.5 + 0.4 * Math.cos(angle), 0.5 + 0.4 * Math.sin(angle)];
      }),
    }));
    expect(JSON.stringify({ zones }).length).toBeGreaterThan(32 * 1024);
    expect(await a.store.put(NORTH, { document: { zones } }, BY)).toMatchObject({ kind: 'accepted' });
    await toldAtB(1);
    expect(b.store.get(NORTH)?.document).toEqual({ zones });
  });

  it('audits a change at the node that took it, and nowhere else', async () => {
    await a.store.put(NORTH, fps(1), BY);
    await b.store.put(NORTH, fps(2), { who: 'bob', via: 'test' });
    await until('both', () => a.changes.length === 2 && b.changes.length === 2);
    expect(a.audited).toMatchObject([{ who: 'ann', before: null, after: fps(1).document }]);
    expect(b.audited).toMatchObject([{ who: 'bob', before: fps(1).document, after: fps(2).document }]);
    expect(b.events).toMatchObject([{ kind: 'settings_changed', data: { version: 2, auditSeq: 1 } }]);
    expect((await b.audit.read({ limit: 10 })).records).toHaveLength(1);
  });

  it('takes no further change while one is not in the audit log', async () => {
    await b.close();
    let failing = false;
    const { audit } = a;
    const faulty: AuditLog = {
      append: (entry) =>
        failing ? Promise.reject(new CamshardError('audit_unavailable', 'full')) : audit.append(entry),
      lastAtMs: 0,
      read: (query) => audit.read(query),
      verify: () => audit.verify(),
      close: () => audit.close(),
    };
    await b.open(cluster, { audit: faulty });
    failing = true;
    expect(await b.store.put(NORTH, fps(1), BY)).toMatchObject({ kind: 'accepted' });
    expect(b.events).toMatchObject([{ severity: 'critical', kind: 'audit_broken' }]);
    await expect(b.store.put(NORTH, fps(2), BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
    expect(b.store.get(NORTH)?.version).toBe(1);
    failing = false;
    expect(await b.store.put(NORTH, fps(3), BY)).toMatchObject({ version: 2 });
    expect(b.audited.map(({ after }) => after)).toEqual([fps(1).document, fps(3).document]);
  });

  it('audits at its next start what a crash kept from the log', async () => {
    const lost: AuditLog = {
      append: () => Promise.reject(new CamshardError('audit_unavailable', 'crashed')),
      lastAtMs: 0,
      read: (query) => a.audit.read(query),
      verify: () => a.audit.verify(),
      close: () => a.audit.close(),
    };
    await b.close();
    await b.open(cluster, { audit: lost });
    await b.store.put(NORTH, fps(1), BY);
    await b.close();
    await b.open(cluster);
    await b.close();
    await b.open(cluster);
    expect((await b.audit.read({ limit: 10 })).records.map(({ entry }) => entry.after)).toEqual([fps(1).document]);
  });

  it('tells and audits a change whose answer was lost, once it shows', async () => {
    proxy.halfOpen();
    await expect(b.store.put(NORTH, fps(1), BY)).rejects.toMatchObject({ code: 'settings_unavailable' });
    proxy.heal();
    await toldAtB(1);
    await until('it is audited', () => b.audited.length === 1);
    await until('a was told', () => a.changes.length === 1);
    expect(versionsOf(b)).toEqual(['north 1']);
  });

  it('makes a change once that a client sends again because its connection ended', async () => {
    const client = openRedis({
      config: { url: redis.url, cluster: false, connectTimeoutMs: 500, commandTimeoutMs: 500, streamLengthMax: 100 },
      name: 'test',
      clock: systemClock,
      log: pino({ level: 'silent' }),
    });
    const io = new SettingsIo(client, cluster);
    try {
      await until('a connection', () => client.client.status === 'ready');
      const header = JSON.stringify({ id: 'x', node: '', at: 1, by: 'ann', via: 'test', mark: '' });
      const change = { camera: NORTH, expectedVersion: 0, hash: 'aa', header, documentJson: '{}', textCounts: true };
      const sent = { ...change, packed: await packVersion(header, '{}', '{}'), camerasMax: 5, seenVersion: 0 };
      expect(await io.change(sent)).toEqual({ what: 'changed', version: 1 });
      expect(await io.change(sent)).toEqual({ what: 'changed', version: 1 });
      await toldAtB(1);
      expect(await io.head()).toMatchObject({ seq: 1 });
      expect(await io.versions(NORTH)).toHaveLength(1);
    } finally {
      await io.close();
    }
  });

  it('is what a node of a cluster opens, which says that it does not look at files', async () => {
    const said: string[] = [];
    const config = nodeConfigSchema.parse({
      node: { id: 'n1', dataDir: a.dir },
      cluster: { name: cluster, adapter: 'redis', secret: 'a secret of sixteen' },
      redis: { url: redis.url },
    });
    await mkdir(settingsDir(config));
    await writeFile(join(settingsDir(config), 'north.yaml'), 'priority: low\n');
    const log = pino({ level: 'warn' }, { write: (line: string) => said.push(line) });
    const opened = await openSettings({ config, clock: systemClock, log, emit: () => {} });
    try {
      expect(opened.store.get(NORTH)).toBeUndefined();
      expect(said.join('')).toContain('settings in files are not looked at');
      await a.store.put(NORTH, fps(1), BY);
      await until('it is told', () => opened.store.get(NORTH)?.version === 1);
    } finally {
      await opened.close();
    }
  });

  it('refuses to start without Redis', async () => {
    await b.close();
    proxy.refuse();
    await expect(b.open(cluster, { loadTimeoutMs: 500 })).rejects.toMatchObject({ code: 'settings_unavailable' });
  });
});

describe('settings on a Redis Cluster', () => {
  it('keeps every accepted change over the death of their master, and goes on', { timeout: 60_000 }, async () => {
    const redis = await RedisCluster.start();
    const cluster = newCluster();
    const nodes = ['a', 'b'].map((name) => new RedisSettingsNode({ name, url: redis.url, isCluster: true }));
    const [a, b] = nodes as [RedisSettingsNode, RedisSettingsNode];
    try {
      await Promise.all(nodes.map((node) => node.open(cluster)));
      const accepted = new Map<string, number>();
      let writing = true;
      const writer = (async () => {
        for (let i = 0; writing; i++) {
          const id = camera(`c${i % 50}`);
          const outcome = await a.store.put(id, fps(1 + (i % 100)), BY).catch(() => undefined);
          if (outcome?.kind === 'accepted') accepted.set(id, outcome.version);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      await until('some changes', () => b.changes.length > 20);
      const key = `{${cluster}:settings}`;
      const master = await redis.masterOf(key);
      await master.kill();
      await redis.otherMasterOf(key, master);
      const before = b.changes.length;
      await until('further changes', () => accepted.size === 50 && b.changes.length > before + 50, 30_000);
      writing = false;
      await writer;
      const agree = () => [...accepted].every(([id, v]) => (b.store.get(camera(id))?.version ?? 0) >= v);
      await until('b has all that was accepted', agree);
      expect(b.store.list({ limit: 100 })).toEqual(a.store.list({ limit: 100 }));
    } finally {
      await Promise.all(nodes.map((node) => node.end()));
      await redis.close();
    }
  });
});
