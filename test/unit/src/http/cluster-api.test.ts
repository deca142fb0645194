import { beforeEach, describe, expect, it } from 'vitest';
import { CamshardError } from '../../../../core/errors.ts';
import { nodeId, shardId } from '../../../../core/ids.ts';
import { clusterRoutes } from '../../../../src/http/api/cluster.ts';
import { openApiDocument } from '../../../../src/http/openapi.ts';
import { assertConforms, type OpenApi } from '../../../support/conforms.ts';
import { FakeCluster, planned } from '../../../support/fake-cluster.ts';
import { matchRoute } from '../../../support/route-server.ts';

const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3'))) as OpenApi;

describe('the API of a cluster', () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
  });

  /** Asks, and holds the answer against the document. */
  async function ask(method: 'get' | 'post' | 'put' | 'delete', target: string, body?: unknown, why = '') {
    const url = new URL(target, 'http://x');
    const routes = clusterRoutes({ cluster, shardOf: () => shardId(7) });
    const match = matchRoute(routes, method, url.pathname);
    if (match === undefined) throw new Error(`no route ${target}`);
    const bytes = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await match.route.handler({
      ...{ parameter: match.parameter, query: url.searchParams, body: new TextEncoder().encode(bytes) },
      ...{ contentType: '', ifNoneMatch: '', ifMatch: '', acceptEncoding: '', accept: '' },
      ...{ who: 'ann@desk', why, from: '10.0.0.9' },
    });
    const response = new Response(answer.body as string, {
      ...{ status: answer.status, headers: answer.headers ?? {} },
    });
    const path = match.route.pattern.replace(/:(\w+)/g, '{$1}');
    const value = (await assertConforms(document, method, path, response)) as Record<string, unknown>;
    return { status: answer.status, headers: answer.headers ?? {}, value };
  }

  it('says who is there, who coordinates, how many shards each has and what moves', async () => {
    cluster.begin(1, 'node-3', 'by hand');
    cluster.node_('node-2').alive = false;
    const { value } = await ask('get', '/v1/cluster');
    expect(value).toMatchObject({
      ...{ name: 'test', kind: 'redis', node: 'node-1', coordinator: 'node-1', coordinates: true, mapVersion: 2 },
      shards: { unowned: 0, starting: 0, moving: 1, running: 11 },
      moves: [{ shard: 1, from: 'node-2', to: 'node-3', why: 'by hand' }],
      lease: { held: true, remainingMs: 2_345 },
    });
    expect(value.members).toMatchObject([
      { node: 'node-1', alive: true, coordinator: true, shards: 4, movesIn: 0 },
      { node: 'node-2', alive: false, coordinator: false, shards: 4, movesOut: 1 },
      { node: 'node-3', alive: true, shards: 4, movesIn: 1 },
    ]);
  });

  it('shows a member nobody has heard of since the map was made, without figures', async () => {
    cluster.nodes.delete('node-3');
    const { value } = await ask('get', '/v1/cluster');
    expect(value.members).toContainEqual(
      expect.objectContaining({ node: 'node-3', alive: false, cameras: null, version: null, shards: 4 }),
    );
  });

  it('lists nodes with their figures, and those that do not answer apart', async () => {
    cluster.node_('node-2').alive = false;
    cluster.node_('node-3').silent = true;
    const { value } = await ask('get', '/v1/nodes');
    expect(value.nodes).toMatchObject([{ node: 'node-1', ready: true, cameras: 10, member: { shards: 4 } }]);
    expect(value.away).toMatchObject([
      { node: 'node-2', why: 'dead', member: { alive: false } },
      { node: 'node-3', why: 'peer_timeout', member: { alive: true } },
    ]);
    expect((await ask('get', '/v1/nodes/node-1')).value).toMatchObject({ node: 'node-1', ready: true });
    expect((await ask('get', '/v1/nodes/node-2')).value).toMatchObject({ node: 'node-2', why: 'dead' });
    expect(await ask('get', '/v1/nodes/nobody')).toMatchObject({ status: 404, value: { code: 'no_such_node' } });
  });

  it('lists shards with owner, epoch, state, move, pin and cameras', async () => {
    cluster.begin(1, 'node-3');
    cluster.change(2, { pin: nodeId('node-3'), state: 'starting' });
    cluster.node_('node-2').silent = true;
    const { value } = await ask('get', '/v1/shards');
    const shards = value.shards as unknown[];
    expect(shards).toHaveLength(12);
    expect(shards.slice(0, 3)).toMatchObject([
      { shard: 0, node: 'node-1', epoch: 1, state: 'running', move: null, pin: null, cameras: 2 },
      { shard: 1, node: 'node-2', state: 'moving', move: { to: 'node-3', why: 'test' }, cameras: null },
      { shard: 2, node: 'node-3', state: 'starting', pin: 'node-3', cameras: 2 },
    ]);
    expect(value.missing).toEqual(['node-2']);
  });

  it('narrows shards to a node, a camera or a state', async () => {
    cluster.begin(1, 'node-3');
    cluster.change(5, { pin: nodeId('node-3') });
    const numbers = async (query: string) =>
      ((await ask('get', `/v1/shards?${query}`)).value.shards as { shard: number }[]).map(({ shard }) => shard);
    expect(await numbers('node=node-3')).toEqual([1, 2, 5, 8, 11]);
    expect(await numbers('camera=gate')).toEqual([7]);
    expect(await numbers('state=moving')).toEqual([1]);
    expect(await numbers('state=pinned')).toEqual([5]);
    for (const query of ['state=odd', 'camera=a%20b']) {
      expect(await ask('get', `/v1/shards?${query}`)).toMatchObject({ status: 400, value: { code: 'bad_query' } });
    }
  });

  it('shows one shard with the cameras of it', async () => {
    const { value } = await ask('get', '/v1/shards/4');
    expect(value).toMatchObject({ shard: 4, node: 'node-2', cameras: 2, cameraIds: ['cam-4-a', 'cam-4-b'] });
    for (const n of ['12', '-1', 'x', '4096']) {
      expect(await ask('get', `/v1/shards/${n}`)).toMatchObject({ status: 404, value: { code: 'no_such_shard' } });
    }
  });

  it('orders a move with who, why and where from', async () => {
    const { value } = await ask('post', '/v1/cluster/moves', { shard: 4, to: 'node-1', why: 'hot' });
    expect(value).toEqual({ answer: 'begun' });
    expect(cluster.orders).toEqual([
      {
        order: { kind: 'move', shard: 4, to: 'node-1', why: 'hot' },
        by: { who: 'ann@desk', why: 'hot', via: '10.0.0.9' },
      },
    ]);
  });

  it('refuses bodies that are no move', async () => {
    for (const body of ['{', {}, { shard: -1, to: 'a' }, { shard: 1, to: '' }, { shard: 1, to: 'a', odd: 1 }]) {
      const { status, value } = await ask('post', '/v1/cluster/moves', body);
      expect([status, value.code], JSON.stringify(body)).toEqual([400, 'bad_body']);
    }
    expect(await ask('post', '/v1/cluster/moves', { shard: 99, to: 'node-1' })).toMatchObject({ status: 404 });
    expect(cluster.orders).toEqual([]);
  });

  it('answers a refusal as 409, what does not exist as 404, and a cluster without coordinator as 503', async () => {
    const refuse = (code: string) => cluster.nextAnswers.push({ kind: 'refused', code, message: `no: ${code}` });
    refuse('moving');
    refuse('no_such_node');
    refuse('no_coordinator');
    const move = () => ask('post', '/v1/cluster/moves', { shard: 4, to: 'node-1' });
    expect(await move()).toMatchObject({ status: 409, value: { code: 'moving', detail: 'no: moving' } });
    expect(await move()).toMatchObject({ status: 404, value: { code: 'no_such_node' } });
    expect(await move()).toMatchObject({
      ...{ status: 503, headers: { 'retry-after': '2' }, value: { code: 'no_coordinator' } },
    });
  });

  it('cordons, uncordons and removes nodes', async () => {
    expect((await ask('put', '/v1/nodes/node-2/cordon', { why: 'new disk' })).value).toEqual({ answer: 'done' });
    expect((await ask('get', '/v1/nodes/node-2')).value).toMatchObject({ member: { cordoned: true } });
    expect((await ask('put', '/v1/nodes/node-3/cordon')).status).toBe(200);
    expect((await ask('delete', '/v1/nodes/node-2/cordon', undefined, 'disk is in')).status).toBe(200);
    expect(await ask('delete', '/v1/nodes/node-2')).toMatchObject({ status: 409, value: { code: 'node_alive' } });
    cluster.node_('node-2').alive = false;
    expect((await ask('delete', '/v1/nodes/node-2', undefined, 'burnt')).status).toBe(200);
    expect(cluster.orders.map(({ order, by }) => [order.kind, by.why])).toEqual([
      ['cordon', 'new disk'],
      ['cordon', 'not said'],
      ['uncordon', 'disk is in'],
      ['remove', 'not said'],
      ['remove', 'burnt'],
    ]);
    expect(await ask('put', '/v1/nodes/nobody/cordon')).toMatchObject({ status: 404 });
  });

  it('pins and unpins shards, and cancels a move', async () => {
    expect((await ask('put', '/v1/shards/3/pin', { node: 'node-2' })).status).toBe(200);
    expect((await ask('get', '/v1/shards/3')).value).toMatchObject({ pin: 'node-2' });
    expect((await ask('delete', '/v1/shards/3/pin')).status).toBe(200);
    cluster.begin(3, 'node-2');
    expect((await ask('delete', '/v1/cluster/moves/3')).value).toEqual({ answer: 'done' });
    expect((await ask('get', '/v1/shards/3')).value).toMatchObject({ pin: null, move: null });
    expect((await ask('put', '/v1/shards/3/pin', {})).status).toBe(400);
    expect((await ask('put', '/v1/shards/77/pin', { node: 'node-2' })).status).toBe(404);
  });

  it('plans without moving, and submits what it planned or what it was shown', async () => {
    expect((await ask('post', '/v1/cluster/rebalance', {})).value).toEqual({ round: null, moves: [] });
    cluster.planned = [planned(1, 'node-2', 'node-3'), planned(4, 'node-2', 'node-1')];
    expect((await ask('get', '/v1/cluster/plan')).value).toEqual({ moves: cluster.planned });
    cluster.plannedDrains.set('node-2', [planned(1, 'node-2', 'node-3', 'cordon')]);
    expect((await ask('get', '/v1/cluster/plan?drain=node-2')).value).toEqual({
      moves: [{ shard: 1, from: 'node-2', to: 'node-3', why: 'cordon' }],
    });
    expect(await ask('get', '/v1/cluster/plan?drain=nobody')).toMatchObject({
      ...{ status: 404, value: { code: 'no_such_node' } },
    });
    expect(cluster.orders).toEqual([]);
    const dry = await ask('post', '/v1/cluster/rebalance', { dryRun: true });
    expect(dry.value).toEqual({ round: null, moves: cluster.planned });
    expect(cluster.submitted).toEqual([]);
    const all = await ask('post', '/v1/cluster/rebalance', { why: 'uneven' });
    expect(all.value).toEqual({ round: 'round-1', moves: cluster.planned });
    const one = await ask('post', '/v1/cluster/rebalance', { moves: [cluster.planned[0]] });
    expect(one.value).toEqual({ round: 'round-2', moves: [cluster.planned[0]] });
    expect(cluster.submitted.map(({ who, why, moves }) => [who, why, moves.length])).toEqual([
      ['ann@desk', 'uneven', 2],
      ['ann@desk', 'not said', 1],
    ]);
    const beyond = await ask('post', '/v1/cluster/rebalance', { moves: [planned(77, 'node-2', 'node-3')] });
    expect(beyond.status).toBe(404);
  });

  it('shows rounds and takes them back', async () => {
    cluster.planned = [planned(1, 'node-2', 'node-3')];
    await ask('post', '/v1/cluster/rebalance', {});
    expect((await ask('get', '/v1/cluster/rounds')).value).toMatchObject({ rounds: [{ id: 'round-1' }] });
    expect((await ask('get', '/v1/cluster/rounds/round-1')).value).toMatchObject({ state: 'active' });
    cluster.finish(1);
    expect((await ask('get', '/v1/cluster/rounds/round-1')).value).toMatchObject({ state: 'completed' });
    expect((await ask('delete', '/v1/cluster/rounds/round-1')).value).toEqual({ cancelled: 1 });
    for (const method of ['get', 'delete'] as const) {
      expect((await ask(method, '/v1/cluster/rounds/none')).value).toMatchObject({ code: 'no_such_round' });
    }
    expect((await ask('get', '/v1/cluster/rounds?limit=0')).status).toBe(400);
  });

  it('tells when the queue of jobs cannot be reached', async () => {
    cluster.rounds = () => Promise.reject(new CamshardError('jobs_unavailable', 'Redis does not answer'));
    expect(await ask('get', '/v1/cluster/rounds')).toMatchObject({ status: 503, value: { code: 'jobs_unavailable' } });
  });

  it('pages events, newest first', async () => {
    for (let i = 1; i <= 3; i++) cluster.happens({ message: `event ${i}`, who: i === 2 ? 'ann' : null });
    const first = await ask('get', '/v1/cluster/events?limit=2');
    expect(first.value).toMatchObject({
      items: [{ message: 'event 3' }, { message: 'event 2', who: 'ann' }],
      next: '2',
    });
    const second = await ask('get', '/v1/cluster/events?limit=2&before=2');
    expect(second.value).toMatchObject({ items: [{ message: 'event 1' }], next: null });
    for (const query of ['limit=0', 'limit=1001', 'before=a%20b']) {
      expect((await ask('get', `/v1/cluster/events?${query}`)).status).toBe(400);
    }
  });

  it('says whether there should be more nodes', async () => {
    expect((await ask('get', '/v1/autoscale')).value).toMatchObject({ recommendation: 'hold', desiredNodes: 3 });
  });
});
