import { LRUCache } from 'lru-cache';
import { CameraBook, type CameraRecord } from '../actors/camera-book.ts';
import { CameraFlow } from '../actors/camera-flow.ts';
import type { DeviceEvent } from '../actors/device-messages.ts';
import { priorityRules } from '../actors/flow/priority-rules.ts';
import { createActorSystem } from '../actors/runtime/system.ts';
import { assertLimits, CAMERAS_MAX, CLOSE_MS_MAX, GOODBYE_MS, KEEP_MS_MAX } from '../config/limits.ts';
import type { NodeConfig } from '../config/schema.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { CamshardError } from '../core/errors.ts';
import type { CameraId, ShardId } from '../core/ids.ts';
import { type LedgerSnapshot, ledgerImbalance } from '../core/ledger.ts';
import type { OverloadStatus } from '../core/overload.ts';
import { createDecoder } from '../models/decode/decoder.ts';
import type { Device } from '../models/device/port.ts';
import { createRing, type Ring } from '../shards/ring.ts';
import { startActors } from './actors.ts';
import { openAnalysis } from './analysis.ts';
import { beyondRepair } from './beyond-repair.ts';
import { NodeLoad } from './cluster/node-load.ts';
import { openCluster } from './cluster/open-cluster.ts';
import { openCrashGuard } from './crash/crash-guard.ts';
import { closeDevices, createDevice, resolveDevices } from './devices.ts';
import { LastFrames } from './frames/last-frames.ts';
import { answerCameras } from './http/api/cameras.ts';
import {
  answerNodeStats,
  answerShardCameras,
  NODE_STATS_QUESTION,
  SHARD_CAMERAS_QUESTION,
} from './http/api/cluster/questions.ts';
import { answerNodeReads } from './http/api/node-reads.ts';
import { answerQuarantine } from './http/api/quarantine.ts';
import { apiRoutes } from './http/api.ts';
import { serveRoute } from './http/exchange.ts';
import { faultRoutes } from './http/fault-hooks.ts';
import { assertAddressFree, createApp, listen } from './http/listen.ts';
import { problemJson, statusLine } from './http/problem.ts';
import { builtPageDir, staticRoutes } from './http/static-files.ts';
import { serveCameraSockets } from './ingest/camera-socket.ts';
import { Ingest } from './ingest/ingest.ts';
import { IngestCounters } from './ingest/ingest-counters.ts';
import { CameraNews } from './live/camera-news.ts';
import { LiveHub } from './live/live-hub.ts';
import { NodeView } from './node-view.ts';
import { overloadStatus } from './overload-status.ts';
import { prepareModel } from './served-model.ts';
import { certificateEndsAtMs } from './telemetry/certificate-end.ts';
import { EventLog } from './telemetry/event-log.ts';
import { LatencyWindow } from './telemetry/latency-window.ts';
import type { Logger } from './telemetry/log.ts';
import { Metrics } from './telemetry/metrics.ts';
import { emitDeviceEvent, emitExpelled, emitRungChange } from './telemetry/report-events.ts';
import { openTraces } from './telemetry/traces/open-traces.ts';

export interface RunningNode {
  readonly url: string;
  readonly port: number;
  /** Resolves once a device is ready for frames. */
  readonly ready: Promise<void>;
  /**
   * Stops: takes nothing new, settles what is in flight within `shutdown.graceMs`, says goodbye, ends every thread.
   * @returns the final ledger, which closes.
   */
  stop(): Promise<LedgerSnapshot>;
}

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly version: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The node cannot go on, and a fresh process might: ends this one. An uncaught exception where not given. */
  readonly onFatal?: (error: Error) => void;
}

/** Cameras that were redirected are gone by then. */
const MOVE_ON_MS = 3_000;
/** Watchers of topic `cluster` hear this often. */
const STATS_MS = 1_000;

