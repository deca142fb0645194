import { z } from 'zod';
import { manifestSchema, PRECISIONS } from '../../../models/manifest.ts';
import { cameraIdSchema, count, wallMs } from '../../http/openapi/scalars.ts';
import { SCHEMAS } from '../../http/openapi/schemas.ts';

/** What a command prints on stdout with `--json`. */
export interface Output {
  /** One JSON value, or one value a line for as long as it runs. */
  readonly kind: 'value' | 'lines';
  /** With these options as well; else always. */
  readonly when?: string;
  readonly schema: z.ZodType;
}

const value = (schema: z.ZodType, when?: string): Output => ({ kind: 'value', schema, ...(when && { when }) });
const lines = (schema: z.ZodType, when?: string): Output => ({ kind: 'lines', schema, ...(when && { when }) });

const shard = () => count();
const counts = (description: string) => z.record(z.string(), count()).meta({ description });

const watchedFrame = z
  .object({
    type: z.literal('frame'),
    camera: cameraIdSchema,
    seq: count(),
    receivedAt: wallMs(),
    latencyMs: z.number().min(0),
    model: z.string(),
    width: count().meta({ description: 'Of the upright picture, pixels.' }),
    height: count(),
    detections: z.array(SCHEMAS.Detection),
    events: z.array(SCHEMAS.CameraEvent).exactOptional(),
  })
  .meta({ description: 'One frame and what was found in it.' });

const pushSummary = z
  .object({
    camera: cameraIdSchema,
    seconds: z.number().min(0),
    sent: count().meta({ description: 'Frames sent: acked and lost.' }),
    acked: count().meta({ description: 'Frames answered in any way: inferred, gated, shed and rejected.' }),
    inferred: count(),
    gated: count().meta({ description: 'Frames in which nothing moved.' }),
    shed: counts('Frames dropped for load, by reason.'),
    rejected: count(),
    rejectedBy: counts('Rejected frames by code.'),
    lost: count().meta({ description: 'Unanswered when their connection ended.' }),
    superseded: count().meta({ description: 'Not sent: replaced by newer ones while the credit was used up.' }),
    thinned: count().meta({ description: 'Not sent: more than the node asks for.' }),
    reconnects: count(),
    p50: z.number().nullable().meta({ description: 'From sending a frame to its result, ms.' }),
    p99: z.number().nullable(),
    detections: counts('Objects found, by label.'),
  })
  .meta({ description: 'What became of the frames of a push.' });

const replaySummary = z
  .object({
    file: z.string(),
    camera: z.string(),
    fps: z.number(),
    model: z.string(),
    inputSize: count(),
    frames: count(),
    analysed: count(),
    gated: count(),
    rejected: count().meta({ description: 'Beside `frames`: pictures a node would refuse.' }),
    durationS: z.number().min(0),
    tracks: count(),
    crossings: z.array(
      z.object({ line: z.string(), direction: z.string(), total: count(), byLabel: z.record(z.string(), count()) }),
    ),
    events: z.array(SCHEMAS.CameraEvent),
    alerts: z.array(z.record(z.string(), z.unknown())),
    intervals: z.array(
      z.object({
        startMs: z.number(),
        endMs: z.number(),
        coverage: z.record(z.string(), z.unknown()),
        measures: z.array(z.record(z.string(), z.unknown())),
      }),
    ),
  })
  .meta({ description: 'What was found in a recording.' });

const clusterEvent = SCHEMAS.ClusterEvents.shape.items.element;
const drained = z.object({
  node: z.string(),
  cordoned: z.boolean(),
  shards: count().exactOptional().meta({ description: 'It had when the drain began; absent of uncordon.' }),
  seconds: z.number().exactOptional().meta({ description: 'It took; absent with --no-wait.' }),
});
const moved = z.object({
  shard: shard(),
  node: z.string().nullable(),
  epoch: count(),
  state: z.enum(['unowned', 'starting', 'moving', 'running']),
});
const pinned = z.object({ shard: shard(), pin: z.string().nullable() });
const configured = z.record(z.string(), z.unknown()).meta({ description: 'docs/configuration.md has all keys.' });
const file = z.string().nullable().meta({ description: 'The configuration file; null where there is none.' });

/** An answer as it is, or its rows, one a line. */
const historyOutputs = (answer: z.ZodObject<{ rows: z.ZodArray }>): readonly Output[] => [
  value(answer),
  lines(answer.shape.rows.element as z.ZodType, '--ndjson instead of --json'),
];

