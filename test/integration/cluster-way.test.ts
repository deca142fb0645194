import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeConfigInput } from '../../config/schema.ts';
import type { LineCrossed } from '../../core/camera-event.ts';
import type { ResultMessage } from '../../core/protocol.ts';
import { demoSettings } from '../../src/demo/demo-settings.ts';
import { renderClip } from '../../src/demo/render.ts';
import { TestCamera } from '../support/camera.ts';
import { type ClusterNode, SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const SETTINGS: NodeConfigInput = {
  // What moves, moves because a test says so.
  cluster: { ...SHORT_LEASES, rebalanceEveryMs: 600_000 },
  // A frame may wait for its shard, however busy this machine is.
  batching: { frameDeadlineMs: 10_000 },
};

describe('three nodes on one Redis', () => {
  let redis: RedisServer;
  let collector: OtlpReceiver;
  let cluster: TestCluster;
  let picture: Buffer;
  let a: ClusterNode;
  let b: ClusterNode;
  let c: ClusterNode;
  /** Frames sent to whichever node. */
  let sent = 0;

  beforeAll(async () => {
    picture = await jpeg();
    redis = await RedisServer.start();
    collector = await OtlpReceiver.start();
    const traces = { enabled: true, otlpUrl: collector.url, sampleRatio: 1, exportEveryMs: 200 };
    cluster = new TestCluster({ redis, name: 'way', settings: { ...SETTINGS, telemetry: { traces } } });
    const nodes = await cluster.form('a', 'b', 'c');
    [a, b, c] = nodes as [ClusterNode, ClusterNode, ClusterNode];
  });
  afterAll(async () => {
    await cluster?.remove();
    await redis?.close();
    await collector?.close();
  });

  const put = async (node: ClusterNode, camera: string, body: string): Promise<void> => {
    const headers = { 'content-type': 'application/yaml', 'x-camshard-who': 'ann' };
    const answer = await node.fetch(`/v1/cameras/${camera}/settings`, { method: 'PUT', headers, body });
    expect(answer.status, await answer.clone().text()).toBe(200);
  };
  const cameraOf = async (node: ClusterNode, prefix: string): Promise<string> =>
    (await cluster.camerasOf(node, 1, prefix))[0] ?? '';
  /** Sends a frame and waits for what became of it. */
  const exchange = async (camera: TestCamera) => {
    const seq = camera.send(picture);
    sent++;
    return camera.next('result', (result) => result.seq === seq);
  };

  it('share the shards between them, and all know the same map', async () => {
    const counts = new Map<string | null, number>();
    const rows = await cluster.shards(a);
    for (const { node } of rows) counts.set(node, (counts.get(node) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(2);
    const owners = (all: typeof rows) => all.map(({ node, epoch }) => `${node} ${epoch}`);
    for (const node of [b, c]) expect(owners(await cluster.shards(node))).toEqual(owners(rows));
  });

  it('send a camera that follows to its owner, and relay it until it is there', async () => {
    const name = await cameraOf(b, 'follows');
    const first = await TestCamera.connect(a, name, { query: 'redirect=1' });
    const { url, shard, epoch } = await first.next('redirect');
    expect([url, shard]).toEqual([b.wsUrl, cluster.shardOf(name)]);
    const here = await first.next('welcome');
    expect(here).toMatchObject({ node: 'b', epoch, shard });
    expect((await exchange(first)).detections).toHaveLength(2);
    const second = await TestCamera.welcomed(b, name, { query: 'redirect=1' });
    expect(second.welcome).toMatchObject({ node: 'b', shard, epoch });
    expect((await exchange(second)).detections).toHaveLength(2);
    expect(second.all('redirect')).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  it('relay a camera that cannot follow: results, tracks and credit come back, by one node in between', async () => {
    const name = await cameraOf(b, 'stays');
    const camera = await TestCamera.welcomed(a, name);
    expect(camera.welcome).toMatchObject({ node: 'b', credit: expect.any(Number) });
    for (let i = 0; i < 20; i++) await exchange(camera);
    expect(camera.results.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(camera.results.every(({ detections }) => detections.length === 2)).toBe(true);
    expect(camera.all('redirect')).toEqual([]);
    const seen = await a.getJson<{ node: string; via: string }>(`/v1/cameras/${name}`);
    expect(seen).toMatchObject({ node: 'b', via: 'a' });
    const answer = await c.fetch(`/v1/cameras/${name}/frames`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: picture,
    });
    sent++;
    expect(await answer.json()).toMatchObject({ type: 'result' });
    await camera.close();
  });

  it('keep the way of a relayed frame in one trace: the owner’s part lies within the part of who took it in', async () => {
    const name = await cameraOf(b, 'traced');
    const camera = await TestCamera.welcomed(a, name);
    await exchange(camera);
    const spanOf = (span: string, node: string) =>
      until(`${span} of ${node}`, () =>
        collector.spans.find(({ name: is, resource, attributes }) => {
          return is === span && resource['service.instance.id'] === node && attributes['camshard.camera'] === name;
        }),
      );
    const whole = await spanOf('frame', 'a');
    const owned = await spanOf('frame.owned', 'b');
    expect(whole.attributes).toMatchObject({ 'camshard.owner': 'b', 'camshard.outcome': 'inferred' });
    expect(owned).toMatchObject({ traceId: whole.traceId, parentSpanId: whole.spanId });
    expect(owned.attributes).toMatchObject({ 'camshard.over': 'link', 'camshard.epoch': camera.welcome?.epoch });
    const partsOf = (parent: string) =>
      collector.spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .filter(({ name: is }) => is !== 'frame.owned');
    expect(partsOf(whole.spanId).map((span) => span.name)).toEqual(
      'read route relay answer'.split(' ').map((s) => `frame.${s}`),
    );
    expect(partsOf(owned.spanId).map((span) => span.name)).toContain('frame.run');
    const relay = partsOf(whole.spanId).find((span) => span.name === 'frame.relay');
    // Of the same machine, so of the same clock.
    expect(owned.startMs).toBeGreaterThanOrEqual((relay?.startMs ?? Number.POSITIVE_INFINITY) - 1);
    expect(owned.endMs).toBeLessThanOrEqual((relay?.endMs ?? 0) + 1);
    await camera.close();
  });

  it('count each frame once, whichever way it came', async () => {
    const ledger = await cluster.settledLedger(sent);
    expect(ledger.total).toMatchObject({ received: sent, inferred: sent, shed: {}, lost: {}, rejected: {} });
    for (const node of [b, c]) expect((await cluster.ledger(node)).total).toEqual(ledger.total);
  });

  it('let settings set at one node act at another at once', async () => {
    const name = await cameraOf(c, 'set');
    await put(a, name, OFFLINE_AFTER_1_S);
    expect(await cluster.alert(`${name}:camera:1`, 'opened')).toMatchObject({ node: 'c' });
  });

  it('move a shard with its open alerts: the new owner closes what the old one raised, and numbers on', async () => {
    const name = await cameraOf(a, 'open');
    await put(c, name, OFFLINE_AFTER_1_S);
    expect(await cluster.alert(`${name}:camera:1`, 'opened')).toMatchObject({ node: 'a' });
    const before = await cluster.shard(name);
    const after = await cluster.move(name, b);
    expect(after.epoch).toBe(before.epoch + 1);
    const camera = await TestCamera.welcomed(c, name);
    await exchange(camera);
    expect(await cluster.alert(`${name}:camera:1`, 'closed')).toMatchObject({ node: 'b', epoch: after.epoch });
    await camera.close();
    expect(await cluster.alert(`${name}:camera:2`, 'opened')).toMatchObject({ node: 'b', epoch: after.epoch });
    const published = await until('all is published', async () => {
      const of = (await cluster.published()).filter(({ event }) => event.data.camera === name);
      // At least once: a busy Redis may be given one twice, under the same id.
      const told = [...new Set(of.map(({ event }) => `${event.id} ${event.data.node}`))];
      return told.length >= 3 ? told : undefined;
    });
    expect(published).toEqual([`${name}:camera:1:opened a`, `${name}:camera:1:closed b`, `${name}:camera:2:opened b`]);
  });

  it('answer every frame of a camera whose shard moves to and fro under it', async () => {
    const name = await cameraOf(a, 'moves');
    const camera = await TestCamera.welcomed(c, name);
    // Also as requests, which come in at all nodes.
    const posted: Promise<string>[] = [];
    let moving = true;
    const streaming = (async () => {
      while (moving) {
        const answers = camera.results.length + camera.acks.length;
        camera.send(picture);
        sent++;
        await until('an answer', () => camera.results.length + camera.acks.length > answers, 5_000);
      }
    })();
    const requests = setInterval(() => {
      const node = [a, b, c][posted.length % 3] as ClusterNode;
      const headers = { 'content-type': 'image/jpeg' };
      sent++;
      posted.push(
        node
          .fetch(`/v1/cameras/${name}/frames`, { method: 'POST', headers, body: picture })
          .then(
            async (answer) => `${answer.status} ${answer.ok ? '' : ((await answer.json()) as { code: string }).code}`,
          ),
      );
    }, 50);
    const epochs: number[] = [];
    for (const to of [b, c, a, c, b]) epochs.push((await cluster.move(name, to)).epoch);
    clearInterval(requests);
    moving = false;
    await streaming;
    expect(epochs).toEqual([2, 3, 4, 5, 6].map((n) => n + (epochs[0] ?? 0) - 2));
    const statuses = await Promise.all(posted);
    // A newer one of the same camera may take its place.
    expect(statuses.filter((status) => !['200 ', '429 superseded'].includes(status))).toEqual([]);
    const answered = [...camera.namedAnswers()];
    expect(answered.every(([, answers]) => answers.length === 1)).toBe(true);
    expect(answered).toHaveLength(camera.sent);
    await camera.close();
    const { total } = await cluster.settledLedger(sent);
    // A relay that ends while an answer is on it costs that frame its result, and is counted so.
    const { link = 0, ...otherwise } = total.lost;
    expect(otherwise).toEqual({});
    expect(link).toBeLessThanOrEqual(1);
  });
});

const OFFLINE_AFTER_1_S =
  'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
  'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null, snapshot: false }]\n';

const FPS = 5;

// The real model, which sees some seconds of a demo scene.
describe('two nodes that count what they see', () => {
  let redis: RedisServer;
  let cluster: TestCluster;
  const pictures: Buffer[] = [];

  beforeAll(async () => {
    for await (const { jpeg: drawn } of renderClip({ scene: 'highway', fps: FPS, frames: 45 })) pictures.push(drawn);
    redis = await RedisServer.start();
    const settings: NodeConfigInput = {
      ...SETTINGS,
      devices: [{ kind: 'cpu', threads: 1, batchMax: 1 }],
      models: { inputSize: 320 },
    };
    cluster = new TestCluster({ redis, name: 'counts', settings });
    await cluster.form('a', 'b');
  });
  afterAll(async () => {
    await cluster?.remove();
    await redis?.close();
  });

  it('go on counting and following across a move, as if there had been none', async () => {
    const [a, b] = [cluster.node('a'), cluster.node('b')];
    const [name = ''] = await cluster.camerasOf(a, 1, 'road');
    const [other = ''] = await cluster.camerasOf(b, 1, 'still');
    const headers = { 'content-type': 'application/yaml' };
    const body = await demoSettings('highway');
    for (const of of [name, other]) {
      expect((await b.fetch(`/v1/cameras/${of}/settings`, { method: 'PUT', headers, body })).status).toBe(200);
    }
    const camera = await TestCamera.welcomed(b, name);
    // Nobody moves this one: it sees the same at the same time.
    const still = await TestCamera.welcomed(b, other);
    const show = async (from: number, to: number): Promise<ResultMessage[]> => {
      const results: ResultMessage[] = [];
      for (const picture of pictures.slice(from, to)) {
        const passed = new Promise((resolve) => setTimeout(resolve, 1_000 / FPS));
        const seq = camera.send(picture);
        still.send(picture);
        results.push(await camera.next('result', (result) => result.seq === seq));
        await Promise.all([passed, still.next('result', (result) => result.seq === seq)]);
      }
      return results;
    };
    const before = await show(0, 18);
    await cluster.move(name, b);
    const after = await show(18, 32);
    await cluster.move(name, a);
    const last = await show(32, 45);
    const tracks = (results: readonly ResultMessage[]) =>
      new Set(results.flatMap(({ detections }) => detections.flatMap(({ track }) => track ?? [])));
    // Who was followed before is followed on, and whoever comes is new.
    for (const [earlier, later] of [
      [before, after],
      [[...before, ...after], last],
    ] as const) {
      const known = tracks(earlier);
      const [end, begin] = [tracks(earlier.slice(-1)), tracks(later.slice(0, 3))];
      expect([...begin].filter((track) => end.has(track)).length).toBeGreaterThan(0);
      for (const track of begin) expect(known.has(track) || track > Math.max(...known)).toBe(true);
    }
    const crossed = [...before, ...after, ...last].flatMap(({ events = [] }) =>
      events.filter((event) => event.kind === 'line_crossed'),
    );
    expect(new Set(crossed.map(({ line, track }) => `${line} ${track}`)).size).toBe(crossed.length);
    const counted = still.results.flatMap(({ events = [] }) => events.filter((event) => event.kind === 'line_crossed'));
    const told = (event: LineCrossed): string => `${event.line} ${event.name} ${event.track} ${event.label}`;
    expect(crossed.map(told)).toEqual(counted.map(told));
    expect(crossed.length).toBeGreaterThan(4);
    await Promise.all([camera.close(), still.close()]);
  });
});