/** The composition root: everything a node is made of is made here, and ended in {@link RunningNode.stop}. */
export async function startNode({
  config,
  version,
  log,
  onFatal = rethrow,
  clock = systemClock,
}: NodeOptions): Promise<RunningNode> {
  assertLimits();
  // What most often keeps a node from starting, before there is a thread or a model to undo.
  await assertAddressFree(config.server);
  const app = createApp(config.server);
  const resolved = await resolveDevices(config);
  const served = await prepareModel(config);
  const ring = createRing(config.cluster);
  const shardOf = knownShards(ring);
  const priorityOf = priorityRules(config.flow.priorities);
  const book = new CameraBook({
    clock,
    camerasMax: config.ingest.camerasMax,
    newFlow: (camera) => new CameraFlow(priorityOf(camera), config.flow, config.flow.creditWindow),
  });
  const counters = new IngestCounters();
  const lastFrames = new LastFrames(config.frames.lastFrameBytesMax);
  const latencies = new LatencyWindow();
  const live = new LiveHub(config.live);
  const events = new EventLog({
    clock,
    log,
    onEvent: (event) => live.publish('events', () => ({ type: 'event', node: config.node.id, event })),
  });
  const traces = await openTraces({ config, version, clock, log });
  const guard = openCrashGuard({ config, emit: events.emit, log });
  const cluster = await openCluster({
    config,
    version,
    book,
    clock,
    log,
    emit: events.emit,
    onFatal,
  });
  const analysis = await openAnalysis({
    config,
    clock,
    log,
    emit: events.emit,
    live,
    lastFrames,
    ownership: cluster.ownership,
    nodes: cluster,
    ...(cluster.forAnalysis && { cluster: cluster.forAnalysis }),
  });
  const decoder = createDecoder({
    padValue: served.padValue,
    concurrencyMax: config.batching.decodersMax,
    scratchBytesMax: config.batching.scratchBytesMax,
  });

  let deadLetters = 0;
  const system = createActorSystem({
    clock,
    onDeadLetter: () => deadLetters++,
    onFailure: ({ path, error, directive }) => log.error({ err: error, actor: path, directive }, 'actor failed'),
    onEscalation: ({ path, error }) => {
      log.fatal({ err: error, actor: path }, 'actor failed for good');
      onFatal(new CamshardError('actor_failed', `${path} failed for good`, { cause: error }));
    },
  });

  let becomeReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const onDeviceEvent = (event: DeviceEvent): void => {
    if (event.kind === 'batch-ran') return metrics.observeBatch(event.device, event.size, event.output.computeMs);
    emitDeviceEvent(event, events.emit);
    if (event.kind === 'device-ready') becomeReady();
    if (event.kind === 'device-failed') metrics.countDeviceFailure(event.device);
    const fatal = beyondRepair(views);
    if (fatal !== undefined) onFatal(fatal);
  };
  for (const { id, note } of resolved) if (note !== undefined) log.warn({ device: id }, note);
  const actors = startActors({
    system,
    config,
    devices: resolved.map((device) => {
      const model = served.modelFor(device.chosenKind);
      const create = (): Device => createDevice(device, model, clock);
      return { name: device.id, configuredKind: device.config.kind, model, create };
    }),
    inputSizes: served.inputSizes,
    scoreThreshold: served.scoreThreshold,
    decoder,
    book,
    ring,
    ownership: cluster.ownership,
    relays: cluster.relays,
    journal: guard.journal,
    flowOf: (camera) => ({ priority: priorityOf(camera), range: config.flow }),
    analytics: analysis.services,
    onResult: (record, frame, outcome, latencyMs, findings) => {
      latencies.observe(clock.nowMs(), latencyMs);
      metrics.observeResult(latencyMs, outcome);
      if (live.watches(record.camera)) live.publishFrame(record, frame, outcome, latencyMs, findings);
    },
    onDeviceEvent,
    onRung: (change) => emitRungChange(change, actors.flow, events.emit),
    onExpelled: (camera) => emitExpelled(camera, events.emit),
  });
  const views = actors.devices.map((device) => device.view);
  const overload = (): OverloadStatus => overloadStatus(config.node.id, actors.flow);
  const refusesNew = (): { readonly retryAfterS: number } | undefined =>
    actors.flow.refusesNew ? { retryAfterS: config.overload.retryAfterS } : undefined;
  const metrics = new Metrics({
    clock,
    version,
    node: config.node.id,
    cluster: config.cluster,
    certificateEndsAtMs: certificateEndsAtMs(config.server),
    isReady: () => view.readiness().ready,
    quarantine: guard.quarantine,
    book,
    ingest: counters,
    live: live.counters,
    devices: views,
    actors: system,
    deadLetters: () => deadLetters,
    overload,
    events,
    more: (registry) => {
      analysis.registerMetrics(registry);
      cluster.registerMetrics(registry, analysis.redis);
      traces?.registerMetrics(registry);
    },
  });

  const ingest = new Ingest({
    clock,
    config,
    book,
    ring,
    region: actors.region,
    lastFrames,
    counters,
    quarantine: guard.quarantine,
    tracer: traces?.tracer,
  });
  let leaving = false;
  const isDraining = (): boolean => ingest.draining;
  const isLeaving = (): boolean => leaving || ingest.draining;
  const view = new NodeView({
    clock,
    nodeId: config.node.id,
    book,
    devices: views,
    counters,
    latencies,
    isDraining: isLeaving,
    notReady: cluster.notReady,
    cameraCrashes: (camera) => guard.quarantine.cameraCrashes(camera),
  });

  const access = { token: config.auth.token, allowedOrigins: config.server.allowedOrigins };
  const onSocketFault = (error: unknown): void => log.error({ err: error }, 'a message could not be handled');
  const cameraSockets = serveCameraSockets(app, {
    onFault: onSocketFault,
    ingest,
    region: actors.region,
    counters,
    config,
    access,
    book,
    refusesNew,
    connection: {
      clock,
      counters,
      nodeId: config.node.id,
      ackDelayMsMax: config.flow.ackDelayMsMax,
      badMessagesMax: config.ingest.badMessagesMax,
    },
  });
  live.serve(app, access, isDraining, onSocketFault);
  const models = [
    ...new Map(resolved.map((device) => [device.chosenKind, served.modelFor(device.chosenKind)])).values(),
  ];
  const routes = [
    ...apiRoutes({
      config,
      version,
      view,
      book,
      ingest,
      lastFrames,
      metrics,
      cluster: cluster.service,
      shardOf,
      models,
      counters,
      overload,
      events,
      quarantine: guard.quarantine,
      refusesNew,
    }),
    ...analysis.routes,
    ...(config.debug.faultHooks ? faultRoutes(actors.devices) : []),
    ...staticRoutes(builtPageDir()),
  ];
  for (const route of routes) {
    serveRoute(app, route, access, (error) => log.error({ err: error, route: route.pattern }, 'request failed'));
  }
  app.any('/*', (res) => {
    const body = problemJson(404, 'not_found', 'no such resource');
    res.cork(() => res.writeStatus(statusLine(404)).writeHeader('content-type', 'application/problem+json').end(body));
  });

  const tellSettings = (camera: CameraId, record: CameraRecord | undefined): void => {
    if (record !== undefined) actors.region.tell({ kind: 'settings', camera, record });
  };
  // A camera somebody wrote settings for gets its actor without having come: it is missed where it does not.
  const expect = (camera: CameraId): void => {
    const shard = shardOf(camera);
    if (cluster.ownership.standing(shard).kind === 'owned') tellSettings(camera, book.open(camera, shard));
  };
  analysis.settings.store.onChange(({ camera, settings }) =>
    settings === undefined ? tellSettings(camera, book.get(camera)) : expect(camera),
  );
  answerCameras({ book, view, lastFrames }, cluster.answer);
  answerNodeReads({ overload, events, models }, cluster.answer);
  answerQuarantine(guard.quarantine, cluster.answer);
  cluster.answer(NODE_STATS_QUESTION, () => answerNodeStats(view));
  cluster.answer(SHARD_CAMERAS_QUESTION, (body) => answerShardCameras(book, body));
  cluster.serveLinks(app, onSocketFault);

  const listening = await listen(app, config.server);
  const cameraNews = new CameraNews({ live, cluster: cluster.service, clock });
  const stats = clock.every(STATS_MS, () => {
    live.publish('cluster', () => view.stats());
    cameraNews.tell();
  });
  const load = new NodeLoad({
    clock,
    node: config.node.id,
    devices: views,
    flow: actors.flow,
    latencies,
    inputSizeMax: served.inputSizes[0] ?? 0,
  });
  cluster.join({
    url: listening.url,
    region: actors.region,
    ingest,
    analysis,
    live,
    held: actors.held,
    shardOf,
    load,
    expectCameras: (shards) => {
      for (const camera of analysis.expected()) if (shards.has(shardOf(camera))) expect(camera);
    },
  });
  log.info({ url: listening.url, devices: views.map((v) => v.device), model: served.key }, 'listening');

  async function stop(): Promise<LedgerSnapshot> {
    // Others take the cameras first, while they are served here: nobody waits for this node to be gone.
    leaving = true;
    await within(cluster.leave(), clock, config.cluster.drainMsMax);
    // Those that follow were told where to go: until they have gone, what they still send here is relayed.
    if (cluster.service.kind === 'redis') await settled(() => cameraSockets.following === 0, clock, MOVE_ON_MS);
    ingest.drain();
    listening.close();
    await settled(() => book.inFlight === 0, clock, config.shutdown.graceMs);
    stats.cancel();
    const threads = Promise.all([system.shutdown('now'), decoder.close()]).then(() => {});
    await within(threads, clock, CLOSE_MS_MAX);
    closeDevices(resolved);
    guard.close();
    // Alerts are given a third of it: the history comes behind them and has work of its own.
    const kept = analysis.close(KEEP_MS_MAX / 3);
    const peers = counters.connectionsOpen + live.counters.watchers;
    cameraSockets.goodbye();
    live.goodbye();
    // A socket closed with bytes unread is reset, and its peer loses what was said last: who still sends gets the time
    // to hear goodbye and hang up.
    if (peers > 0) await within(new Promise(() => {}), clock, GOODBYE_MS);
    // Nothing can come in any more: the account is what it will ever be.
    const closed = Promise.all([kept, cluster.closeAccounts()]).then(() => cluster.close());
    // The last spans get the same time: a collector that is away holds nobody up for longer.
    await within(
      Promise.all([closed, traces?.close()]).then(() => {}),
      clock,
      KEEP_MS_MAX,
    );
    app.close();
    const ledger = book.total();
    log.info({ ledger, imbalance: ledgerImbalance(ledger), inFlight: ledger.inFlight }, 'ledger closed');
    return ledger;
  }
  return { url: listening.url, port: listening.port, ready, stop };
}

/** Camera → shard, remembered: a lookup is cheaper than a hash, and alerts and settings ask for all cameras at once. */
function knownShards(ring: Ring): (camera: CameraId) => ShardId {
  const known = new LRUCache<CameraId, ShardId>({ max: 2 * CAMERAS_MAX });
  return (camera) => {
    const shard = known.get(camera) ?? ring.shardOf(camera);
    known.set(camera, shard);
    return shard;
  };
}

function rethrow(error: Error): never {
  throw error;
}

/** Resolves when `isDone`, or after `waitMs`. */
function settled(isDone: () => boolean, clock: Clock, waitMs: number): Promise<void> {
  const untilMs = clock.nowMs() + waitMs;
  return new Promise((resolve) => {
    const timer = clock.every(10, () => {
      if (!isDone() && clock.nowMs() < untilMs) return;
      timer.cancel();
      resolve();
    });
  });
}

/** Waits for `promise`, but no longer than `waitMs`. */
async function within(promise: Promise<void>, clock: Clock, waitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(waitMs, resolve);
    promise.then(resolve, resolve).finally(() => timer.cancel());
  });
}
