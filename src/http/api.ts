import sharp from 'sharp';
import type { CameraBook } from '../../actors/camera-book.ts';
import { PAGE_ROWS_MAX } from '../../config/limits.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { type CameraId, parseCameraId } from '../../core/ids.ts';
import type { DeviceModel } from '../../models/device/port.ts';
import type { ShardMap } from '../../shards/shard-map.ts';
import type { LastFrames } from '../frames/last-frames.ts';
import { postFrame } from '../ingest/frame-request.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { NodeView } from '../node-view.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from './exchange.ts';
import { openApiDocument } from './openapi.ts';
import { page } from './page.ts';

export interface ApiServices {
  readonly config: NodeConfig;
  readonly version: string;
  readonly view: NodeView;
  readonly book: CameraBook;
  readonly ingest: Ingest;
  readonly lastFrames: LastFrames;
  readonly metrics: Metrics;
  readonly shardMap: ShardMap;
  readonly models: readonly DeviceModel[];
}

/** Every HTTP route of a node but the page's files and the fault hooks. docs: `/openapi.json`. */
export function apiRoutes(s: ApiServices): Route[] {
  return [
    { method: 'get', pattern: '/healthz', open: true, handler: () => json({ status: 'ok', version: s.version }) },
    { method: 'get', pattern: '/readyz', open: true, handler: () => readyz(s) },
    { method: 'get', pattern: '/metrics', handler: () => exposeMetrics(s.metrics) },
    { method: 'get', pattern: '/openapi.json', open: true, handler: () => json(openApiDocument(s.version)) },
    { method: 'get', pattern: '/v1/cameras', handler: (request) => listCameras(s, request) },
    { method: 'get', pattern: '/v1/cameras/:id', handler: (request) => oneCamera(s, request) },
    { method: 'get', pattern: '/v1/cameras/:id/frame', handler: (request) => lastFrame(s, request) },
    {
      method: 'post',
      pattern: '/v1/cameras/:id/frames',
      bodyBytesMax: s.config.ingest.frameBytesMax,
      handler: (request) => takeFrame(s, request),
    },
    { method: 'get', pattern: '/v1/ledger', handler: (request) => listLedgers(s, request) },
    { method: 'get', pattern: '/v1/nodes', handler: () => json({ nodes: [{ ...s.view.stats(), ...readiness(s) }] }) },
    { method: 'get', pattern: '/v1/shards', handler: () => json(listShards(s)) },
    { method: 'get', pattern: '/v1/models', handler: () => json({ models: s.models.map(describeModel) }) },
  ];
}

function readyz({ view }: ApiServices): ApiAnswer {
  const state = view.readiness();
  return state.ready ? json({ status: 'ready' }) : problem(503, state.code, state.why);
}

const readiness = ({ view }: ApiServices): { readonly ready: boolean } => ({ ready: view.readiness().ready });

async function exposeMetrics(metrics: Metrics): Promise<ApiAnswer> {
  const { text, contentType } = await metrics.expose();
  return { status: 200, headers: { 'content-type': contentType }, body: text };
}

function listCameras({ book, view }: ApiServices, { query }: ApiRequest): ApiAnswer {
  const rows = page([...book.records()], (record) => record.camera, query, PAGE_ROWS_MAX);
  if ('fault' in rows) return problem(400, 'bad_query', rows.fault);
  return json({ cameras: rows.items.map((record) => view.camera(record)), next: rows.next });
}

function listLedgers({ book }: ApiServices, { query }: ApiRequest): ApiAnswer {
  const rows = page([...book.records()], (record) => record.camera, query, PAGE_ROWS_MAX);
  if ('fault' in rows) return problem(400, 'bad_query', rows.fault);
  return json({
    cameras: Object.fromEntries(rows.items.map((record) => [record.camera, record.ledger.snapshot()])),
    /** Cameras that left: their sums are kept with their shards. */
    folded: book.folded(),
    total: book.total(),
    next: rows.next,
  });
}

function oneCamera({ book, view }: ApiServices, request: ApiRequest): ApiAnswer {
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  const record = book.get(camera);
  return record === undefined ? unknownCamera(camera) : json(view.camera(record));
}

/** Pictures that are no JPEG, converted at once for GET /v1/cameras/{id}/frame. */
const CONVERSIONS_MAX = 1;
let converting = 0;

async function lastFrame({ lastFrames }: ApiServices, request: ApiRequest): Promise<ApiAnswer> {
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  const frame = lastFrames.get(camera);
  if (frame === undefined) return unknownCamera(camera);
  const headers = {
    'content-type': 'image/jpeg',
    'cache-control': 'no-store',
    'last-modified': new Date(frame.receivedWallMs).toUTCString(),
    'x-camshard-seq': String(frame.seq),
  };
  if (frame.header.format === 'jpeg') return { status: 200, headers, body: frame.bytes };
  // Converting borrows a thread the frames' own decoding needs.
  if (converting >= CONVERSIONS_MAX) return problem(503, 'busy', 'other pictures are being converted');
  converting++;
  try {
    return { status: 200, headers, body: await sharp(frame.bytes).flatten().jpeg({ quality: 85 }).toBuffer() };
  } catch {
    return problem(404, 'no_picture', `the last picture of ${camera} could not be decoded`);
  } finally {
    converting--;
  }
}

async function takeFrame({ ingest }: ApiServices, request: ApiRequest): Promise<ApiAnswer> {
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  if (ingest.draining) return problem(503, 'draining', 'the node stops');
  const record = ingest.hold(camera);
  if (record === undefined) return problem(503, 'camera_limit', 'the node has as many cameras as it may');
  try {
    return await postFrame(ingest, record, request);
  } finally {
    ingest.release(record);
  }
}

function listShards({ shardMap, book }: ApiServices): unknown {
  const cameras = new Map<number, number>();
  for (const record of book.records()) cameras.set(record.shard, (cameras.get(record.shard) ?? 0) + 1);
  return {
    version: shardMap.version,
    shards: shardMap.owners.map((owner, shard) => ({ shard, ...owner, cameras: cameras.get(shard) ?? 0 })),
  };
}

function describeModel(model: DeviceModel): unknown {
  return { model: model.key, inputSize: model.inputSize, labels: model.labels, serves: true };
}

function cameraParameter(request: ApiRequest): CameraId | undefined {
  try {
    return parseCameraId(decodeURIComponent(request.parameter));
  } catch {
    return undefined;
  }
}

const badCameraId = (): ApiAnswer => problem(400, 'bad_camera_id', 'a camera id is [A-Za-z0-9._-]{1,64}');
const unknownCamera = (camera: CameraId): ApiAnswer => problem(404, 'unknown_camera', `no camera ${camera} here`);
