import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { AnalysisServices, CameraPlan, Look } from '../actors/camera-analysis.ts';
import type { CameraRecord } from '../actors/camera-book.ts';
import type { Ownership } from '../actors/ownership.ts';
import type { Findings } from '../analytics/camera-analytics.ts';
import { type CameraSettings, cameraSettingsSchema } from '../config/camera-settings/schema.ts';
import { PAGE_ROWS_MAX } from '../config/limits.ts';
import type { NodeConfig } from '../config/schema.ts';
import type { Alert } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { HistoryRecord } from '../core/history-record.ts';
import type { CameraId, Epoch } from '../core/ids.ts';
import type { EmitEvent } from '../core/node-event.ts';
import type { OpenRedis } from './adapters/redis/open-redis.ts';
import type { DeliveryRight } from './alerts/delivery-right.ts';
import { type OpenAlerts, openAlerts } from './alerts/open-alerts.ts';
import { alertScene } from './alerts/snapshots/alert-scene.ts';
import { drawSnapshot } from './alerts/snapshots/draw-snapshot.ts';
import { SnapshotDesk } from './alerts/snapshots/snapshot-desk.ts';
import { SnapshotStore } from './alerts/snapshots/snapshot-store.ts';
import { checkOnNode } from './check-on-node.ts';
import { CameraStateFiles } from './checkpoints/camera-state-files.ts';
import type { CheckpointStore } from './checkpoints/port.ts';
import { SharedCameraStates } from './checkpoints/shared-camera-states.ts';
import type { NodeCluster } from './cluster/node-cluster.ts';
import type { LastFrames } from './frames/last-frames.ts';
import { openHistory } from './history/open-history.ts';
import type { History } from './history/port.ts';
import { HistoryQueries } from './history/queries/history-queries.ts';
import type { CameraRetention } from './history/retention.ts';
import { alertSnapshotRoutes, SNAPSHOT_QUESTION, snapshotHere } from './http/api/alert-snapshot.ts';
import { historyRoutes } from './http/api/history.ts';
import { settingsRoutes } from './http/api/settings.ts';
import type { Route } from './http/exchange.ts';
import type { LiveHub } from './live/live-hub.ts';
import { AUDIT_QUESTION, answerAudit } from './settings/cluster-audit.ts';
import { openSettings, type Settings } from './settings/open-settings.ts';
import { Taxonomies } from './taxonomies.ts';
import { registerAlerts } from './telemetry/alert-metrics.ts';
import { noCameraFaults, registerAnalysis } from './telemetry/analysis-metrics.ts';
import { registerHistory, registerHistoryQueries } from './telemetry/history-metrics.ts';
import type { Logger } from './telemetry/log.ts';

export interface AnalysisOptions {
  readonly config: NodeConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitEvent;
  readonly live: LiveHub;
  readonly lastFrames: LastFrames;
  /** Which shards are this node's: what was found of others has no effect. */
  readonly ownership: Pick<Ownership, 'mayAct'>;
  /** The nodes that are asked for what all of them know, and what this one answers. */
  readonly nodes: Pick<NodeCluster, 'service' | 'answer'>;
  /** Of a node that is one of several. */
  readonly cluster?: {
    /** Where cameras' states are kept for the next owner; on this machine's disk where absent. */
    readonly checkpoints: CheckpointStore;
    readonly mayDeliver: (alert: Alert) => DeliveryRight;
  };
}

/** What a node does with what it finds: settings that say what to look for, alerts, history. */
export interface Analysis {
  /** For the camera actors; undefined where detections are all that is wanted. */
  readonly services: AnalysisServices | undefined;
  readonly settings: Settings;
  readonly alerts: OpenAlerts;
  readonly snapshots: SnapshotDesk;
  /** Of a node that is one of several. */
  readonly sharedStates: SharedCameraStates | undefined;
  /** Clients of Redis that this opened, by what they are for. */
  readonly redis: Readonly<Record<string, OpenRedis>>;
  /** Undefined where none is kept. */
  readonly history: History | undefined;
  readonly routes: readonly Route[];
  registerMetrics(registry: Registry): void;
  /** Cameras somebody wrote settings for: they are expected to come. */
  expected(): Iterable<CameraId>;
  /** Keeps what is remembered, delivers what can be delivered in time, and ends. Actors must have stopped. */
  close(graceMs: number): Promise<void>;
}

