import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeConfig } from '../../config/schema.ts';
import type { Alert } from '../../core/alert.ts';
import type { BreakerSettings } from '../../core/breaker.ts';
import type { Clock } from '../../core/clock.ts';
import type { AuditEntry, HistoryWriter } from '../../core/history-record.ts';
import { nodeId } from '../../core/ids.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import { emptyMap } from '../../shards/cluster/cluster-map.ts';
import { type OpenSinks, openSinks } from '../adapters/alerts/open-sinks.ts';
import { raiseAlertFences, type ShardFence } from '../adapters/alerts/redis-fences.ts';
import { SegmentLog, type SegmentLogStats } from '../adapters/segment-log/segment-log.ts';
import { type AlertCluster, alertRoutes, answerAlerts } from '../http/api/alerts.ts';
import type { Route } from '../http/exchange.ts';
import type { LiveHub } from '../live/live-hub.ts';
import type { Logger } from '../telemetry/log.ts';
import { AlertBook } from './alert-book.ts';
import { AlertDesk, type DeskCounts } from './alert-desk.ts';
import { BookKeeper } from './book-keeper.ts';
import { Delivery, type DeliveryStatus } from './delivery.ts';
import type { DeliveryRight } from './delivery-right.ts';
import { AlertHandOver } from './hand-over.ts';
import { LeftBehind } from './left-behind.ts';
import type { OutboxRecord } from './outbox-record.ts';
import { reportDelivery } from './report-delivery.ts';
import type { AlertSink } from './sink.ts';
import { UNDELIVERED_MAX, Undelivered } from './undelivered.ts';

export interface OpenAlertsOptions {
  readonly config: Pick<NodeConfig, 'node' | 'cluster' | 'alerts' | 'redis'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitEvent;
  readonly live: Pick<LiveHub, 'publish'>;
  /** Where alerts are kept for years; none where the history is off. */
  readonly history?: HistoryWriter;
  /** Notes who acknowledged what; never makes anybody wait. */
  readonly audit: (entry: AuditEntry) => void;
  /** 0 .. 1, for jitter. */
  readonly random?: () => number;
  /** Asked before each delivery, whether this node still owns what the alert is about; always where not given. */
  readonly mayDeliver?: (alert: Alert) => DeliveryRight;
  /** The nodes whose alerts are listed; this one's only where not given. */
  readonly cluster?: AlertCluster;
}

export interface AlertsStatus {
  readonly outbox: SegmentLogStats;
  readonly desk: DeskCounts;
  /** Alerts that wait because the disk takes none. */
  readonly waiting: number;
  readonly open: number;
  readonly sinks: readonly DeliveryStatus[];
  /** Alerts that moved with their cameras. */
  readonly handOver: {
    /** Of other owners, taken over to be delivered here. */
    readonly adopted: number;
    /** Of other owners, known here already. */
    readonly known: number;
    /** Records some sink has not had yet, as far as they are at hand for a hand-over. */
    readonly undelivered: number;
    /** When the oldest of them happened, ms since the Unix epoch; undefined where there is none. */
    readonly oldestAtMs: number | undefined;
    /** Records a hand-over has to take from the outbox, as there were too many. */
    readonly givenUp: number;
    /** Records that wait for the owner of their cameras to take them. */
    readonly leftBehind: number;
    /** Records that were given to the owner of their cameras. */
    readonly handed: number;
    /** Records left behind that no owner will get. */
    readonly leftBehindLost: number;
  };
}

