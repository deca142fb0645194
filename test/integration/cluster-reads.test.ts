import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraSummary } from '../../core/protocol.ts';
import { SCHEMAS } from '../../src/http/openapi/schemas.ts';
import { TestCamera } from '../support/camera.ts';
import { type ClusterNode, SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { TestWatcher } from '../support/watcher.ts';

interface AlertPage {
  readonly alerts: readonly { readonly id: string; readonly keeper: string; readonly position: number }[];
  readonly next: string | number | null;
  readonly last: string | number;
  readonly away?: readonly { readonly node: string }[];
}

interface Said {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Raises an alert, with a picture, a second after the camera's last frame. */
const OFFLINE_AFTER_1_S =
  'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
  'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null }]\n';

const camshard = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [resolve('dist/src/cli/main.js'), 'alerts', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** What it printed, once it has ended well. */
async function finished(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  expect(code, text).toBe(0);
  return text;
}

describe('any node of a cluster answers for all', () => {
  let redis: RedisServer;
  let cluster: TestCluster;
  let picture: Buffer;
  let nodes: readonly ClusterNode[];
  let a: ClusterNode;
  let b: ClusterNode;
  let c: ClusterNode;
  const cameras: TestCamera[] = [];
  const names: string[] = [];

  beforeAll(async () => {
    picture = await jpeg();
    redis = await RedisServer.start();
    cluster = new TestCluster({
      redis,
      name: 'reads',
      settings: {
        cluster: { ...SHORT_LEASES, rebalanceEveryMs: 600_000 },
        batching: { frameDeadlineMs: 10_000 },
      },
    });
    nodes = await cluster.form('a', 'b', 'c');
    [a, b, c] = nodes as [ClusterNode, ClusterNode, ClusterNode];
    // Of each node one that came to it, and one that came to another.
    for (const [i, owner] of nodes.entries()) {
      const [here = '', elsewhere = ''] = await cluster.camerasOf(owner, 2, 'eye');
      names.push(here, elsewhere);
      cameras.push(await TestCamera.welcomed(owner, here));
      cameras.push(await TestCamera.welcomed(nodes[(i + 1) % 3] as ClusterNode, elsewhere));
    }
    for (const camera of cameras) {
      camera.send(picture);
      await camera.next('result');
    }
    await cluster.settledLedger(6);
  });
  afterAll(async () => {
    await cluster?.remove();
    await redis?.close();
  });

  const everywhere = <T>(path: string): Promise<T[]> => Promise.all(nodes.map((node) => node.getJson<T>(path)));
  const setSettings = async (camera: string, at: ClusterNode): Promise<void> => {
    const headers = { 'content-type': 'application/yaml', 'x-camshard-who': 'ann' };
    const body = OFFLINE_AFTER_1_S;
    const answer = await at.fetch(`/v1/cameras/${camera}/settings`, { method: 'PUT', headers, body });
    expect(answer.status).toBe(200);
  };
  /** Cameras of three owners that stay away: each has an alert, raised by its owner. */
  const raise = async (prefix: string): Promise<string[]> => {
    const raised = (await Promise.all(nodes.map((node) => cluster.camerasOf(node, 1, prefix)))).flat();
    for (const [i, camera] of raised.entries()) await setSettings(camera, nodes[(i + 1) % 3] as ClusterNode);
    for (const camera of raised) await cluster.alert(`${camera}:camera:1`, 'opened');
    return raised.map((camera) => `${camera}:camera:1`);
  };

  it('which cameras there are, whose they are, and their account', async () => {
    const lists = await everywhere<{ cameras: CameraSummary[] }>('/v1/cameras');
    const stable = lists.map((list) =>
      list.cameras.map(({ camera, node, via, connected, ledger }) => ({ camera, node, via, connected, ledger })),
    );
    expect(stable[0]?.map(({ camera }) => camera)).toEqual([...names].sort());
    expect(stable[0]?.filter(({ node, via }) => node !== via)).toHaveLength(3);
    expect(stable[1]).toEqual(stable[0]);
    expect(stable[2]).toEqual(stable[0]);
    const [one, ...others] = await everywhere<{ total: unknown }>('/v1/ledger');
    expect(one?.total).toMatchObject({ received: 6, inferred: 6 });
    for (const other of others) expect(other).toEqual(one);
  });

  it('which alerts there are, page by page, each once', async () => {
    const ids = await raise('lost');
    const lists = await everywhere<AlertPage>('/v1/alerts');
    for (const list of lists) {
      expect(SCHEMAS.AlertPage.parse(list)).toBeDefined();
      expect(list.away).toBeUndefined();
      expect(list.alerts).toEqual(lists[0]?.alerts);
    }
    const all = lists[0]?.alerts.map(({ id }) => id) ?? [];
    expect([...all].sort()).toEqual([...ids].sort());
    expect(new Set(lists[0]?.alerts.map(({ keeper }) => keeper))).toEqual(new Set(['a', 'b', 'c']));
    const newest: string[] = [];
    for (let query = 'limit=1'; ; ) {
      const { alerts, next } = await c.getJson<AlertPage>(`/v1/alerts?${query}`);
      newest.push(...alerts.map(({ id }) => id));
      if (next === null) break;
      query = `limit=1&before=${next}`;
    }
    expect(newest).toEqual(all);
    const oldest: string[] = [];
    for (let query = 'limit=2&after=0'; ; ) {
      const { alerts, next } = await b.getJson<AlertPage>(`/v1/alerts?${query}`);
      oldest.push(...alerts.map(({ id }) => id));
      if (next === null) break;
      query = `limit=2&after=${next}`;
    }
    expect(oldest).toEqual([...all].reverse());
    const known = await a.getJson<AlertPage>('/v1/alerts?limit=1');
    const [more] = await raise('later');
    const missed = await c.getJson<AlertPage>(`/v1/alerts?after=${known.last}`);
    expect(missed.alerts.map(({ id }) => id)).toContain(more);
    expect(missed.alerts.map(({ id }) => id)).not.toContain(all[0]);
    const own = await a.getJson<AlertPage>('/v1/alerts?node=b');
    expect(own.alerts.every(({ keeper }) => keeper === 'b')).toBe(true);
    expect(typeof own.last).toBe('number');
    expect((await a.fetch('/v1/alerts?after=3')).status).toBe(400);
    expect((await a.fetch('/v1/alerts?node=nobody')).status).toBe(404);
  });

  it('for one alert, and who has seen it', async () => {
    const [first = ''] = (await a.getJson<AlertPage>('/v1/alerts?node=b')).alerts.map(({ id }) => id);
    const path = `/v1/alerts/${encodeURIComponent(first)}`;
    const seen = await c.send('POST', `${path}/acknowledge`);
    expect(seen).toMatchObject({ status: 200, body: { id: first, keeper: 'b', acknowledged: { who: 'ann' } } });
    await until('it is kept', async () => {
      const rows = await everywhere<{ acknowledged: { who: string } | null }>(path);
      return rows.every(({ acknowledged }) => acknowledged?.who === 'ann');
    });
    expect((await a.fetch('/v1/alerts/none:such:1')).status).toBe(404);
    // Audited where somebody said so, and to be read anywhere.
    const said = { node: 'c', action: 'alert.acknowledge', subject: `alert:${first}` };
    const audits = await until('it is audited', async () => {
      const lists = await everywhere<{ entries: { node: string; action: string }[] }>('/v1/audit');
      // Those of settings that were written a moment ago, too.
      const isWhole = lists.every(({ entries }) => entries.length === lists[0]?.entries.length);
      return isWhole && lists[0]?.entries.some(({ action }) => action === said.action) ? lists : undefined;
    });
    for (const { entries } of audits) {
      expect(entries).toContainEqual(expect.objectContaining(said));
      expect(entries).toEqual(audits[0]?.entries);
    }
  });

  it('with the picture of an alert, from wherever it was raised', async () => {
    const [name = ''] = await cluster.camerasOf(b, 1, 'shown');
    const camera = await TestCamera.welcomed(a, name);
    camera.send(picture);
    await camera.next('result');
    await setSettings(name, c);
    await camera.close();
    const { id } = await cluster.alert(`${name}:camera:1`, 'opened');
    const pictures = await until('its picture', async () => {
      const answers = await Promise.all(
        nodes.map((node) => node.fetch(`/v1/alerts/${encodeURIComponent(id)}/snapshot`)),
      );
      if (answers.some(({ status }) => status !== 200)) return undefined;
      return Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
    });
    expect(pictures[1]?.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    for (const other of pictures) expect(other).toEqual(pictures[0]);
    expect((await a.fetch(`/v1/alerts/${encodeURIComponent(id)}/snapshot?node=self`)).status).toBe(404);
  });

  it.each(['/v1/overload', '/v1/events?limit=5', '/v1/models', '/v1/quarantine', '/v1/alerts/delivery'])(
    'what one node says of itself: %s',
    async (path) => {
      const at = path.includes('?') ? '&' : '?';
      const shape = (answer: unknown) => Object.keys(answer as object).sort();
      const own = await b.getJson<Record<string, unknown>>(path);
      for (const node of [a, c]) {
        const asked = await node.getJson<Record<string, unknown>>(`${path}${at}node=b`);
        expect(shape(asked)).toEqual(shape(own));
        if ('node' in own) expect(asked.node).toBe('b');
        if ('since' in own) expect(asked.since).toBe(own.since);
      }
      expect((await a.fetch(`${path}${at}node=nobody`)).status).toBe(404);
    },
  );

  it('clears the quarantine of the node that is named', async () => {
    expect(await a.send('POST', '/v1/quarantine/clear?node=c', {})).toMatchObject({
      status: 200,
      body: { cleared: 0 },
    });
    const hash = '0'.repeat(40);
    expect(await a.send('POST', '/v1/quarantine/clear?node=c', { hash })).toMatchObject({ status: 404 });
  });

  it('shows a watcher the pictures of a camera that another node serves, also once that has moved', async () => {
    const [name = ''] = await cluster.camerasOf(b, 1, 'watched');
    const watcher = await TestWatcher.open(a, `camera:${name}`);
    const camera = await TestCamera.welcomed(c, name);
    const send = async (): Promise<number> => {
      const seq = camera.send(picture);
      await camera.next('result', (result) => result.seq === seq);
      return seq;
    };
    const isSeen = (from: number) => watcher.frames.some(({ head }) => head.seq >= from);
    /** The watch takes its way through the links: pictures are sent until one is seen. */
    const untilSeen = async (): Promise<void> => {
      const from = camera.sent + 1;
      await until('a picture', async () => {
        await send();
        return isSeen(from);
      });
    };
    await untilSeen();
    expect(watcher.frames.at(-1)?.picture).toEqual(picture);
    expect(watcher.frames.at(-1)?.head).toMatchObject({ camera: name, detections: expect.any(Array) });
    expect(await b.metric('camshard_live_link_cameras{direction="out"}')).toBe(1);
    await cluster.move(name, c);
    await untilSeen();
    await until('b is left', async () => (await b.metric('camshard_live_link_cameras{direction="out"}')) === 0);
    await cluster.move(name, a);
    await untilSeen();
    await until('c is left', async () => (await c.metric('camshard_live_link_cameras{direction="out"}')) === 0);
    const seqs = watcher.frames.map(({ head }) => head.seq);
    expect(seqs).toEqual([...new Set(seqs)]);
    await cluster.move(name, b);
    await untilSeen();
    await watcher.close();
    await until('nobody watches', async () => (await b.metric('camshard_live_link_cameras{direction="out"}')) === 0);
    await camera.close();
  });

  it('tells a watcher the figures, events and alerts of all nodes, each once', async () => {
    const watcher = await TestWatcher.open(a, 'cluster,events,alerts');
    const stats = () => new Set(watcher.said.filter(({ type }) => type === 'stats').map(({ node }) => node));
    await until('figures of all', () => stats().size === 3);
    const listed = await until('a list of all cameras', () =>
      watcher.said.find(({ type, cameras: all }) => type === 'cameras' && (all as CameraSummary[]).length >= 6),
    );
    const list = (listed.cameras as CameraSummary[]).map(({ camera }) => camera);
    expect(list).toEqual([...new Set(list)]);
    for (const name of names) expect(list).toContain(name);
    const ids = await raise('told');
    const alertsOf = (id: string): Said[] =>
      watcher.said.filter(({ type, alert }) => type === 'alert' && (alert as { id: string }).id === id);
    await until('all alerts', () => ids.every((id) => alertsOf(id).length > 0));
    for (const id of ids) expect(alertsOf(id)).toHaveLength(1);
    const [name = ''] = await cluster.camerasOf(b, 1, 'event');
    await cluster.move(name, c);
    const eventsOf = () => watcher.said.filter(({ type }) => type === 'event').map(({ node }) => node);
    await until('events of others', () => eventsOf().includes('b') && eventsOf().includes('c'));
    const events = watcher.said.filter(({ type }) => type === 'event');
    const keys = events.map(({ node, event }) => `${node} ${(event as { id: number }).id}`);
    expect(keys).toEqual([...new Set(keys)]);
    await watcher.close();
    const sent = async () => (await b.metric('camshard_live_link_messages_total{outcome="sent"}')) as number;
    await until('nothing is sent to nobody', async () => {
      const before = await sent();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return before > 0 && (await sent()) === before;
    });
  });

  it('lists and tails alerts of all nodes with the CLI', async () => {
    const ls = JSON.parse(await finished(camshard('ls', '--json', '--url', a.url))) as AlertPage;
    expect(new Set(ls.alerts.map(({ keeper }) => keeper))).toEqual(new Set(['a', 'b', 'c']));
    const tail = camshard('tail', '--json', '--count', '3', '--url', b.url);
    // Whether it follows yet is its own affair: it prints what happened since it began either way.
    await until('it has begun', async () => (await b.metric('camshard_watchers')) === 1);
    const ids = await raise('tailed');
    const printed = (await finished(tail)).trim().split('\n');
    expect(printed.map((line) => (JSON.parse(line) as { id: string }).id).sort()).toEqual([...ids].sort());
  });

  it('counts all of it where Prometheus reads it', async () => {
    const text = (await a.metrics()).join('\n');
    for (const [series, atLeast] of [
      ['camshard_cluster_lease_remaining_seconds', 0.001],
      ['camshard_cluster_map_version', 1],
      ['camshard_cluster_members{state="alive"}', 3],
      ['camshard_cluster_shards{standing="owned"}', 1],
      ['camshard_cluster_shards{standing="remote"}', 1],
      ['camshard_cluster_events_total{kind="shard_started"}', 1],
      ['camshard_relays_opened_total', 1],
      ['camshard_relayed_frames_total', 1],
      ['camshard_link_connected{peer="b"}', 1],
      ['camshard_link_credit_bytes{peer="c"}', 1],
      ['camshard_link_messages_received_total{peer="c"}', 1],
      ['camshard_redis_client_calls_total{client="leases"}', 1],
      ['camshard_redis_client_calls_total{client="map"}', 1],
      ['camshard_redis_client_calls_total{client="cluster"}', 1],
      ['camshard_redis_client_calls_total{client="alerts"}', 1],
      ['camshard_redis_client_calls_total{client="settings"}', 1],
      ['camshard_redis_client_ready{client="settings-changes"}', 1],
      ['camshard_checkpoints_saved_total', 1],
      ['camshard_live_link_frames_total{outcome="received"}', 1],
    ] as const) {
      expect(await a.metric(series), `${series}\n${text}`).toBeGreaterThanOrEqual(atLeast);
    }
    expect(await b.metric('camshard_cluster_hand_offs_total{outcome="handed_over"}')).toBeGreaterThanOrEqual(1);
    expect(await b.metric('camshard_cluster_hand_off_seconds_count{outcome="handed_over"}')).toBeGreaterThanOrEqual(1);
  });

  it('names the node that does not answer, and does not wait for it', async () => {
    c.pause();
    try {
      const paths = ['/v1/cameras', '/v1/ledger', '/v1/alerts', '/v1/audit'];
      const [one, ...answers] = await Promise.all([
        a.fetch('/v1/overload?node=c'),
        ...paths.map((path) => a.getJson<Record<string, { node: string }[]>>(path)),
      ]);
      for (const answer of answers) {
        expect((answer.away ?? answer.missing)?.map(({ node }) => node)).toEqual(['c']);
      }
      expect([one.status, await one.json()]).toMatchObject([503, { code: 'node_away' }]);
    } finally {
      c.resume();
    }
    await until(
      'c is back',
      async () => (await a.getJson<AlertPage>('/v1/alerts')).away === undefined && (await c.ready()),
    );
  });
});
