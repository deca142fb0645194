import { z } from 'zod';
import { int, key } from './key.ts';
import * as limits from './limits.ts';
import { cluster } from './sections/cluster.ts';
import { alerts, analytics, history, redis, settings } from './sections/outside.ts';
import { telemetry } from './sections/telemetry.ts';

/**
 * The one schema of a node's configuration: each key with its type, default, unit and reason. `camshard config show`
 * and docs/configuration.md are made from it.
 */

const server = z.strictObject({
  host: key(z.string().min(1).default('127.0.0.1'), {
    reason: 'Address to bind. Anything but loopback needs auth.token.',
  }),
  port: key(int(0, 65_535).default(8080), { reason: 'TCP port; 0 takes any free one.' }),
  tls: key(
    z
      .strictObject({ certFile: z.string().min(1), keyFile: z.string().min(1) })
      .nullable()
      .default(null),
    { reason: 'PEM files; with them the node speaks https and wss only.' },
  ),
  allowedOrigins: key(z.array(z.string().min(1)).max(64).default([]), {
    reason: "Browser origins besides the node's own that may connect, e.g. https://ops.example.org.",
  }),
});

const auth = z.strictObject({
  token: key(z.string().min(16).max(512).nullable().default(null), {
    reason: 'Shared secret asked of cameras, HTTP and watchers. Without it the node binds loopback only.',
  }),
});

const ingest = z.strictObject({
  frameBytesMax: key(int(1_024, limits.FRAME_BYTES_MAX).default(4 * 1024 * 1024), {
    unit: 'bytes',
    reason: 'Largest encoded picture taken: a 4K JPEG at quality 90 is about 3 MB.',
  }),
  sidePixelsMax: key(int(limits.SIDE_PIXELS_MIN, limits.SIDE_PIXELS_MAX).default(4_096), {
    unit: 'pixels',
    reason: 'Widest or highest picture taken; with picturePixelsMax it bounds what a decoder allocates.',
  }),
  picturePixelsMax: key(int(256, limits.PICTURE_PIXELS_MAX).default(4_096 * 2_304), {
    unit: 'pixels',
    reason: 'Largest width times height taken: 4K DCI at 16:9.',
  }),
  connectionsMax: key(int(1, limits.CONNECTIONS_MAX).default(limits.CONNECTIONS_MAX), {
    reason: 'Camera sockets at once; more are refused with 503 and Retry-After.',
  }),
  camerasMax: key(int(1, limits.CAMERAS_MAX).default(limits.CAMERAS_MAX), {
    reason: 'Cameras with an actor at once; more are refused with 503 and Retry-After.',
  }),
  idleTimeoutS: key(int(8, 960).default(32), {
    unit: 's',
    reason: 'A socket silent this long is closed; pings are sent before, so only dead or half-open ones are.',
  }),
  sendBufferBytesMax: key(int(16 * 1024, 64 * 1024 * 1024).default(256 * 1024), {
    unit: 'bytes',
    reason: 'Unsent answers held for a camera that reads slowly; past it answers are dropped and counted.',
  }),
  badMessagesMax: key(int(1, 10_000).default(50), {
    reason: 'Bad messages in a row after which a camera is disconnected: each one costs a parse and an answer.',
  }),
});

