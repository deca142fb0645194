import { z } from 'zod';
import { BOXES_PER_FRAME, PAGE_ROWS_MAX, SHARDS_MAX } from '../../../config/limits.ts';
import type { TrackedDetection } from '../../../core/detection.ts';
import type { LedgerSnapshot } from '../../../core/ledger.ts';
import { LOST_REASONS, REJECT_REASONS, SHED_REASONS } from '../../../core/outcome.ts';
import {
  CAMERA_PRIORITIES,
  type CameraSummary,
  type DeviceSummary,
  type NodeStatsMessage,
  type ResultMessage,
} from '../../../core/protocol.ts';
import type { MemberRow } from '../api/cluster/rows.ts';
import { deviceFaultSchema, faultRequestSchema } from '../fault-request.ts';
import { ALERT_SCHEMAS, unanswered } from './alert-schemas.ts';
import { CLUSTER_SCHEMAS, member } from './cluster-schemas.ts';
import { cameraEvent } from './finding-schemas.ts';
import { HISTORY_SCHEMAS } from './history-schemas.ts';
import { events, frameHash, overload, quarantine } from './overload-schemas.ts';
import { cameraIdSchema, count, share, wallMs } from './scalars.ts';
import { SETTINGS_SCHEMAS } from './settings-schemas.ts';

/**
 * What the HTTP API answers, as zod schemas: the document is made from them, and tests hold real answers against it.
 * `satisfies` ties each to the type that the code answers with.
 */

const detection = z
  .object({
    label: z.string().meta({ description: 'Name of the class, in the words of the model.', examples: ['car'] }),
    classId: count().meta({ description: 'Class number within the model.' }),
    score: share().meta({ description: 'Confidence of the model, rounded to three decimals.' }),
    box: z.tuple([share(), share(), share(), share()]).meta({
      description: 'Left, top, right, bottom as shares of the upright picture’s width and height, four decimals.',
    }),
    track: z
      .int()
      .min(1)
      .exactOptional()
      .meta({ description: 'The object it belongs to, followed over frames; absent before there is one.' }),
  })
  .meta({ description: 'One object found in a picture.' }) satisfies z.ZodType<TrackedDetection>;

const reasons = <R extends string>(all: readonly [R, ...R[]], description: string) =>
  z.partialRecord(z.enum(all), z.int().min(1)).meta({ description });

const ledger = z
  .object({
    received: count().meta({ description: 'Frames that came in, good or bad.' }),
    inferred: count().meta({ description: 'Frames analysed.' }),
    gated: count().meta({ description: 'Frames skipped because nothing moved.' }),
    shed: reasons(SHED_REASONS, 'Frames dropped for load, by reason.'),
    rejected: reasons(REJECT_REASONS, 'Frames refused because they are bad, by reason.'),
    lost: reasons(LOST_REASONS, 'Frames lost to a fault of the node, by reason.'),
    inFlight: count().meta({ description: 'Frames not settled yet.' }),
  })
  .meta({
    description:
      'Account of frames: received = inferred + gated + shed + rejected + lost + inFlight, always. A reason that never ' +
      'happened is absent.',
  }) satisfies z.ZodType<LedgerSnapshot>;

const cameraSummary = z
  .object({
    camera: cameraIdSchema,
    shard: z.int().min(0).max(SHARDS_MAX),
    node: z.string().meta({ description: 'Who serves it.' }),
    via: z.string().meta({ description: 'Who has its socket: the same, but for cameras that follow no redirect.' }),
    connected: z.boolean().meta({ description: 'Whether it has a socket or a request open right now.' }),
    fpsIn: z.number().min(0).meta({ description: 'Pictures received per second, over the last seconds.' }),
    fpsOut: z.number().min(0).meta({ description: 'Results per second, over the last seconds.' }),
    targetFps: z.number().min(0).meta({ description: 'Pictures per second asked of it now.' }),
    priority: z.enum(CAMERA_PRIORITIES).meta({ description: 'How it ranks under overload: `flow.priorities`.' }),
    crashes: count().meta({ description: 'Crashes of the node during which a frame of it was on a device.' }),
    device: z.string().nullable().meta({ description: 'The device that serves it; null before its first frame.' }),
    latencyMs: z
      .number()
      .min(0)
      .nullable()
      .meta({ description: 'Smoothed latency of results; null before the first.' }),
    width: count()
      .nullable()
      .meta({ description: 'Of the last good picture, upright, pixels; null before the first.' }),
    height: count().nullable(),
    lastFrameAt: wallMs()
      .nullable()
      .meta({ description: 'When the last frame came, ms since the Unix epoch; null before the first.' }),
    ledger,
  })
  .meta({ description: 'One camera.' }) satisfies z.ZodType<CameraSummary>;