export interface OpenAlerts {
  readonly desk: AlertDesk;
  readonly book: AlertBook;
  /** Alerts that move with their cameras. */
  readonly handOver: AlertHandOver;
  /** What this node may not deliver any more, for the owners of the cameras. */
  readonly leftBehind: Pick<LeftBehind, 'size' | 'pages' | 'doneWith'>;
  /**
   * Makes Redis refuse older owners' alerts from now on.
   * @throws RedisAwayError; ioredis' errors. The first alert of a new owner does the same.
   */
  raiseFences(fences: readonly ShardFence[]): Promise<void>;
  readonly redis: OpenSinks['redis'];
  readonly routes: readonly Route[];
  /** To questions of other nodes, and of the routes. */
  readonly answers: Readonly<Record<string, (body: unknown) => unknown>>;
  status(): AlertsStatus;
  /** Resolves once all that was raised by now is kept: `false` where the disk takes nothing. */
  kept(): Promise<boolean>;
  /**
   * Ends within `graceMs` and a little: keeps what was raised, delivers what sinks take by then. The rest is delivered
   * after the next start.
   */
  close(graceMs: number): Promise<void>;
}

const RETRY_MS_FIRST = 200;
const RETRY_MS_MAX = 10_000;
/** A sink's own time-outs are shorter, except a webhook's, which is configured. */
const ATTEMPT_MS_MIN = 15_000;
/** The outbox keeps what all sinks have had up to this, so that a sink that is added can be given what was. */
const KEEP_SHARE = 1 / 16;
/** Of the outbox's bytes, for what is left behind. */
const LEFT_BEHIND_SHARE = 1 / 16;
const LEFT_BEHIND_BYTES_MIN = 1024 ** 2;
const READ_RECORDS = 1_000;

/**
 * Everything that has to do with alerts leaving the node, in `<dataDir>/alerts`.
 * @throws FolderLockedError where another process writes there; the file system's errors
 */
