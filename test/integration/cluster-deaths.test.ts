import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import { TestCamera } from '../support/camera.ts';
import { CameraFeed } from '../support/camera-feed.ts';
import { type ClusterNode, SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { PostgresProcess } from '../support/postgres-server.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { WebhookServer } from '../support/webhook-server.ts';

/** A camera is elsewhere by then; a third of it where nothing else runs on the machine. */
const TAKEOVER_MS_MAX = 10_000;
const OFFLINE_AFTER_1_S =
  'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
  'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null, snapshot: false }]\n';

describe('a cluster whose nodes die, stand still and stop', () => {
  let redis: RedisServer;
  let postgres: PostgresProcess;
  let webhook: WebhookServer;
  let cluster: TestCluster;
  let picture: Buffer;
  let nodes: readonly ClusterNode[];
  const feeds: CameraFeed[] = [];

  beforeAll(async () => {
    [picture, redis, postgres, webhook] = await Promise.all([
      jpeg(),
      RedisServer.start(),
      PostgresProcess.start(),
      WebhookServer.start(),
    ]);
    cluster = new TestCluster({
      redis,
      name: 'deaths',
      settings: {
        cluster: { ...SHORT_LEASES, checkpointMs: 500, ledgerMs: 100 },
        batching: { frameDeadlineMs: 10_000 },
        history: { enabled: true, url: postgres.url, poolMax: 3 },
        alerts: { webhooks: [{ name: 'hook', url: webhook.url }], breakerFailures: 100, breakerOpenMs: 200 },
      },
    });
    nodes = await cluster.form('a', 'b', 'c');
  });
  afterEach(() => {
    for (const feed of feeds) feed.stop();
  });
  afterAll(async () => {
    await cluster?.remove();
    await Promise.all([redis?.close(), postgres?.remove(), webhook?.close()]);
  });

  const newFeed = (): CameraFeed => {
    const feed = new CameraFeed(picture);
    feeds.push(feed);
    return feed;
  };
  const sent = (): number => feeds.reduce((sum, feed) => sum + feed.sent, 0);
  const put = async (node: ClusterNode, camera: string): Promise<void> => {
    const headers = { 'content-type': 'application/yaml' };
    const path = `/v1/cameras/${camera}/settings`;
    const answer = await node.fetch(path, { method: 'PUT', headers, body: OFFLINE_AFTER_1_S });
    expect(answer.status).toBe(200);
  };
  /** The coordinator, whose death is the harder one, and the others. */
  const victimAndOthers = async (): Promise<[ClusterNode, ClusterNode, ClusterNode]> => {
    const { coordinator } = await cluster.any.cluster();
    const victim = cluster.node(coordinator ?? '');
    const [one, other] = nodes.filter((node) => node !== victim);
    return [victim, one as ClusterNode, other as ClusterNode];
  };
  const redisNowMs = async (): Promise<number> => {
    const [s, us] = (await redis.cli('TIME')).split('\n');
    return Number(s) * 1_000 + Number(us) / 1_000;
  };

  it('serves the cameras of a node that is killed elsewhere, with what they remember, and accounts for every frame', async () => {
    const [victim, one, other] = await victimAndOthers();
    const [open = '', direct = '', relayed = ''] = await cluster.camerasOf(victim, 3, 'dies');
    webhook.hang();
    await put(one, open);
    await cluster.alert(`${open}:camera:1`, 'opened');
    await until('it hangs at the webhook', () =>
      webhook.seen.find(({ event }) => event.subject === `${open}:camera:1`),
    );

    const [atVictim, atOne] = await Promise.all([
      TestCamera.welcomed(victim, direct),
      TestCamera.welcomed(one, relayed),
    ]);
    const [directFeed, relayedFeed] = [newFeed(), newFeed()];
    relayedFeed.start(atOne, 50);
    for (let i = 0; i < 20; i++) {
      const seq = directFeed.send(atVictim);
      await atVictim.next('result', (result) => result.seq === seq);
    }
    // Some are on their way when it dies.
    for (let i = 0; i < 10; i++) directFeed.send(atVictim);
    const before = await cluster.shards(other);
    await victim.kill();
    webhook.answer();
    const sentBefore = relayedFeed.sent;

    await until(
      'the relayed camera is served elsewhere',
      () => atOne.results.some(({ seq }) => seq > sentBefore),
      TAKEOVER_MS_MAX,
    );
    const taken = await cluster.shard(relayed, one);
    expect(taken.epoch).toBe((before[taken.shard]?.epoch ?? 0) + 1);
    expect(taken.from).toMatchObject({ kind: 'takeover', node: victim.id });
    await cluster.atRest([one, other]);

    const again = await TestCamera.welcomed(other, direct);
    const seq = directFeed.send(again);
    await again.next('result', (result) => result.seq === seq);

    // Raised before the death, through the new owner; and it is closed there, by its name.
    await until('it arrives', () => webhook.taken.find(({ event }) => event.id === `${open}:camera:1:opened`));
    const owner = await cluster.ownerOf(open, one);
    const back = await TestCamera.welcomed(one, open);
    const backFeed = newFeed();
    backFeed.send(back);
    expect(await cluster.alert(`${open}:camera:1`, 'closed')).toMatchObject({ node: owner.id });
    await until('its end arrives', () => webhook.taken.find(({ event }) => event.id === `${open}:camera:1:closed`));

    relayedFeed.stop();
    const { total, cameras } = await cluster.settledLedger(sent(), one);
    const died = cameras[direct]?.lost.node_death ?? 0;
    expect(died + (cameras[direct]?.inferred ?? 0) + sumCounts(cameras[direct]?.shed ?? {})).toBe(directFeed.sent);
    expect(Object.keys(total.lost).filter((reason) => !['node_death', 'link'].includes(reason))).toEqual([]);
    await Promise.all([atOne.close(), again.close(), back.close()]);
  });

  it('takes the killed node back as a new life, with nothing left behind there', async () => {
    const dead = nodes.find((node) => !node.running) as ClusterNode;
    const incarnations = async () =>
      (await cluster.any.cluster()).members.map(({ node, incarnation }) => `${node} ${incarnation}`);
    const before = await incarnations();
    await dead.start();
    await cluster.atRest(nodes);
    expect((await incarnations()).filter((life) => before.includes(life))).toHaveLength(2);
    const [name = ''] = await cluster.camerasOf(dead, 1, 'back');
    const camera = await TestCamera.welcomed(dead, name);
    expect(camera.welcome).toMatchObject({ node: dead.id });
    const feed = newFeed();
    const seq = feed.send(camera);
    await camera.next('result', (result) => result.seq === seq);
    await camera.close();
    await until('nothing waits there', async () => (await dead.metricSum('camshard_alert_sink_behind_records')) === 0);
    await cluster.settledLedger(sent());
    // Once in effect: what came twice has one name.
    const ids = (await cluster.published()).map(({ event }) => event.id);
    for (const id of new Set(ids)) expect(ids.filter((other) => other === id).length).toBeLessThanOrEqual(2);
  });

  it('hears nothing of an owner that stood still for 10 s, after others took over from it', async () => {
    const [victim, one, other] = await victimAndOthers();
    const names = await cluster.camerasOf(victim, 4, 'often');
    for (const name of names) await put(one, name);
    // A frame each 2.2 s ends an alert and, a second later, begins the next.
    for (const [i, name] of names.entries()) {
      const camera = await TestCamera.welcomed(victim, name);
      newFeed().start(camera, 2_000 + 100 * i);
    }
    for (const name of names) await cluster.alert(`${name}:camera:2`, 'opened');

    victim.pause();
    const pausedMs = performance.now();
    await cluster.atRest([one, other]);
    const rows = await cluster.shards(one);
    const epochNow = (shard: number): number => rows[shard]?.epoch ?? 0;
    const takenOverMs = await redisNowMs();
    const wallMs = Date.now();
    await until('10 s', () => performance.now() - pausedMs > 10_000);
    victim.resume();
    await until('it has its lease back', async () => (await victim.cluster()).lease.held);
    await cluster.atRest(nodes);
    for (const name of names) {
      const openings = (await cluster.alerts(name)).map(({ opening }) => opening);
      await cluster.alert(`${name}:camera:${Math.max(...openings) + 1}`, 'opened');
    }

    const stale = (await cluster.published()).filter(
      ({ place, event: { data } }) => Number(place.split('-')[0]) > takenOverMs && data.epoch < epochNow(data.shard),
    );
    expect(stale).toEqual([]);
    expect(await cluster.publishedLate()).toEqual([]);
    expect(
      webhook.taken.filter(({ atMs, event: { data } }) => atMs > wallMs && data.epoch < epochNow(data.shard)),
    ).toEqual([]);
    for (const table of ['alerts', 'events', 'measures_minute']) {
      const found = await postgres.query<{ camera: string; shard: number; epoch: string }>(
        `select * from ${table} where at > $1`,
        [new Date(wallMs)],
      );
      expect(found.filter(({ shard, epoch }) => Number(epoch) < epochNow(shard))).toEqual([]);
    }
    const refused = await victim.metricSum('camshard_cluster_refused_effects_total');
    expect(refused + (await victim.metricSum('camshard_alert_sink_fenced_total'))).toBeGreaterThan(0);
  });

  it('drains a node that is told to stop: it is unready at once, ends well, and every frame it took is accounted for', async () => {
    const stops = cluster.add('d', {}, { supervised: true });
    await stops.start();
    await cluster.atRest([...nodes, stops]);
    const before = await cluster.settledLedgerNow();
    const [a] = nodes as [ClusterNode];
    const names = await cluster.camerasOf(stops, 3, 'drained');
    const cameras = await Promise.all(names.map((name) => TestCamera.welcomed(a, name)));
    const from = sent();
    const relays = cameras.map((camera) => {
      const feed = newFeed();
      feed.start(camera, 50);
      return feed;
    });
    for (const camera of cameras) await until('it is served', () => camera.results.length > 3);
    stops.terminate();
    const begunMs = performance.now();
    await until('it is unready', async () => {
      const answer = await stops.fetch('/readyz').catch(() => undefined);
      return answer?.status !== 200;
    });
    expect(performance.now() - begunMs).toBeLessThan(2_000);
    // Pictures that come in while it drains are taken and answered, or refused.
    const headers = { 'content-type': 'image/jpeg' };
    let posted = 0;
    let taken = 0;
    while (stops.running) {
      const path = `/v1/cameras/posted-${posted++}/frames`;
      const answer = await stops.fetch(path, { method: 'POST', headers, body: picture }).catch(() => undefined);
      if (answer?.status === 200) taken++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await stops.exited).toEqual({ code: 0, signal: null });
    // 25 s are allowed; the others have no more to do than to take its shards.
    expect(performance.now() - begunMs).toBeLessThan(15_000);
    const sentAtEnd = relays.map((feed) => feed.sent);
    for (const [i, camera] of cameras.entries()) {
      await until('it is served elsewhere', () => camera.results.some(({ seq }) => seq > (sentAtEnd[i] ?? 0)));
    }
    for (const feed of relays) feed.stop();
    await cluster.atRest(nodes);
    const least = before.total.received + sent() - from + taken;
    let last: unknown;
    await until('what it took is accounted for', async () => {
      last = (await cluster.ledger()).total;
      return (last as LedgerSnapshot).received >= least;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; at least ${least}: ${JSON.stringify(last)}`);
    });
    const { total } = await cluster.settledLedgerNow();
    expect(ledgerImbalance(total)).toBe(0);
    expect(total.received - before.total.received).toBeLessThanOrEqual(sent() - from + posted);
    expect(total.lost).toEqual(before.total.lost);
    await Promise.all(cameras.map((camera) => camera.close()));
  });

  it('ends a node at once that is told to stop a second time, though its drain goes nowhere', async () => {
    const stops = cluster.node('d');
    await stops.start();
    await cluster.atRest([...nodes, stops]);
    for (const node of nodes) node.pause();
    stops.terminate();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(stops.running).toBe(true);
    stops.terminate();
    const toldMs = performance.now();
    expect((await stops.exited).code).toBe(1);
    expect(performance.now() - toldMs).toBeLessThan(3_000);
    for (const node of nodes) node.resume();
    await cluster.atRest(nodes);
  });
});