/** Outputs by command; a command without an entry has no `--json`. */
export const OUTPUTS: Readonly<Record<string, readonly Output[]>> = {
  up: [value(z.object({ url: z.string(), demoCameras: count() }))],
  push: [value(pushSummary)],
  'cameras ls': [value(z.object({ cameras: z.array(SCHEMAS.Camera) }))],
  'cameras watch': [lines(watchedFrame)],
  'cameras set': [
    value(
      z.object({
        camera: cameraIdSchema,
        dryRun: z.boolean(),
        version: count().exactOptional(),
        changed: z.boolean().exactOptional(),
        diff: z.array(z.string()).meta({ description: 'Lines, each begun by `+ `, `- ` or two spaces.' }),
      }),
    ),
  ],
  'cameras get': [value(SCHEMAS.CameraSettings)],
  'cameras unset': [value(SCHEMAS.SettingsRemoved)],
  'cameras validate': [value(SCHEMAS.SettingsValid)],
  'cameras versions': [value(SCHEMAS.SettingsVersions)],
  'cameras audit': [value(SCHEMAS.AuditPage), value(SCHEMAS.AuditVerdict, '--verify')],
  'alerts ls': [value(SCHEMAS.AlertPage)],
  'alerts tail': [lines(SCHEMAS.Alert.partial({ acknowledged: true }))],
  'alerts ack': [value(SCHEMAS.Alert)],
  'history counts': historyOutputs(SCHEMAS.HistoryCounts),
  'history speeds': historyOutputs(SCHEMAS.HistorySpeeds),
  'history occupancy': historyOutputs(SCHEMAS.HistoryOccupancy),
  'history composition': historyOutputs(SCHEMAS.HistoryComposition),
  'history events': historyOutputs(SCHEMAS.HistoryEvents),
  'history alerts': historyOutputs(SCHEMAS.HistoryAlerts),
  replay: [value(replaySummary)],
  'overload show': [value(SCHEMAS.Overload), lines(SCHEMAS.Overload, '--follow')],
  events: [value(SCHEMAS.Events), lines(SCHEMAS.Events.shape.events.element, '--follow')],
  logs: [lines(z.record(z.string(), z.unknown()).meta({ description: 'A line of the log, as the node wrote it.' }))],
  'quarantine ls': [value(SCHEMAS.Quarantine)],
  'quarantine clear': [value(SCHEMAS.QuarantineCleared)],
  'cluster status': [value(SCHEMAS.Cluster)],
  'cluster events': [
    value(z.object({ events: z.array(clusterEvent) }).meta({ description: 'Oldest first.' })),
    lines(clusterEvent, '--follow'),
  ],
  'cluster rounds': [value(SCHEMAS.Rounds)],
  'cluster cancel': [value(z.object({ round: z.string(), cancelled: count() }))],
  'nodes ls': [value(SCHEMAS.Nodes)],
  'nodes drain': [value(drained)],
  'nodes uncordon': [value(drained)],
  'nodes remove': [value(z.object({ node: z.string(), removed: z.literal(true) }))],
  'shards ls': [value(SCHEMAS.Shards)],
  'shards show': [value(SCHEMAS.ShardDetail.extend({ camera: cameraIdSchema.exactOptional() }))],
  'shards plan': [value(SCHEMAS.Plan)],
  'shards move': [value(moved)],
  'shards pin': [value(pinned)],
  'shards unpin': [value(pinned)],
  'shards rebalance': [value(SCHEMAS.Rebalanced), value(SCHEMAS.Round, '--watch, where something moves')],
  'models ls': [value(z.object({ dir: z.string(), models: z.array(manifestSchema) }))],
  'models show': [value(z.object({ dir: z.string(), model: manifestSchema }))],
  'models add': [
    value(
      z.object({
        dir: z.string(),
        folder: z.string(),
        oneByOne: z.boolean().meta({ description: 'It takes one frame: those of a batch run one after the other.' }),
        model: manifestSchema,
      }),
    ),
  ],
  'models import': [
    value(
      z.object({
        dir: z.string(),
        files: z.array(
          z.object({
            name: z.string(),
            version: z.string(),
            size: count(),
            precision: z.enum(PRECISIONS),
            path: z.string(),
            sha256: z.string(),
          }),
        ),
      }),
    ),
  ],
  'config show': [
    value(
      z.object({
        config: configured,
        origins: z.record(z.string(), z.string()).meta({ description: 'Where each key that is set came from.' }),
        file,
      }),
    ),
  ],
  'config check': [value(z.object({ ok: z.literal(true), file }))],
  doctor: [
    value(
      z.object({
        ok: z.boolean().meta({ description: 'A node can run here: nothing is `fail`.' }),
        checks: z.array(
          z.object({
            check: z.string(),
            status: z.enum(['ok', 'warn', 'fail']),
            detail: z.string(),
            hint: z.string().exactOptional().meta({ description: 'How to get what is missing.' }),
          }),
        ),
      }),
    ),
  ],
};

/** What every command prints on stderr with `--json` when it fails: one line. */
export const ERROR_OUTPUT = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'Stable, for programs.', examples: ['node_unreachable', 'usage'] }),
      message: z.string().meta({ description: 'For people; may change.' }),
      hint: z.string().exactOptional().meta({ description: 'What to do next.' }),
      issues: z
        .array(z.record(z.string(), z.unknown()))
        .exactOptional()
        .meta({ description: 'One for each fault of a configuration or of settings.' }),
    }),
  })
  .meta({ description: 'Why a command failed. The exit code says of which sort it is.' });