const deviceSummary = z
  .object({
    device: z.string().meta({ examples: ['cpu-0'] }),
    kind: z.string().meta({ description: 'What it runs on.', examples: ['cuda', 'cpu', 'simulated'] }),
    configuredKind: z
      .string()
      .exactOptional()
      .meta({ description: 'What it was to run on; absent where that is what it runs on.' }),
    state: z.enum(['starting', 'ready', 'failed', 'stopped']),
    breaker: z.enum(['closed', 'open', 'half_open']).meta({
      description: 'Open after repeated failures: its cameras are on other devices until a probe succeeds.',
    }),
    model: z.string().meta({ description: '`name@version` of what it runs.' }),
    inputSize: count().meta({ description: 'Side of the square the model sees now, pixels.' }),
    batchMax: count().meta({ description: 'Largest batch it may run now, frames.' }),
    memory: z
      .object({
        totalBytes: count(),
        usedBytes: count().meta({ description: 'By everybody.' }),
        ownBytes: count().nullable().meta({ description: 'By this process; null where it cannot be told apart.' }),
        plannedPeakBytes: count()
          .nullable()
          .meta({ description: 'By everybody when the largest batch allowed runs; null before that is known.' }),
        limitBytes: count().meta({
          description: 'What that may come to at most: `memory.shareMax` of the total, less what is reserved.',
        }),
      })
      .nullable()
      .meta({ description: 'Of the card, or of the control group of a CPU node; null where it cannot be read.' }),
    outOfMemory: count().meta({ description: 'Times memory ran out.' }),
    renewals: count().meta({ description: 'Times its sessions were made anew to give memory back.' }),
    pending: count().meta({ description: 'Cameras with a frame waiting.' }),
    inFlightBatches: count(),
    fps: z.number().min(0).meta({ description: 'Frames run per second, over the last seconds.' }),
    batchSize: z.number().min(0).meta({ description: 'Mean frames per batch, over the last seconds.' }),
    computeMs: z.number().min(0).meta({ description: 'Mean run time per batch, over the last seconds.' }),
    queueMs: z.number().min(0).meta({
      description: 'Mean time a frame waited from its reception until it was picked, over the last seconds.',
    }),
    busyShare: z.number().min(0).max(1).meta({ description: 'Share of the last seconds in which a batch ran.' }),
    buckets: z
      .array(
        z.object({
          frames: count(),
          batches: count().meta({ description: 'Batches of that size run since the process began.' }),
          expectedMs: z
            .number()
            .min(0)
            .nullable()
            .meta({ description: 'Run time at the input size of now; null before anything was measured.' }),
        }),
      )
      .meta({ description: 'Sizes of batches it was warmed with, and others that ran; ascending.' }),
  })
  .meta({ description: 'One device of a node.' }) satisfies z.ZodType<DeviceSummary>;

const nodeStats = z
  .object({
    type: z.literal('stats'),
    node: z.string(),
    ready: z.boolean().meta({ description: 'What `/readyz` says.' }),
    uptimeMs: count(),
    cameras: count().meta({ description: 'Cameras with a connection or an actor.' }),
    connections: count().meta({ description: 'Camera sockets open.' }),
    fpsIn: z.number().min(0),
    fpsOut: z.number().min(0),
    latencyMs: z
      .object({ p50: z.number().min(0), p99: z.number().min(0) })
      .nullable()
      .meta({ description: 'Percentiles over the last seconds; null where nothing was answered.' }),
    ledger,
    devices: z.array(deviceSummary),
    member,
  })
  .meta({ description: 'One node.' }) satisfies z.ZodType<
  NodeStatsMessage & { readonly ready: boolean; readonly member: MemberRow }
>;

const awayNode = z
  .object({
    node: z.string(),
    why: z.string().meta({ description: '`dead`, or why it could not be asked.', examples: ['peer_timeout'] }),
    member,
  })
  .meta({ description: 'A member that did not answer.' });