const flow = z.strictObject({
  creditWindow: key(int(1, limits.CREDIT_MAX).default(4), {
    unit: 'frames',
    reason: 'Unanswered frames a camera may have: one on the device, one waiting, and the way there and back.',
  }),
  fpsMin: key(z.number().min(0.1).max(120).default(2), {
    unit: 'frames/s',
    reason:
      'Least asked of a camera, still or under load: at 2 an event on a still scene is seen within half a second.',
  }),
  fpsMax: key(z.number().min(0.1).max(120).default(10), {
    unit: 'frames/s',
    reason: 'Most asked of a camera; its own rate where that is lower.',
  }),
  adaptiveSampling: key(z.boolean().default(true), {
    reason: 'Asks a camera whose scene is still for fpsMin only, and for fpsMax as soon as something moves.',
  }),
  queueDelayMsMax: key(z.number().min(1).max(60_000).nullable().default(null), {
    unit: 'ms',
    reason: 'Waiting for the device past which the rates handed out are cut; a fifth of the deadline where not set.',
  }),
  priorities: z
    .strictObject({
      critical: key(z.array(z.string().min(1).max(64)).max(1_000).default([]), {
        reason: 'Ids of cameras, * for any letters, that get twice the share of a normal one under overload.',
      }),
      low: key(z.array(z.string().min(1).max(64)).max(1_000).default([]), {
        reason: 'Ids of cameras, * for any letters, that get half the share of a normal one, and are shed first.',
      }),
    })
    .prefault({}),
  disobedience: key(z.enum(['shed', 'disconnect']).default('shed'), {
    reason: 'What happens to a camera that keeps sending past its credit: its surplus is shed, or it is disconnected.',
  }),
  disobedientMsMax: key(int(1_000, 3_600_000).default(30_000), {
    unit: 'ms',
    reason: 'With disobedience: disconnect, how long a camera may ignore its credit.',
  }),
  ackDelayMsMax: key(int(0, 10_000).default(100), {
    unit: 'ms',
    reason: 'Acks are cumulative; waiting this long lets one answer several frames.',
  }),
});

const gate = z.strictObject({
  enabled: key(z.boolean().default(true), {
    reason: 'Skips frames of streams on which nothing moved since the last one analysed; HTTP frames are never gated.',
  }),
  lumaDifferenceMin: key(z.number().min(1).max(128).default(6), {
    unit: 'of 255',
    reason: 'Least change of a grid cell that counts as movement; sensor noise averages out below 2.',
  }),
  cellsMin: key(int(1, 1_000).default(2), {
    reason: 'Cells that must change at once: one alone is a flicker.',
  }),
  analyseEveryMsMax: key(int(100, 3_600_000).default(5_000), {
    unit: 'ms',
    reason: 'A still scene is analysed all the same this often, so that what stands in it stays known.',
  }),
});

const overload = z.strictObject({
  climbAfterMs: key(int(250, 600_000).default(3_000), {
    unit: 'ms',
    reason: 'Overload must last this long before the next rung of the ladder: bursts are not overload.',
  }),
  descendAfterMs: key(int(250, 3_600_000).default(10_000), {
    unit: 'ms',
    reason: 'The rung below must have been enough for this long before it is taken.',
  }),
  inputSizes: key(z.array(z.int().min(32).max(2_048)).max(8).nullable().default(null), {
    unit: 'pixels',
    reason:
      'Smaller inputs to fall back to; every one the model has below models.inputSize where not set, [] for none.',
  }),
  retryAfterS: key(int(1, 3_600).default(10), {
    unit: 's',
    reason: 'Retry-After of connections refused on the last rung.',
  }),
});

const memory = z.strictObject({
  reservedBytes: key(int(0, 64 * 1024 ** 3).default(2 * 1024 ** 3), {
    unit: 'bytes',
    reason: 'Of a GPU, left to others: CUDA contexts, cuDNN workspaces, a second process that starts.',
  }),
  shareMax: key(z.number().min(0.1).max(0.99).default(0.9), {
    reason: 'Peak use planned for, as a share of the memory there is; batches that would pass it are not run.',
  }),
  probeAfterMs: key(int(1_000, 86_400_000).default(60_000), {
    unit: 'ms',
    reason:
      'After running out of memory, the next larger batch is tried again this much later; doubled each time it fails.',
  }),
  renewQuietMs: key(int(1_000, 86_400_000).default(300_000), {
    unit: 'ms',
    reason: 'A session whose arena is far above need is made anew after this long with next to no load.',
  }),
});

const quarantine = z.strictObject({
  framesMax: key(int(0, 10_000).default(64), {
    reason: 'Pictures kept on disk that were in flight in two crashes; the oldest makes room.',
  }),
  bytesMax: key(int(0, 16 * 1024 ** 3).default(64 * 1024 ** 2), { unit: 'bytes', reason: 'Their bytes in all.' }),
});

const actors = z.strictObject({
  cameraIdleMs: key(int(1_000, 86_400_000).default(60_000), {
    unit: 'ms',
    reason: 'A camera actor without connection or frames this long is stopped and its ledger folded into its shard.',
  }),
});