export async function openAlerts(options: OpenAlertsOptions): Promise<OpenAlerts> {
  const { config, clock, log, emit, random = Math.random } = options;
  const dir = join(config.node.dataDir, 'alerts');
  await mkdir(dir, { recursive: true });
  const book = new AlertBook();
  const keeper = new BookKeeper({ path: join(dir, 'book.ndjson'), book, clock, log });
  await keeper.restore();
  const { sinks, redis } = openSinks(options);
  const outbox = await SegmentLog.open<OutboxRecord>({
    dir: join(dir, 'outbox'),
    clock,
    bytesMax: config.alerts.outboxBytesMax,
    keepBytes: config.alerts.outboxBytesMax * KEEP_SHARE,
    durability: 'fsync',
    positionMin: book.next,
    delayMsMax: config.alerts.fsyncDelayMsMax,
    // The book begins with what is there; a sink that is new begins with what comes.
    readers: [{ name: 'book', start: 'start' }, ...sinks.map(({ name }) => ({ name, start: 'end' }) as const)],
    onFault: (error) => log.error({ err: error }, 'the outbox of alerts cannot be written'),
  }).catch(async (error: unknown) => {
    await closeAll(sinks);
    throw error;
  });
  await keeper.follow(outbox.reader('book'));
  const places = () => sinks.map(({ name }) => ({ name, next: outbox.reader(name).next }));
  const passed = () => places().reduce((least, { next }) => Math.min(least, next), outbox.end);
  const undelivered = new Undelivered(places);
  for await (const page of outbox.pages(Math.max(passed(), outbox.end - UNDELIVERED_MAX), READ_RECORDS)) {
    for (const { position, value } of page) noteUndelivered(undelivered, book, position, value);
  }
  const leftBehind = await LeftBehind.open({
    dir: join(dir, 'left-behind'),
    clock,
    bytesMax: Math.max(LEFT_BEHIND_BYTES_MIN, config.alerts.outboxBytesMax * LEFT_BEHIND_SHARE),
    delayMsMax: config.alerts.fsyncDelayMsMax,
    sinks: places,
    onFault: (error) => log.error({ err: error }, 'alerts for other owners cannot be kept for them'),
  }).catch(async (error: unknown) => {
    await Promise.all([closeAll(sinks), outbox.close()]);
    throw error;
  });
  const desk = new AlertDesk({
    cluster: config.cluster.name,
    node: nodeId(config.node.id),
    clock,
    outbox,
    book,
    onKept: (position, record) => {
      noteUndelivered(undelivered, book, position, record);
      keeper.changed();
    },
    onOutbox: (state) =>
      emit(
        state === 'failing'
          ? {
              severity: 'critical',
              kind: 'outbox_failing',
              message: 'the disk takes no alerts: they wait in memory and reach nobody',
              data: {},
            }
          : { severity: 'info', kind: 'outbox_working', message: 'the disk takes alerts again', data: {} },
      ),
  });
  const handOver = new AlertHandOver({ desk, book, undelivered, outbox, passed, onBook: () => keeper.changed() });
  const deliveries = sinks.map(
    (sink) =>
      new Delivery({
        sink,
        reader: outbox.reader(sink.name),
        clock,
        breaker: breakerOf(config.alerts),
        attemptMsMax: Math.max(
          ATTEMPT_MS_MIN,
          2 * Math.max(0, ...config.alerts.webhooks.map((hook) => hook.timeoutMs)),
        ),
        random,
        onChange: reportDelivery(sink.name, { clock, log, emit }),
        ...(options.mayDeliver && { mayDeliver: options.mayDeliver }),
        hasMoved: (camera, position) => handOver.hasMoved(camera, position),
        setAside: (records) => leftBehind.add(records),
      }),
  );
  for (const delivery of deliveries) delivery.start();

  const status = (): AlertsStatus => ({
    outbox: outbox.stats,
    desk: desk.counts,
    waiting: desk.waiting,
    open: book.openCount,
    sinks: deliveries.map((delivery) => delivery.status),
    handOver: {
      ...handOver.counts,
      undelivered: undelivered.size,
      oldestAtMs: undelivered.oldestAtMs,
      givenUp: undelivered.givenUp,
      leftBehind: leftBehind.size,
      handed: leftBehind.handed,
      leftBehindLost: leftBehind.lost,
    },
  });
  const answers = answerAlerts(config.node.id, { book, desk, status });
  return {
    desk,
    book,
    handOver,
    leftBehind,
    raiseFences: async (fences) => {
      if (redis !== undefined) await raiseAlertFences(redis, config.cluster.name, fences);
    },
    redis,
    routes: alertRoutes({
      cluster: options.cluster ?? onlyThis(config.node.id, answers),
      status,
      clock,
      audit: options.audit,
    }),
    answers,
    status,
    async kept() {
      await outbox.flushed();
      return desk.waiting === 0;
    },
    async close(graceMs) {
      desk.stop();
      await outbox.flushed();
      await Promise.all(deliveries.map((delivery) => delivery.stop(graceMs)));
      await keeper.close();
      await outbox.close();
      await leftBehind.close();
    },
  };
}

/** A node that knows of no others. */
const onlyThis = (node: string, answers: OpenAlerts['answers']): AlertCluster => ({
  node,
  kind: 'local',
  view: () => ({ map: emptyMap(0), members: [], coordinator: null, coordinates: false }),
  gather: async <T>(question: string, body: unknown) => ({
    answers: [{ node, answer: answers[question]?.(body) as T }],
    missing: [],
  }),
});

/** What went to another node with its camera is not this one's to hand over. */
function noteUndelivered(undelivered: Undelivered, book: AlertBook, position: number, record: OutboxRecord): void {
  if (record.kind !== 'alert' && record.kind !== 'acknowledged') return;
  const camera = record.alert?.camera;
  if (camera !== undefined && !book.moved.has(camera, position)) undelivered.add(position, record);
}

const breakerOf = ({ breakerFailures, breakerOpenMs }: NodeConfig['alerts']): BreakerSettings => ({
  failuresMax: breakerFailures,
  openMsFirst: breakerOpenMs,
  openMsMax: breakerOpenMs,
  retryMsFirst: RETRY_MS_FIRST,
  retryMsMax: RETRY_MS_MAX,
});

async function closeAll(sinks: readonly AlertSink[]): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.close()));
}