const result = z
  .object({
    type: z.literal('result'),
    seq: count().meta({ description: '1, or the number in the CSF1 envelope where the body has one.' }),
    capturedAt: wallMs().exactOptional().meta({ description: 'Where the CSF1 envelope said it.' }),
    receivedAt: wallMs().meta({ description: 'When the node had it, ms since the Unix epoch.' }),
    latencyMs: z.number().min(0).meta({ description: 'From reception to this answer.' }),
    model: z.string().meta({ description: '`name@version`.' }),
    detections: z.array(detection).max(BOXES_PER_FRAME).meta({ description: 'Best scores first; may be empty.' }),
    events: z.array(cameraEvent).exactOptional().meta({ description: 'What happened with this picture, if anything.' }),
  })
  .meta({ description: 'What was found in one picture.' }) satisfies z.ZodType<ResultMessage>;

const gated = z
  .object({ type: z.literal('gated'), seq: count() })
  .meta({ description: 'Nothing moves: the picture was not analysed.' });

const next = cameraIdSchema.nullable().meta({
  description: 'Cursor of the next page, to be given as `after`; null at the last.',
});

const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The status in words.' }),
    status: z.int().min(400).max(599),
    code: z.string().meta({ description: 'Stable, for programs. docs/protocol.md lists them all.' }),
    detail: z.string().meta({ description: 'For people; may change.' }),
    parameter: z.string().exactOptional().meta({ description: 'With `bad_query`: what of the query string is wrong.' }),
    faults: z
      .array(
        z.object({
          path: z.string().meta({ description: 'Of the key in the document.', examples: ['lines[0].to'] }),
          code: z.string(),
          message: z.string(),
          line: z.int().min(1).exactOptional().meta({ description: 'Of the document, where it is known.' }),
        }),
      )
      .exactOptional()
      .meta({ description: 'With `settings_refused`: all that is wrong with the document.' }),
    version: count()
      .exactOptional()
      .meta({ description: 'With `version_conflict`: the version there is; 0 for none.' }),
  })
  .meta({ description: 'RFC 9457 problem details.' });

/** By the name each has under `#/components/schemas/`. */
export const SCHEMAS = {
  ...ALERT_SCHEMAS,
  ...SETTINGS_SCHEMAS,
  ...HISTORY_SCHEMAS,
  ...CLUSTER_SCHEMAS,
  Detection: detection,
  CameraEvent: cameraEvent,
  Ledger: ledger,
  Camera: cameraSummary,
  Device: deviceSummary,
  Node: nodeStats,
  Result: result,
  Gated: gated,
  Problem: problem,
  Health: z.object({ status: z.literal('ok'), version: z.string() }),
  Ready: z.object({ status: z.literal('ready') }),
  CameraPage: z.object({ cameras: z.array(cameraSummary).max(PAGE_ROWS_MAX), next, away: unanswered }),
  LedgerPage: z.object({
    cameras: z.record(cameraIdSchema, ledger).meta({ description: 'By camera; those of this page.' }),
    folded: ledger.meta({ description: 'Sums of cameras that left; kept until the node ends.' }),
    total: ledger.meta({ description: 'Of all nodes: folded and all cameras, on every page.' }),
    next,
    away: unanswered,
  }),
  Nodes: z.object({
    nodes: z.array(nodeStats),
    away: z.array(awayNode).meta({ description: 'Members that did not answer.' }),
  }),
  AwayNode: awayNode,
  Models: z.object({
    models: z.array(
      z.object({
        model: z.string().meta({ description: '`name@version`.' }),
        inputSize: count().meta({ description: 'Side of the square it sees without overload, pixels.' }),
        smallerInputSizes: z.array(count()).meta({ description: 'Those the node falls back to under overload.' }),
        precision: z.enum(['float32', 'float16', 'int8']),
        labels: z.array(z.string()),
        serves: z.boolean(),
      }),
    ),
  }),
  Overload: overload,
  Events: events,
  Quarantine: quarantine,
  QuarantineClear: z.strictObject({
    hash: frameHash().optional().meta({ description: 'One of them; all where absent.' }),
  }),
  QuarantineCleared: z.object({ cleared: count() }),
  Fault: faultRequestSchema,
  FaultDone: z.union([
    z.object({ device: z.string(), fault: deviceFaultSchema }),
    z.object({ collected: z.boolean(), memoryUsage: z.record(z.string(), z.number()) }),
  ]),
} as const;

export type SchemaName = keyof typeof SCHEMAS;