const models = z.strictObject({
  dir: key(z.string().min(1).nullable().default(null), {
    reason: 'Where models live; <node.dataDir>/models where not set.',
  }),
  name: key(z.string().min(1).default('centernet'), { reason: 'Model that serves, by name or name@version.' }),
  inputSize: key(int(limits.INPUT_SIDE_MIN, limits.INPUT_SIDE_MAX).multipleOf(limits.INPUT_SIDE_STEP).default(320), {
    unit: 'pixels',
    reason:
      'Side of the square the model sees, one the model has: centernet 224, 320, 416 and 512. 320 is the best a CPU ' +
      'node affords; 512 finds farther objects.',
  }),
  precision: key(z.enum(['auto', 'float32', 'float16', 'int8']).default('auto'), {
    reason:
      'Which graph of the model runs; auto takes what docs/models.md measured fastest at under 1 % of detections lost.',
  }),
  scoreThreshold: key(z.number().min(0).max(1).nullable().default(null), {
    reason: "Detections under this score are not reported; the model's own threshold where not set.",
  }),
});

const cpuDevice = z.strictObject({
  kind: z.literal('cpu'),
  threads: key(int(0, 256).default(0), {
    reason: 'Threads of one session run; 0 takes all cores.',
  }),
  batchMax: key(int(1, limits.BATCH_MAX).default(4), {
    unit: 'frames',
    reason: 'Largest batch warmed and tried; on a CPU batching rarely pays, and each bucket costs start-up time.',
  }),
});

const gpuKinds = z.array(z.enum(['cuda', 'webgpu', 'cpu'])).max(3);

const cudaDevice = z.strictObject({
  kind: z.literal('cuda'),
  deviceId: key(int(0, 63).default(0), { reason: 'Which card, as CUDA numbers them.' }),
  batchMax: key(int(1, limits.BATCH_MAX).default(32), { unit: 'frames', reason: 'Largest batch warmed and tried.' }),
  fallback: key(gpuKinds.default([]), {
    reason: 'Providers tried in this order where CUDA cannot be used, e.g. [webgpu, cpu]; without any the start fails.',
  }),
});

const webgpuDevice = z.strictObject({
  kind: z.literal('webgpu'),
  batchMax: key(int(1, limits.BATCH_MAX).default(8), { unit: 'frames', reason: 'Largest batch warmed and tried.' }),
  fallback: key(gpuKinds.default([]), { reason: 'Providers tried in this order where WebGPU cannot be used.' }),
});

const simulatedDevice = z.strictObject({
  kind: z.literal('simulated'),
  baseMs: key(z.number().min(0).max(60_000).default(5), { unit: 'ms', reason: 'a of t(b) = a + k*b.' }),
  perFrameMs: key(z.number().min(0).max(60_000).default(1), { unit: 'ms', reason: 'k of t(b) = a + k*b.' }),
  noise: key(z.number().min(0).max(1).default(0.05), {
    reason: 'Standard deviation of the run time as a share of it.',
  }),
  batchMax: key(int(1, limits.BATCH_MAX).default(32), { unit: 'frames', reason: 'Largest batch.' }),
  decode: key(z.boolean().default(false), {
    reason: 'Whether pictures are decoded although nothing looks at them.',
  }),
  detections: key(int(0, limits.BOXES_PER_FRAME).default(3), { reason: 'Boxes invented per frame.' }),
  memoryBytes: key(int(1, 1024 ** 4).default(16 * 1024 ** 3), {
    unit: 'bytes',
    reason: 'Memory of the invented card.',
  }),
  sessionBytes: key(int(0, 1024 ** 4).default(64 * 1024 ** 2), { unit: 'bytes', reason: 'What a session takes.' }),
  frameBytes: key(int(0, 1024 ** 4).default(32 * 1024 ** 2), {
    unit: 'bytes',
    reason: 'What each frame of the largest batch adds to its arena, at 320 pixels a side; by area for other sizes.',
  }),
  seed: key(int(0, 0x7fff_ffff).default(1), { reason: 'Seed of noise and invented boxes.' }),
});