/** Opens what lies beside the frames' way; nothing in it keeps a frame waiting. */
export async function openAnalysis(options: AnalysisOptions): Promise<Analysis> {
  const { config, clock, log, emit, live, lastFrames, nodes } = options;
  const { dataDir } = config.node;
  const taxonomies = await Taxonomies.open(join(dataDir, 'taxonomies'));
  for (const fault of taxonomies.faults)
    log.warn({ file: fault.file, reason: fault.message }, 'a taxonomy is passed over');
  const history = config.history.enabled
    ? await openHistory({
        config: config.history,
        dataDir,
        clock,
        log,
        emit,
        cameraRetention: () => retentionOf(settings),
      })
    : undefined;
  const write = (record: HistoryRecord): void => {
    history?.writer.write(record); // what it cannot take it counts
  };
  const settings = await openSettings({
    config,
    clock,
    log,
    emit,
    onAudit: (entry) => write({ kind: 'audit', entry }),
    check: (document) => [...taxonomies.check(document), ...checkOnNode(document, config)],
  });
  let sharedStates: SharedCameraStates | undefined;
  // A number that is told of must be known to whoever takes the camera over.
  const mayDeliver = (alert: Alert): DeliveryRight => {
    const right = options.cluster?.mayDeliver(alert) ?? 'yes';
    if (right !== 'yes' || alert.state !== 'opened') return right;
    return sharedStates?.isSafe(alert.camera, alert.rule, alert.opening) === false ? 'not_now' : 'yes';
  };
  const alerts = await openAlerts({
    config,
    clock,
    log,
    emit,
    live,
    audit: (entry) => {
      settings.audit.append(entry).catch((error: unknown) => log.error({ err: error }, 'an audit entry is lost'));
      write({ kind: 'audit', entry });
    },
    ...(history && { history: history.writer }),
    ...(options.cluster && { mayDeliver }),
    cluster: nodes.service,
  });
  const store = new SnapshotStore(join(dataDir, 'snapshots'), config.alerts.snapshotBytesMax);
  const snapshots = new SnapshotDesk({
    store,
    draw: drawSnapshot,
    onFault: (step, id, error) => log.warn({ err: error, alert: id, step }, 'no picture for an alert'),
  });
  const ahead = () => alerts.kept();
  sharedStates =
    options.cluster &&
    new SharedCameraStates({
      store: options.cluster.checkpoints,
      clock,
      log,
      everyMs: config.cluster.checkpointMs,
      ahead,
      alertsOf: (camera) => alerts.handOver.checkpoint(camera),
    });
  const states = sharedStates ?? (await CameraStateFiles.open({ dir: join(dataDir, 'states'), clock, log, ahead }));
  const queries =
    history &&
    new HistoryQueries({
      reads: history.reads,
      clock,
      cacheEntries: config.history.cacheEntries,
      cacheMs: config.history.cacheMs,
    });
  const planOf = planner(config, settings, taxonomies);
  const cameraFaults = noCameraFaults();
  for (const [question, answer] of Object.entries(alerts.answers)) nodes.answer(question, answer);
  nodes.answer(AUDIT_QUESTION, answerAudit(settings.audit, config.node.id));
  nodes.answer(SNAPSHOT_QUESTION, (body) => snapshotHere(snapshots, body));

  const onFindings = (record: CameraRecord, epoch: Epoch, findings: Findings, look: Look | undefined): void => {
    const { camera, shard } = record;
    // Somebody else has the camera, or may have it by now: they find the same, and theirs counts.
    if (!options.ownership.mayAct(shard, epoch)) return;
    const origin = { camera, shard, epoch };
    // Alerts first: whatever is wrong with the rest must not cost one.
    const raised = findings.alerts.map((change) => alerts.desk.raise(origin, change));
    for (const event of findings.events) {
      if (event.kind === 'health' && event.state === 'opened') cameraFaults[event.condition]++;
      write({ kind: 'event', origin, event });
    }
    for (const interval of findings.intervals) write({ kind: 'interval', origin, interval });
    for (const object of findings.objects) write({ kind: 'object', origin, model: look?.model ?? '', object });
    for (const alert of raised) {
      if (alert.snapshotPath === null || alert.state !== 'opened') continue;
      // An alert that rose because nothing came is shown with what came last.
      const frame = look?.frame ?? lastFrames.get(camera);
      if (frame === undefined) continue;
      snapshots.take(alert.id, frame.bytes, alertScene(camera, alert, planOf(camera).settings, findings.tracks));
    }
  };

  return {
    services: config.analytics.enabled
      ? {
          planOf,
          states,
          openings: (camera) => alerts.desk.openings(camera),
          raisedBefore: (camera) => alerts.book.ofCamera(camera).map(({ alert }) => alert),
          onFindings: (record, epoch, findings, look) => {
            try {
              onFindings(record, epoch, findings, look);
            } catch (error) {
              // A bug beside the frames' way: it must cost neither the frame its answer nor the camera its tracks.
              log.error({ err: error, camera: record.camera }, 'what was found could not be passed on');
            }
          },
          checkpointMs: sharedStates === undefined ? config.analytics.checkpointMs : config.cluster.checkpointMs,
        }
      : undefined,
    settings,
    alerts,
    snapshots,
    sharedStates,
    redis: { ...(alerts.redis && { alerts: alerts.redis }), ...settings.redis },
    history,
    routes: [
      ...settingsRoutes(settings, nodes.service.kind === 'local' ? undefined : nodes.service.gather),
      ...alerts.routes,
      ...alertSnapshotRoutes({ snapshots, cluster: nodes.service }),
      ...historyRoutes({ queries, onFault: (error) => log.error({ err: error }, 'a question to the history failed') }),
    ],
    registerMetrics: (registry) => {
      registerAnalysis(registry, { snapshots, store, states, cameraFaults });
      registerAlerts(registry, alerts);
      if (history !== undefined) registerHistory(registry, history);
      if (queries !== undefined) registerHistoryQueries(registry, queries);
    },
    expected: () => camerasOf(settings),
    async close(graceMs) {
      // Side by side, as time is short: a picture that takes long to draw must not keep alerts from the disk. What was
      // raised is offered to the outbox at once; checkpoints wait for that by themselves.
      await allEnded([alerts.close(graceMs), states.close(), snapshots.close()], log);
      await allEnded([settings.close()], log);
      queries?.close();
      await history?.close();
    },
  };
}

