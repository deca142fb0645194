import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { EVENTS_KEPT } from '../../telemetry/event-log.ts';
import { ALERT_OPERATIONS } from './alert-operations.ts';
import { ALERT_SNAPSHOT_OPERATIONS } from './alert-snapshot-operations.ts';
import { CLUSTER_OPERATIONS } from './cluster-operations.ts';
import { HISTORY_OPERATIONS } from './history-operations.ts';
import { NODE_PROBLEMS, OF_ALL_NODES, OF_ONE_NODE, ONE_NODE, THIS_NODE } from './one-node.ts';
import type { SchemaName } from './schemas.ts';
import { SETTINGS_OPERATIONS } from './settings-operations.ts';

/** A response body: JSON of a named schema, or bytes of other media types; or both, as the caller asks. */
export type Content =
  | { readonly json: readonly SchemaName[]; readonly media?: readonly string[] }
  | { readonly media: readonly string[] };

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As in the document: `/v1/cameras/{id}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: 'cameras' | 'alerts' | 'history' | 'cluster' | 'node' | 'probes' | 'sockets' | 'debug';
  readonly summary: string;
  readonly description?: string;
  /** Served without a token. */
  readonly open?: boolean;
  /** `?limit=&after=`. */
  readonly paged?: boolean;
  readonly query?: readonly { readonly name: string; readonly description: string }[];
  readonly body?: Content;
  readonly ok: { readonly status: 200 | 101; readonly description: string; readonly content?: Content };
  /** What a 304, without a body, says. */
  readonly unchanged?: string;
  /** Headers of the good answer, with what they say. */
  readonly okHeaders?: Readonly<Record<string, string>>;
  /** Problems by status, with the codes each may have. */
  readonly problems: Readonly<Record<number, readonly string[]>>;
}

/** What access control answers, on every operation that is not open. */
export const ACCESS_PROBLEMS: Readonly<Record<number, readonly string[]>> = {
  401: ['token_missing', 'token_wrong'],
  403: ['origin_not_allowed', 'host_not_allowed'],
};

const PICTURES = ['image/jpeg', 'image/png', 'image/webp'] as const;

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/cameras/{id}/frames',
    id: 'postFrame',
    tag: 'cameras',
    summary: 'Push one picture and get what was found in it',
    description:
      'For cameras that cannot hold a socket. The picture takes the same way as one of a stream: it shares the camera’s ' +
      'one waiting place, where a newer picture replaces an older one.',
    body: { media: PICTURES },
    ok: {
      status: 200,
      description: 'Analysed, or skipped because nothing moves.',
      content: { json: ['Result', 'Gated'] },
    },
    problems: {
      400: [
        'bad_camera_id',
        'empty_message',
        'bad_envelope',
        'unsupported_schema_version',
        'unsupported_flags',
        'not_an_image',
        'unsupported_image',
        'dimensions_too_small',
        'dimensions_too_large',
        'image_truncated',
        'image_corrupt',
        'quarantined',
      ],
      413: ['frame_too_large'],
      415: ['unsupported_media_type'],
      429: ['superseded'],
      503: [
        'expired',
        'overdue',
        'overloaded',
        'low_priority',
        'draining',
        'camera_limit',
        'mailbox_full',
        'moving',
        'unowned',
        'link_full',
        'device_failed',
        'actor_failed',
        'shutdown',
        'handoff',
        'link',
        'internal',
      ],
    },
  },
  {
    method: 'get',
    path: '/v1/cameras',
    id: 'listCameras',
    tag: 'cameras',
    summary: 'Cameras, by name',
    paged: true,
    description: OF_ALL_NODES,
    query: [THIS_NODE],
    ok: { status: 200, description: 'One page.', content: { json: ['CameraPage'] } },
    problems: { 400: ['bad_query'] },
  },
  {
    method: 'get',
    path: '/v1/cameras/{id}',
    id: 'getCamera',
    tag: 'cameras',
    summary: 'One camera',
    query: [THIS_NODE],
    ok: { status: 200, description: 'The camera.', content: { json: ['Camera'] } },
    problems: { 400: ['bad_camera_id'], 404: ['unknown_camera'], 503: ['node_away'] },
  },
  {
    method: 'get',
    path: '/v1/cameras/{id}/frame',
    id: 'getLastFrame',
    tag: 'cameras',
    summary: 'The last picture of a camera, as JPEG',
    description: 'Kept within `frames.lastFrameBytesMax` for all cameras together; those longest silent go first.',
    ok: { status: 200, description: 'The picture.', content: { media: ['image/jpeg'] } },
    okHeaders: {
      'Last-Modified': 'When it was received.',
      'X-Camshard-Seq': 'Its sequence number.',
    },
    problems: { 400: ['bad_camera_id'], 404: ['unknown_camera', 'no_picture'] },
  },
  ...SETTINGS_OPERATIONS,
  {
    method: 'get',
    path: '/v1/ledger',
    id: 'listLedgers',
    tag: 'cameras',
    summary: 'Account of every frame, per camera and in total',
    paged: true,
    description: OF_ALL_NODES,
    query: [THIS_NODE],
    ok: { status: 200, description: 'One page.', content: { json: ['LedgerPage'] } },
    problems: { 400: ['bad_query'] },
  },
  ...HISTORY_OPERATIONS,
  ...CLUSTER_OPERATIONS,
  {
    method: 'get',
    path: '/v1/overload',
    id: 'getOverload',
    tag: 'node',
    summary: 'How far the node has stepped down its degradation ladder, and why',
    description: `${OF_ONE_NODE} \`GET /v1/nodes\` has the rung of each.`,
    query: [ONE_NODE],
    ok: { status: 200, description: 'The rung, all rungs and the load.', content: { json: ['Overload'] } },
    problems: NODE_PROBLEMS,
  },
  {
    method: 'get',
    path: '/v1/events',
    id: 'listEvents',
    tag: 'node',
    summary: 'What happened on the node of late',
    description:
      `The newest ${EVENTS_KEPT} are kept, until the process ends. ${OF_ONE_NODE} What happened to the cluster is in ` +
      '`GET /v1/cluster/events`.',
    query: [
      { name: 'limit', description: `Events, 1 to ${EVENTS_KEPT}; 100 where absent.` },
      { name: 'after', description: 'Events after the one of this id, 0 for all; the newest ones where absent.' },
      ONE_NODE,
    ],
    ok: { status: 200, description: 'Events, oldest first.', content: { json: ['Events'] } },
    problems: { 400: ['bad_query'], ...NODE_PROBLEMS },
  },
  {
    method: 'get',
    path: '/v1/quarantine',
    id: 'listQuarantine',
    tag: 'node',
    summary: 'Pictures that were being worked on when the node crashed',
    description: `A picture in two crashes is not taken again; one in a single crash is watched. ${OF_ONE_NODE}`,
    query: [ONE_NODE],
    ok: { status: 200, description: 'All of them, and their cameras.', content: { json: ['Quarantine'] } },
    problems: NODE_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/quarantine/clear',
    id: 'clearQuarantine',
    tag: 'node',
    summary: 'Forget them, so that they are tried again',
    description: 'Of one node: each has crashed by itself.',
    query: [ONE_NODE],
    body: { json: ['QuarantineClear'] },
    ok: { status: 200, description: 'How many are forgotten.', content: { json: ['QuarantineCleared'] } },
    problems: {
      400: ['bad_body'],
      404: ['unknown_hash', 'no_such_node'],
      413: ['frame_too_large'],
      503: ['body_limit', 'node_away'],
    },
  },
  {
    method: 'get',
    path: '/v1/models',
    id: 'listModels',
    tag: 'node',
    summary: 'Models that serve',
    description: OF_ONE_NODE,
    query: [ONE_NODE],
    ok: { status: 200, description: 'All models.', content: { json: ['Models'] } },
    problems: NODE_PROBLEMS,
  },
  {
    method: 'get',
    path: '/healthz',
    id: 'getHealth',
    tag: 'probes',
    summary: 'Whether the process is alive',
    open: true,
    ok: { status: 200, description: 'It is.', content: { json: ['Health'] } },
    problems: {},
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'getReadiness',
    tag: 'probes',
    summary: 'Whether cameras should be sent here',
    open: true,
    ok: { status: 200, description: 'They should.', content: { json: ['Ready'] } },
    problems: { 503: ['no_device_ready', 'draining', 'wedged'] },
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'probes',
    summary: 'Metrics in the Prometheus text format',
    ok: { status: 200, description: 'Prometheus text exposition 0.0.4.', content: { media: ['text/plain'] } },
    problems: {},
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'getOpenApi',
    tag: 'probes',
    summary: 'This document',
    open: true,
    ok: { status: 200, description: 'OpenAPI 3.1.', content: { media: ['application/json'] } },
    problems: {},
  },
  {
    method: 'get',
    path: '/v1/cameras/{id}/stream',
    id: 'openCameraStream',
    tag: 'sockets',
    summary: 'WebSocket: push pictures, get results',
    description:
      'Subprotocol `camshard.v1` (optional). Binary messages carry pictures, text messages JSON; docs/protocol.md tells ' +
      'what is said. Answered only as a WebSocket handshake; a plain GET finds nothing.',
    query: [
      { name: 'results', description: '`1` to get a result for each analysed picture.' },
      { name: 'redirect', description: '`1` where the camera follows `redirect` messages to the node of its shard.' },
    ],
    ok: { status: 101, description: 'Speaks WebSocket from here on.' },
    problems: {
      400: ['bad_camera_id', 'unsupported_subprotocol'],
      503: ['draining', 'connection_limit', 'camera_limit', 'overloaded'],
    },
  },
  {
    method: 'get',
    path: '/v1/live',
    id: 'openLive',
    tag: 'sockets',
    summary: 'WebSocket: watch cameras and the node',
    description: 'JSON text, and `CSV1` binary messages for watched pictures; docs/protocol.md tells what is said.',
    query: [
      {
        name: 'topics',
        description: 'Topics to begin with, comma-separated: `camera:ID`, `alerts`, `cluster`, `events`.',
      },
    ],
    ok: { status: 101, description: 'Speaks WebSocket from here on.' },
    problems: { 400: ['bad_topics'], 503: ['draining', 'watcher_limit'] },
  },
  {
    method: 'post',
    path: '/v1/debug/faults',
    id: 'causeFault',
    tag: 'debug',
    summary: 'Break a device on purpose, or collect garbage',
    description: 'There only with `debug.faultHooks`.',
    body: { json: ['Fault'] },
    ok: { status: 200, description: 'Done.', content: { json: ['FaultDone'] } },
    problems: { 400: ['bad_body'], 404: ['unknown_device'], 413: ['frame_too_large'] },
  },
  ...ALERT_OPERATIONS,
  ...ALERT_SNAPSHOT_OPERATIONS,
];

export const PAGE_PARAMETERS = [
  {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'Rows on the page.',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_ROWS_MAX, default: 100 },
  },
  {
    name: 'after',
    in: 'query',
    required: false,
    description: 'Rows after this one: `next` of the page before.',
    schema: { type: 'string' },
  },
] as const;
