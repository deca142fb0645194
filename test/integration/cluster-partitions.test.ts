import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ShardRow } from '../../src/http/api/cluster/rows.ts';
import { TestCamera } from '../support/camera.ts';
import { CameraFeed } from '../support/camera-feed.ts';
import { type ClusterNode, SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { type TestHost, TestNetwork } from '../support/test-network.ts';
import { until } from '../support/until.ts';

const TOKEN = 'a-token-of-the-tests';
const PORT = 8_080;
const REJOINED_MS_MAX = 40_000;
const LEASE_MS = SHORT_LEASES.leaseTtlMs;
const OFFLINE_AFTER_1_S =
  'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
  'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null, snapshot: false }]\n';

// Four nodes, each on a machine of its own as far as the network is concerned. Needs root; CI has it.
describe.skipIf(!TestNetwork.isPossible && process.env.CI === undefined)('a cluster whose network fails', () => {
  let network: TestNetwork;
  let redis: RedisServer;
  let cluster: TestCluster;
  let picture: Buffer;
  const hosts = new Map<string, TestHost>();
  const feeds: CameraFeed[] = [];

  beforeAll(async () => {
    picture = await jpeg();
    network = await TestNetwork.create();
    redis = await RedisServer.start('--bind', '0.0.0.0', '--protected-mode', 'no');
    cluster = new TestCluster({
      redis,
      name: 'partitions',
      settings: {
        auth: { token: TOKEN },
        redis: { url: `redis://${network.serverAddress}:${redis.port}`, commandTimeoutMs: 500 },
        cluster: { ...SHORT_LEASES, checkpointMs: 500, ledgerMs: 100 },
        batching: { frameDeadlineMs: 5_000 },
        alerts: { breakerFailures: 100, breakerOpenMs: 200 },
      },
    });
    for (const id of ['a', 'b', 'c', 'd']) {
      const host = await network.addHost(id);
      hosts.set(id, host);
      const advertiseUrl = `ws://${host.address}:${PORT}`;
      const server = { host: host.address, port: PORT };
      cluster.add(id, { server, cluster: { advertiseUrl } }, { through: host.through });
    }
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.atRest(cluster.nodes);
  });
  afterAll(async () => {
    await cluster?.remove();
    await redis?.close();
    await network?.remove();
  });

  afterEach(async () => {
    for (const feed of feeds) feed.stop();
    redis.thaw();
    await network.heal();
    await cluster.atRest(cluster.nodes, REJOINED_MS_MAX);
  });

  /** Sends a frame each 100 ms, until the test is over at the latest. */
  const feedTo = (camera: TestCamera): CameraFeed => {
    const feed = new CameraFeed(picture);
    feeds.push(feed);
    feed.start(camera, 100);
    return feed;
  };
  const hostOf = (node: ClusterNode): TestHost => hosts.get(node.id) as TestHost;
  const others = (...nodes: readonly ClusterNode[]): ClusterNode[] =>
    cluster.nodes.filter((node) => !nodes.includes(node));
  const connect = (node: ClusterNode, name: string, query = ''): Promise<TestCamera> =>
    TestCamera.connect(node, name, { query: `access_token=${encodeURIComponent(TOKEN)}${query}` });
  const cameraOf = async (node: ClusterNode, prefix: string): Promise<string> =>
    (await cluster.camerasOf(node, 1, prefix))[0] ?? '';
  /** Shards that have been taken over from owners believed dead since. */
  const takenOver = async (before: readonly ShardRow[], via = cluster.any): Promise<readonly ShardRow[]> =>
    (await cluster.shards(via)).filter(
      ({ shard, epoch, from }) => epoch > (before[shard]?.epoch ?? 0) && from.kind === 'takeover',
    );
  const put = async (node: ClusterNode, camera: string): Promise<void> => {
    const headers = { 'content-type': 'application/yaml' };
    const path = `/v1/cameras/${camera}/settings`;
    const answer = await node.fetch(path, { method: 'PUT', headers, body: OFFLINE_AFTER_1_S });
    expect(answer.status).toBe(200);
  };
  const isFenced = async (node: ClusterNode): Promise<boolean> => !(await node.cluster()).lease.held;
  const resultsGrow = async (what: string, camera: TestCamera, by = 5): Promise<void> => {
    const from = camera.results.length;
    await until(what, () => camera.results.length >= from + by);
  };
  const leases = (n: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, n * LEASE_MS));

  const cutLinks = async (): Promise<void> => {
    for (const [i, one] of cluster.nodes.entries()) {
      for (const other of cluster.nodes.slice(i + 1)) await network.cut(hostOf(one), hostOf(other));
    }
  };

  /**
   * Watches nodes from now on: when each last said that it may serve, and when somebody else was first said to own a
   * shard that was theirs. The one reading was true after it was asked for, the other before it was answered.
   */
  const watchOwners = async (losers: readonly ClusterNode[], via: ClusterNode) => {
    const before = await cluster.shards(via);
    const lastServed = new Map<string, number>();
    const firstTaken = new Map<string, number>();
    let over = false;
    const poll = async (look: () => Promise<void>): Promise<void> => {
      while (!over) {
        await look().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const polls = losers.map((node) =>
      poll(async () => {
        const askedMs = performance.now();
        if (!(await isFenced(node))) lastServed.set(node.id, askedMs);
      }),
    );
    polls.push(
      poll(async () => {
        for (const { shard } of await takenOver(before, via)) {
          const loser = before[shard]?.node ?? '';
          if (!firstTaken.has(loser)) firstTaken.set(loser, performance.now());
        }
      }),
    );
    return {
      /** Ends when all is taken. @returns ms from when a loser last served to when the first of its shards was taken, the least */
      async allTaken(): Promise<number> {
        await until('all is taken', async () => {
          const rows = await cluster.shards(via);
          return rows.every(({ state, node }) => state === 'running' && !losers.some(({ id }) => id === node));
        });
        over = true;
        await Promise.all(polls);
        return Math.min(
          ...losers.map(({ id }) => (firstTaken.get(id) ?? Number.NaN) - (lastServed.get(id) ?? Number.NaN)),
        );
      },
    };
  };
  const heal = async (): Promise<void> => {
    await network.heal();
    await cluster.atRest(cluster.nodes, REJOINED_MS_MAX);
  };

  for (const [how, away, back] of [
    ['stands still', () => redis.freeze(), () => redis.thaw()],
    ['is killed', () => redis.kill(), () => redis.start()],
  ] as const) {
    it(`serves on where Redis ${how}, far past the lease, and its alerts arrive when that is back`, async () => {
      const [a, b] = cluster.nodes as [ClusterNode, ClusterNode];
      const [mine, relayed, quiet] = [
        await cameraOf(a, `${how.length}mine`),
        await cameraOf(b, `${how.length}relayed`),
        await cameraOf(b, `${how.length}quiet`),
      ];
      await put(a, quiet);
      const cameras = [await connect(a, mine), await connect(a, relayed), await connect(b, quiet)];
      const [, , quietFeed] = cameras.map(feedTo);
      const raised = async () => new Set((await cluster.alerts(quiet)).map(({ id }) => id)).size;
      await Promise.all(cameras.map((camera) => resultsGrow('it is served', camera)));
      const before = await cluster.shards(a);
      const known = await raised();
      await away();
      await leases(2);
      for (const [i, camera] of cameras.entries()) await resultsGrow(`camera ${i} is served without Redis`, camera);
      for (const node of cluster.nodes) {
        expect(await node.ready()).toBe(true);
        expect((await node.cluster()).lease).toMatchObject({ held: true, islanded: true });
      }
      // It falls silent, and nobody can be told yet.
      quietFeed?.stop();
      await until('an alert', async () => (await raised()) > known);
      await back();
      await until('it arrives', async () =>
        (await cluster.published()).find(({ event }) => event.id === `${quiet}:camera:${known + 1}:opened`),
      );
      await until('all have their leases', async () => {
        const all = await Promise.all(cluster.nodes.map(async (node) => (await node.cluster()).lease));
        return all.every(({ held, islanded }) => held && !islanded);
      });
      for (const [i, camera] of cameras.slice(0, 2).entries()) await resultsGrow(`camera ${i} is served`, camera);
      await cluster.atRest(cluster.nodes);
      expect(await takenOver(before)).toEqual([]);
      for (const camera of cameras) await camera.close();
    });
  }

  it('fences a node that hears nobody before others take over, and takes it back', async () => {
    const [a, , c] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode];
    const name = await cameraOf(c, 'alone');
    const camera = await connect(c, name);
    const feed = feedTo(camera);
    await resultsGrow('it is served', camera);
    const watch = await watchOwners([c], a);
    await network.cutFromServers(hostOf(c));
    for (const node of others(c)) await network.cut(hostOf(c), hostOf(node));
    expect(await watch.allTaken()).toBeGreaterThan(0);
    expect(await c.ready()).toBe(false);
    // Its camera is told that nobody serves it here: of the last frame, as nothing newer takes its place.
    feed.stop();
    await until('its frames are shed', () => camera.acks.some(({ shed }) => shed.some((s) => s.reason === 'unowned')));
    const elsewhere = await connect(a, name);
    const other = feedTo(elsewhere);
    await resultsGrow('it is served elsewhere', elsewhere);
    other.stop();
    await elsewhere.close();
    await camera.close();
    await heal();
    expect(await c.ready()).toBe(true);
  });

  it('fences nobody where only the links between nodes are cut', async () => {
    const [a, b] = cluster.nodes as [ClusterNode, ClusterNode];
    const [name, far] = [await cameraOf(b, 'linked'), await cameraOf(b, 'far')];
    const here = await connect(b, name);
    const feed = feedTo(here);
    await resultsGrow('it is served', here);
    const before = await cluster.shards(a);
    await cutLinks();
    await leases(2);
    await resultsGrow('it is served at its owner', here);
    for (const node of cluster.nodes) {
      expect((await node.cluster()).lease).toMatchObject({ held: true, islanded: false });
      expect(await node.ready()).toBe(true);
    }
    // One that cannot follow is held for a moment, and told that it was shed.
    const stays = await connect(a, far);
    const staysFeed = feedTo(stays);
    await until('its frames are shed', () => stays.acks.some(({ shed }) => shed.length > 0));
    staysFeed.stop();
    expect(stays.results).toEqual([]);
    expect(await takenOver(before)).toEqual([]);
    feed.stop();
    await Promise.all([here, stays].map((camera) => camera.close()));
    await heal();
    expect(await takenOver(before)).toEqual([]);
  });

  it('sends cameras that follow to their owners where the links are cut', async () => {
    const [a, b] = cluster.nodes as [ClusterNode, ClusterNode];
    const name = await cameraOf(b, 'follows');
    await cutLinks();
    await leases(1);
    const follows = await connect(a, name, '&redirect=1');
    expect(await follows.next('redirect')).toMatchObject({ url: b.wsUrl });
    await follows.close();
  });

  it('has the minority serve where that alone has Redis: the others ask it, and fence themselves', async () => {
    const [a, b, c, d] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode];
    const name = await cameraOf(b, 'minority');
    const watch = await watchOwners([b, c, d], a);
    for (const node of [b, c, d]) await network.cutFromServers(hostOf(node));
    expect(await watch.allTaken()).toBeGreaterThan(0);
    for (const node of [b, c, d]) expect(await node.ready()).toBe(false);
    const camera = await connect(a, name);
    const feed = feedTo(camera);
    await resultsGrow('it is served', camera);
    feed.stop();
    await camera.close();
    await heal();
  });

  it('fences the half that is cut off without Redis', async () => {
    const [a, b, c, d] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode];
    const watch = await watchOwners([c, d], a);
    for (const one of [c, d]) {
      await network.cutFromServers(hostOf(one));
      for (const other of [a, b]) await network.cut(hostOf(one), hostOf(other));
    }
    expect(await watch.allTaken()).toBeGreaterThan(0);
    for (const node of [c, d]) expect(await node.ready()).toBe(false);
    for (const node of [a, b]) expect(await node.ready()).toBe(true);
    await heal();
  });

  it('fences both halves where nobody has Redis and they do not hear each other', async () => {
    const [a, b, c, d] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode];
    const before = await cluster.shards(a);
    redis.freeze();
    for (const one of [c, d]) for (const other of [a, b]) await network.cut(hostOf(one), hostOf(other));
    for (const node of [a, b, c, d]) await until(`${node.id} is fenced`, () => isFenced(node));
    redis.thaw();
    await heal();
    for (const node of [a, b, c, d]) expect(await node.ready()).toBe(true);
    // Nobody could be sure of anybody's death: those who had shards have them still.
    expect(await takenOver(before)).toEqual([]);
  });

  it('has accounted for every frame over all of it, and published nothing behind a later owner', async () => {
    const sent = feeds.reduce((sum, feed) => sum + feed.sent, 0);
    const { total } = await cluster.settledLedger(sent);
    expect(total.lost.node_death ?? 0).toBeLessThan(sent / 10);
    expect(await cluster.publishedLate()).toEqual([]);
  });
});
