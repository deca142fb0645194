import { SHARDS_MAX } from '../../../config/limits.ts';
import { type CameraId, nodeId, parseCameraId, type ShardId, shardId } from '../../../core/ids.ts';
import { entryOf } from '../../../shards/cluster/cluster-map.ts';
import type { ClusterService } from '../../cluster/port.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';
import {
  moveRequest,
  pinRequest,
  REBALANCE_BYTES_MAX,
  reasonRequest,
  rebalanceRequest,
  SMALL_BYTES_MAX,
} from './cluster/bodies.ts';
import { askedBy, bodyAs, giveOrder, refusal, whileAvailable } from './cluster/orders.ts';
import {
  NODE_STATS_QUESTION,
  type NodeStats,
  SHARD_CAMERAS_QUESTION,
  type ShardCameras,
  type ShardCamerasBody,
} from './cluster/questions.ts';
import { clusterStatus, memberRows, shardRow } from './cluster/rows.ts';

export interface ClusterRouteServices {
  readonly cluster: ClusterService;
  readonly shardOf: (camera: CameraId) => ShardId;
}

const EVENTS_DEFAULT = 100;
const EVENTS_MAX = 1_000;
const ROUNDS_DEFAULT = 20;
const ROUNDS_MAX = 100;

/** The cluster, its nodes and its shards: what they are, and what an operator may ask of them. Any node answers. */
export function clusterRoutes(s: ClusterRouteServices): Route[] {
  const { cluster } = s;
  const small = { bodyBytesMax: SMALL_BYTES_MAX };
  return [
    { method: 'get', pattern: '/v1/cluster', handler: () => json(clusterStatus(cluster)) },
    { method: 'get', pattern: '/v1/cluster/plan', handler: (request) => plan(cluster, request) },
    { method: 'get', pattern: '/v1/cluster/events', handler: (request) => listEvents(cluster, request) },
    { method: 'post', pattern: '/v1/cluster/moves', ...small, handler: (request) => move(cluster, request) },
    { method: 'delete', pattern: '/v1/cluster/moves/:n', handler: (request) => cancelMove(cluster, request) },
    {
      method: 'post',
      pattern: '/v1/cluster/rebalance',
      bodyBytesMax: REBALANCE_BYTES_MAX,
      handler: (request) => rebalance(cluster, request),
    },
    { method: 'get', pattern: '/v1/cluster/rounds', handler: (request) => listRounds(cluster, request) },
    { method: 'get', pattern: '/v1/cluster/rounds/:id', handler: (request) => oneRound(cluster, request) },
    { method: 'delete', pattern: '/v1/cluster/rounds/:id', handler: (request) => cancelRound(cluster, request) },
    {
      method: 'get',
      pattern: '/v1/autoscale',
      handler: () => whileAvailable(async () => json(await cluster.autoscale())),
    },
    { method: 'get', pattern: '/v1/nodes', handler: () => listNodes(cluster) },
    { method: 'get', pattern: '/v1/nodes/:id', handler: (request) => oneNode(cluster, request) },
    { method: 'delete', pattern: '/v1/nodes/:id', handler: forNode(cluster, 'remove') },
    { method: 'put', pattern: '/v1/nodes/:id/cordon', ...small, handler: forNode(cluster, 'cordon') },
    { method: 'delete', pattern: '/v1/nodes/:id/cordon', handler: forNode(cluster, 'uncordon') },
    { method: 'get', pattern: '/v1/shards', handler: (request) => listShards(s, request) },
    { method: 'get', pattern: '/v1/shards/:n', handler: (request) => oneShard(cluster, request) },
    { method: 'put', pattern: '/v1/shards/:n/pin', ...small, handler: (request) => pin(cluster, request) },
    { method: 'delete', pattern: '/v1/shards/:n/pin', handler: (request) => unpin(cluster, request) },
  ];
}

function plan(cluster: ClusterService, { query }: ApiRequest): ApiAnswer {
  const drain = query.get('drain');
  if (drain === null) return json({ moves: cluster.plan() });
  if (!memberRows(cluster.view()).some((row) => row.node === drain)) return noSuchNode(drain);
  return json({ moves: cluster.plan(nodeId(drain)) });
}