const batching = z.strictObject({
  frameDeadlineMs: key(int(1, 60_000).default(250), {
    unit: 'ms',
    reason: 'A frame that cannot be answered this long after reception is shed: 250 on a CPU, 100 on a GPU.',
  }),
  batchDelayMsMax: key(z.number().min(0).max(1_000).default(5), {
    unit: 'ms',
    reason: 'Longest an idle device waits for a larger batch, and only where that pays.',
  }),
  decodersMax: key(int(1, 64).default(4), {
    reason: 'Pictures decoded at once; the node process gets as many libuv threads, 4 at least.',
  }),
  scratchBytesMax: key(int(1024 * 1024, 4 * 1024 * 1024 * 1024).default(128 * 1024 * 1024), {
    unit: 'bytes',
    reason: 'Buffers kept for pictures that must be resized: four of 4K are 100 MB.',
  }),
});

const frames = z.strictObject({
  lastFrameBytesMax: key(int(0, 4 * 1024 * 1024 * 1024).default(32 * 1024 * 1024), {
    unit: 'bytes',
    reason: 'Last pictures kept for GET /v1/cameras/{id}/frame and new watchers, least recently used dropped first.',
  }),
});

const live = z.strictObject({
  watchersMax: key(int(1, limits.WATCHERS_MAX).default(64), { reason: 'Sockets on /v1/live.' }),
  bufferBytesMax: key(int(64 * 1024, 256 * 1024 * 1024).default(2 * 1024 * 1024), {
    unit: 'bytes',
    reason: 'Unsent bytes per watcher; past it pictures are skipped for that watcher and counted.',
  }),
});

const shutdown = z.strictObject({
  graceMs: key(int(100, 60_000).default(limits.GRACE_MS_DEFAULT), {
    unit: 'ms',
    reason: 'From SIGTERM until frames still in flight are counted lost; the parent kills 2.4 s later.',
  }),
});

const debug = z.strictObject({
  faultHooks: key(z.boolean().default(false), {
    reason: 'Opens POST /v1/debug/faults, which breaks things on purpose. For tests.',
  }),
});

export const nodeConfigSchema = z.strictObject({
  node: z
    .strictObject({
      id: key(
        z
          .string()
          .regex(/^[A-Za-z0-9._-]{1,64}$/)
          .default('node-1'),
        { reason: 'Name of this process in the cluster.' },
      ),
      dataDir: key(z.string().min(1).default('data'), {
        reason: 'Folder for models, the crash journal and quarantined pictures, relative to the working directory.',
      }),
    })
    .prefault({}),
  server: server.prefault({}),
  auth: auth.prefault({}),
  ingest: ingest.prefault({}),
  flow: flow.prefault({}),
  gate: gate.prefault({}),
  overload: overload.prefault({}),
  memory: memory.prefault({}),
  quarantine: quarantine.prefault({}),
  cluster: cluster.prefault({}),
  actors: actors.prefault({}),
  models: models.prefault({}),
  devices: key(
    z
      .array(z.discriminatedUnion('kind', [cpuDevice, cudaDevice, webgpuDevice, simulatedDevice]))
      .min(1)
      .max(limits.DEVICES_MAX)
      .prefault([{ kind: 'cpu' }]),
    { reason: 'One entry a device; each gets a thread and a session of its own.' },
  ),
  batching: batching.prefault({}),
  frames: frames.prefault({}),
  analytics: analytics.prefault({}),
  settings: settings.prefault({}),
  alerts: alerts.prefault({}),
  history: history.prefault({}),
  redis: redis.prefault({}),
  live: live.prefault({}),
  telemetry: telemetry.prefault({}),
  shutdown: shutdown.prefault({}),
  debug: debug.prefault({}),
});

/** A whole, valid configuration, with every default filled in. */
export type NodeConfig = z.output<typeof nodeConfigSchema>;
/** What a file or a test may give: everything optional. */
export type NodeConfigInput = z.input<typeof nodeConfigSchema>;
export type DeviceConfig = NodeConfig['devices'][number];
export type CpuDeviceConfig = Extract<DeviceConfig, { kind: 'cpu' }>;
export type CudaDeviceConfig = Extract<DeviceConfig, { kind: 'cuda' }>;
export type WebgpuDeviceConfig = Extract<DeviceConfig, { kind: 'webgpu' }>;
export type SimulatedDeviceConfig = Extract<DeviceConfig, { kind: 'simulated' }>;