/** What each camera is for: its own settings, or what the node's configuration has for those without. */
function planner(config: NodeConfig, settings: Settings, taxonomies: Taxonomies): (camera: CameraId) => CameraPlan {
  const plain: CameraSettings = cameraSettingsSchema.parse({ pipeline: config.analytics.pipeline });
  const without: CameraPlan = { settings: plain, taxonomy: undefined, own: false };
  return (camera) => {
    const own = settings.store.get(camera)?.settings;
    if (own === undefined) return without;
    return { settings: own, taxonomy: taxonomies.of(own), own: true };
  };
}

/** Settings read at a stretch before the event loop gets its turn: each may have to be parsed. */
const SLICE = 16;

/** Cameras whose settings have their rows kept for a shorter time. */
async function retentionOf(settings: Settings): Promise<CameraRetention[]> {
  const kept: CameraRetention[] = [];
  let read = 0;
  for (const camera of camerasOf(settings)) {
    if (++read % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    const retention = settings.store.get(camera)?.settings.retention;
    if (retention === undefined) continue;
    if (retention.predictionsDays !== null || retention.eventsDays !== null) kept.push({ camera, ...retention });
  }
  return kept;
}

async function allEnded(endings: readonly Promise<void>[], log: Logger): Promise<void> {
  for (const ended of await Promise.allSettled(endings)) {
    if (ended.status === 'rejected') log.error({ err: ended.reason }, 'could not be closed in good order');
  }
}

/** Cameras with settings of their own. */
function* camerasOf({ store }: Settings): Iterable<CameraId> {
  for (let after = ''; ; ) {
    const page = store.list(after === '' ? { limit: PAGE_ROWS_MAX } : { limit: PAGE_ROWS_MAX, after });
    for (const { camera } of page.items) yield camera;
    if (page.next === null) return;
    after = page.next;
  }
}