function move(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const body = bodyAs(moveRequest, request);
  if ('bad' in body) return body.bad;
  const { shard, to, why } = body.value;
  const by = askedBy(request, why);
  if (shard >= cluster.view().map.shards.length) return noSuchShard(String(shard));
  return giveOrder(cluster, { kind: 'move', shard: shardId(shard), to: nodeId(to), why: by.why }, by);
}

function cancelMove(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const shard = shardParameter(cluster, request);
  if (shard === undefined) return noSuchShard(request.parameter);
  return giveOrder(cluster, { kind: 'cancel', shard }, askedBy(request));
}

function rebalance(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const body = bodyAs(rebalanceRequest, request);
  if ('bad' in body) return body.bad;
  const { dryRun, why, moves } = body.value;
  const asked = moves?.map(({ shard, from, to, why: because }) => ({
    shard: shardId(shard),
    from: from === null ? null : nodeId(from),
    to: nodeId(to),
    why: because,
  }));
  const beyond = asked?.find(({ shard }) => shard >= cluster.view().map.shards.length);
  if (beyond !== undefined) return noSuchShard(String(beyond.shard));
  return whileAvailable(async () => {
    const planned = asked ?? cluster.plan();
    // What was shown is what is moved: the plan may be another a moment later.
    if (dryRun || planned.length === 0) return json({ round: null, moves: planned });
    const { id } = await cluster.submitRound(askedBy(request, why), planned);
    return json({ round: id, moves: planned });
  });
}

function listRounds(cluster: ClusterService, { query }: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const limit = wholeNumber(query.get('limit') ?? String(ROUNDS_DEFAULT), 1, ROUNDS_MAX);
  if (limit === undefined) return problem(400, 'bad_query', `limit: a whole number from 1 to ${ROUNDS_MAX}`);
  return whileAvailable(async () => json({ rounds: await cluster.rounds(limit) }));
}

