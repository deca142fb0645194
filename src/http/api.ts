import type { CameraBook } from '../../actors/camera-book.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { CameraId, ShardId } from '../../core/ids.ts';
import type { OverloadStatus } from '../../core/overload.ts';
import type { DeviceModel } from '../../models/device/port.ts';
import type { ClusterService } from '../cluster/port.ts';
import type { Quarantine } from '../crash/quarantine.ts';
import type { LastFrames } from '../frames/last-frames.ts';
import { postFrame } from '../ingest/frame-request.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { IngestCounters } from '../ingest/ingest-counters.ts';
import { refuseNew } from '../ingest/refuse-new.ts';
import type { NodeView } from '../node-view.ts';
import type { EventLog } from '../telemetry/event-log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { badCameraId, cameraParameter, cameraReadRoutes } from './api/cameras.ts';
import { clusterRoutes } from './api/cluster.ts';
import { nodeReadRoutes } from './api/node-reads.ts';
import { quarantineRoutes } from './api/quarantine.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route, retryAfter } from './exchange.ts';
import { openApiDocument } from './openapi.ts';

export interface ApiServices {
  readonly config: NodeConfig;
  readonly version: string;
  readonly view: NodeView;
  readonly book: CameraBook;
  readonly ingest: Ingest;
  readonly lastFrames: LastFrames;
  readonly metrics: Metrics;
  readonly models: readonly DeviceModel[];
  readonly counters: IngestCounters;
  readonly overload: () => OverloadStatus;
  readonly events: Pick<EventLog, 'recent'>;
  readonly quarantine: Quarantine;
  /** Whether only cameras the node knows are served now, and when others may try again. */
  readonly refusesNew: () => { readonly retryAfterS: number } | undefined;
  readonly cluster: ClusterService;
  readonly shardOf: (camera: CameraId) => ShardId;
}

/** Every HTTP route of a node but the page's files and the fault hooks. docs: `/openapi.json`. */
export function apiRoutes(s: ApiServices): Route[] {
  return [
    { method: 'get', pattern: '/healthz', open: true, handler: () => json({ status: 'ok', version: s.version }) },
    { method: 'get', pattern: '/readyz', open: true, handler: () => readyz(s) },
    { method: 'get', pattern: '/metrics', handler: () => exposeMetrics(s.metrics) },
    { method: 'get', pattern: '/openapi.json', open: true, handler: () => json(openApiDocument(s.version)) },
    ...cameraReadRoutes(s),
    {
      method: 'post',
      pattern: '/v1/cameras/:id/frames',
      bodyBytesMax: s.config.ingest.frameBytesMax,
      handler: (request) => takeFrame(s, request),
    },
    ...nodeReadRoutes(s),
    ...clusterRoutes(s),
    ...quarantineRoutes(s),
  ];
}

function readyz({ view }: ApiServices): ApiAnswer {
  const state = view.readiness();
  return state.ready ? json({ status: 'ready' }) : problem(503, state.code, state.why);
}

async function exposeMetrics(metrics: Metrics): Promise<ApiAnswer> {
  const { text, contentType } = await metrics.expose();
  return { status: 200, headers: { 'content-type': contentType }, body: text };
}

async function takeFrame(services: ApiServices, request: ApiRequest): Promise<ApiAnswer> {
  const { ingest } = services;
  const camera = cameraParameter(request);
  if (camera === undefined) return badCameraId();
  if (ingest.draining) return problem(503, 'draining', 'the node stops');
  const overload = refuseNew(services, camera);
  if (overload !== undefined) return retryAfter(problem(503, overload.code, overload.message), overload.retryAfterS);
  const record = ingest.hold(camera);
  if (record === undefined) return problem(503, 'camera_limit', 'the node has as many cameras as it may');
  try {
    return await postFrame(ingest, record, request);
  } finally {
    ingest.release(record);
  }
}