function oneRound(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> {
  const id = decoded(request.parameter);
  return whileAvailable(async () => {
    const round = (await cluster.rounds(ROUNDS_MAX)).find((r) => r.id === id);
    return round === undefined ? refusal('no_such_round', 'no such round is kept') : json(round);
  });
}

function cancelRound(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> {
  const id = decoded(request.parameter);
  return whileAvailable(async () => {
    const round = (await cluster.rounds(ROUNDS_MAX)).find((r) => r.id === id);
    if (round === undefined) return refusal('no_such_round', 'no such round is kept');
    return json({ cancelled: await cluster.cancelRound(round.id, askedBy(request)) });
  });
}

function listEvents(cluster: ClusterService, { query }: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const limit = wholeNumber(query.get('limit') ?? String(EVENTS_DEFAULT), 1, EVENTS_MAX);
  if (limit === undefined) return problem(400, 'bad_query', `limit: a whole number from 1 to ${EVENTS_MAX}`);
  const before = query.get('before');
  if (before !== null && !/^[0-9A-Za-z-]{1,64}$/.test(before)) {
    return problem(400, 'bad_query', 'before: `next` of the page before');
  }
  return whileAvailable(async () => json(await cluster.events({ limit, ...(before === null ? {} : { before }) })));
}

async function listNodes(cluster: ClusterService): Promise<ApiAnswer> {
  const rows = memberRows(cluster.view());
  const { stats, missing } = await gatherStats(cluster);
  return json({
    nodes: rows.flatMap((member) => {
      const own = stats.get(member.node);
      return own === undefined ? [] : [{ ...own, member }];
    }),
    away: rows
      .filter((member) => !stats.has(member.node))
      .map((member) => ({ node: member.node, why: missing.get(member.node) ?? 'dead', member })),
  });
}

async function oneNode(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> {
  const id = decoded(request.parameter);
  const member = memberRows(cluster.view()).find((row) => row.node === id);
  if (member === undefined) return noSuchNode(id);
  const { stats, missing } = await gatherStats(cluster);
  const own = stats.get(member.node);
  return json(own === undefined ? { node: id, why: missing.get(id) ?? 'dead', member } : { ...own, member });
}

async function gatherStats(cluster: ClusterService): Promise<{
  readonly stats: ReadonlyMap<string, NodeStats>;
  readonly missing: ReadonlyMap<string, string>;
}> {
  const { answers, missing } = await cluster.gather<NodeStats>(NODE_STATS_QUESTION, null);
  return {
    stats: new Map(answers.map(({ node, answer }) => [node, answer])),
    missing: new Map(missing.map(({ node, code }) => [node, code])),
  };
}

function forNode(cluster: ClusterService, kind: 'remove' | 'cordon' | 'uncordon'): Route['handler'] {
  return (request) => {
    const id = decoded(request.parameter);
    const body = bodyAs(reasonRequest, request);
    if ('bad' in body) return body.bad;
    const isKnown = memberRows(cluster.view()).some((row) => row.node === id);
    if (!isKnown) return noSuchNode(id);
    return giveOrder(cluster, { kind, node: nodeId(id) }, askedBy(request, body.value.why));
  };
}

const STATES = ['unowned', 'starting', 'moving', 'running', 'pinned'] as const;

async function listShards({ cluster, shardOf }: ClusterRouteServices, { query }: ApiRequest): Promise<ApiAnswer> {
  const state = query.get('state');
  if (state !== null && !(STATES as readonly string[]).includes(state)) {
    return problem(400, 'bad_query', `state: one of ${STATES.join(', ')}`);
  }
  const cameraText = query.get('camera');
  const camera = cameraText === null ? undefined : parseCameraId(cameraText);
  if (cameraText !== null && camera === undefined) return problem(400, 'bad_query', 'camera: the id of a camera');
  const only = camera === undefined ? undefined : shardOf(camera);
  const node = query.get('node');
  const { counts, missing } = await gatherCameras(cluster, {});
  const { map } = cluster.view();
  const shards = map.shards
    .map((_, shard) => shardRow(map, shardId(shard), counts))
    .filter(
      (row) =>
        (only === undefined || row.shard === only) &&
        (node === null || row.node === node || row.move?.to === node) &&
        (state === null || (state === 'pinned' ? row.pin !== null : row.state === state)),
    );
  return json({ version: map.version, shards, missing });
}

async function oneShard(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> {
  const shard = shardParameter(cluster, request);
  if (shard === undefined) return noSuchShard(request.parameter);
  const { counts, named } = await gatherCameras(cluster, { shard });
  const { map } = cluster.view();
  const row = shardRow(map, shard, counts);
  const { version } = entryOf(map, shard);
  return json({ ...row, version, cameraIds: (row.node === null ? undefined : named.get(row.node)) ?? [] });
}

async function gatherCameras(cluster: ClusterService, body: ShardCamerasBody) {
  const { answers, missing } = await cluster.gather<ShardCameras>(SHARD_CAMERAS_QUESTION, body);
  return {
    counts: new Map(answers.map(({ node, answer }) => [node, answer.counts])),
    named: new Map(answers.map(({ node, answer }) => [node, answer.cameras ?? []])),
    missing: missing.map(({ node }) => node),
  };
}

function pin(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const shard = shardParameter(cluster, request);
  if (shard === undefined) return noSuchShard(request.parameter);
  const body = bodyAs(pinRequest, request);
  if ('bad' in body) return body.bad;
  const { node, why } = body.value;
  return giveOrder(cluster, { kind: 'pin', shard, to: nodeId(node) }, askedBy(request, why));
}

function unpin(cluster: ClusterService, request: ApiRequest): Promise<ApiAnswer> | ApiAnswer {
  const shard = shardParameter(cluster, request);
  if (shard === undefined) return noSuchShard(request.parameter);
  return giveOrder(cluster, { kind: 'unpin', shard }, askedBy(request));
}

function shardParameter(cluster: ClusterService, { parameter }: ApiRequest): ShardId | undefined {
  const value = wholeNumber(parameter, 0, SHARDS_MAX - 1);
  return value === undefined || value >= cluster.view().map.shards.length ? undefined : shardId(value);
}

const noSuchNode = (id: string): ApiAnswer => refusal('no_such_node', `no node ${id} in this cluster`);
const noSuchShard = (text: string): ApiAnswer => refusal('no_such_shard', `no shard ${decoded(text)} in this cluster`);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : undefined;
}
