import { join } from 'node:path';
import type { NodeConfig } from '../../config/schema.ts';
import { type Clock, systemClock, type Timer } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { OpenSegment } from '../adapters/segment-log/segment-file.ts';
import type { Logger } from '../telemetry/log.ts';
import { AsideFile } from './aside-file.ts';
import { DatabaseBreaker } from './database-breaker.ts';
import { Drain } from './drain.ts';
import { HistoryError, isAvailability } from './history-error.ts';
import type { History, HistoryNotice, HistoryStatus } from './port.ts';
import { Primary } from './primary.ts';
import { ReadPool } from './read-pool.ts';
import { type CameraRetention, RetentionDays } from './retention.ts';
import { type Servers, serversOf } from './servers.ts';
import { Spool } from './spool.ts';
import type { HistoryDb } from './tables.ts';
import { Upkeep } from './upkeep.ts';
import { type BatchOutcome, cursorOf, type HistoryFence, raiseShardFences } from './write-batch.ts';

export interface HistoryOptions {
  readonly config: NodeConfig['history'];
  /** The node's `dataDir`: spool, embedded database and records put aside go to `<dataDir>/history`. */
  readonly dataDir: string;
  readonly clock?: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly emit?: (notice: HistoryNotice) => void;
  /** Cameras that keep their rows for a shorter time than the node. */
  readonly cameraRetention?: () => Promise<readonly CameraRetention[]>;
  /** For tests: other files under the spool, other servers. */
  readonly openSegment?: OpenSegment;
  readonly rollupDelayMs?: number;
}

/** What is under way may take this much longer at the end. */
const STOP_MS = 500;
/** A database that cannot be reached is one line in the log at most this often. */
const LOG_AGAIN_MS = 60_000;
const FLUSH_POLL_MS = 10;
/** Failures in a row, of whatever kind, after which the database is called down. */
const BUSY_TRIES = 3;
/** Whether records were given up is looked at this often. */
const DROP_WATCH_MS = 10_000;

/**
 * Opens the history: the spool at once, the database in the background, for as long as it takes. Records are taken from
 * the first moment; questions are answered with `history_unavailable` until the database is there.
 * @throws FolderLockedError where another process has the spool; the file system's errors
 */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { config, dataDir, clock = systemClock, log } = options;
  const dir = join(dataDir, 'history');
  const spool = await Spool.open({
    dir: join(dir, 'spool'),
    clock,
    bytesMax: config.spoolBytesMax,
    onFault: (error) => log.error({ err: error }, "the history's spool cannot be written"),
    openSegment: options.openSegment,
  });
  return new OpenHistory(options, spool, serversOf(config, dir, clock), new AsideFile(join(dir, 'aside.ndjson')));
}

class OpenHistory implements History {
  readonly writer: Spool;
  readonly reads: ReadPool;
  readonly #o: HistoryOptions;
  readonly #clock: Clock;
  readonly #servers: Servers;
  readonly #primary: Primary;
  readonly #drain: Drain;
  readonly #upkeep: Upkeep;
  readonly #aside: AsideFile;
  readonly #writes: DatabaseBreaker;
  readonly #counts = { stored: 0, stale: 0, aside: 0, rows: 0, transactions: 0, failures: 0 };
  readonly #refused: Record<string, number> = {};
  readonly #opening: Promise<void>;
  #named = false;
  #up: boolean | undefined;
  #lastError: string | null = null;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #behindSinceMs: number | undefined;
  #failuresInRow = 0;
  #droppedBefore = 0;
  readonly #dropWatch: Timer;
  #retry: { readonly timer: Timer; readonly done: () => void } | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: HistoryOptions, spool: Spool, servers: Servers, aside: AsideFile) {
    const { config, clock = systemClock } = options;
    this.#o = options;
    this.#clock = clock;
    this.#servers = servers;
    this.#aside = aside;
    this.writer = spool;
    const retention = new RetentionDays({
      predictions: config.predictionsDays,
      events: config.eventsDays,
      metrics: config.metricsDays,
      audit: config.auditDays,
    });
    this.#primary = new Primary({ server: servers.write, clock, retention, tracksLsn: servers.replicas.length > 0 });
    this.#writes = new DatabaseBreaker(clock);
    this.reads = new ReadPool({
      ...{ clock, primary: servers.read, replicas: servers.replicas, replicaLagMsMax: config.replicaLagMsMax },
      breaker: new DatabaseBreaker(clock),
      isOpened: () => this.#primary.opened,
      lsn: () => this.#primary.lsn,
      onTight: (server, { busy, max, waiting }) =>
        this.#notice({
          kind: 'history_pool_tight',
          severity: 'warning',
          message: `${busy} of ${max} connections to ${server} are in use, ${waiting} callers wait`,
          data: { server, busy, max, waiting },
        }),
    });
    this.#drain = new Drain({
      ...{ clock, reader: spool.reader, breaker: this.#writes },
      ...{ batchRowsMax: config.batchRowsMax, batchDelayMsMax: config.batchDelayMsMax },
      refusal: ({ r }) => this.#primary.refusal(r),
      write: async (records) => {
        await this.#nameSpool();
        return await this.#primary.write(spool.id, records);
      },
      onOutcome: (outcome) => this.#wrote(outcome),
      onRefused: (reason) => {
        this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
      },
      onAside: (record, error) => this.#putAside(record, error),
      onRescued: (records) => spool.rescued(records),
      onFailure: (error) => this.#failed(error),
    });
    this.#upkeep = new Upkeep({
      ...{ clock, primary: this.#primary, retention, rollupDelayMs: options.rollupDelayMs },
      cameraRetention: options.cameraRetention ?? (async () => []),
      onFailure: (error) => this.#log(error, "the history's upkeep failed, and is tried again"),
    });
    this.#drain.start();
    this.#upkeep.start();
    this.reads.start();
    this.#dropWatch = clock.every(DROP_WATCH_MS, () => this.#watchDrops());
    this.#opening = this.#open();
  }

  async change<T>(
    fn: (tx: HistoryDb) => Promise<T>,
  ): Promise<{ readonly result: T; readonly lsn: string | undefined }> {
    if (!this.#primary.opened) throw new HistoryError('history_unavailable', 'the database is not open yet');
    const result = await this.#primary.change(fn);
    return { result, lsn: this.#primary.lsn };
  }

  async raiseFences(fences: readonly HistoryFence[]): Promise<void> {
    const atMs = this.#clock.wallMs();
    await this.change((tx) => raiseShardFences(tx, fences, atMs));
  }

  status(): HistoryStatus {
    const { stored, stale, aside, rows, transactions, failures } = this.#counts;
    const { reader, bytes, accepted, dropped } = this.writer;
    const servers = this.reads.status();
    const { write, read } = this.#servers;
    if (write !== read) servers.splice(1, 0, this.#writeStatus());
    const state = this.#up === undefined ? 'opening' : this.#up ? 'ready' : 'down';
    return {
      state: this.#closed !== undefined ? 'closed' : state,
      servers,
      breaker: this.#writes.kind,
      spool: { bytes, bytesMax: this.#o.config.spoolBytesMax, records: reader.behind },
      records: { accepted, stored, stale, aside, dropped: { ...dropped, ...this.#refused } },
      rowsWritten: rows,
      transactions,
      writeFailures: failures,
      delayMs: this.#delayMs(),
      lastError: this.#lastError,
    };
  }

  async flush(timeoutMs: number): Promise<void> {
    const { accepted } = this.writer;
    const { reader } = this.writer;
    const untilMs = this.#clock.nowMs() + timeoutMs;
    // Records on their way to the disk are not behind the reader yet.
    const arrived = () => this.writer.appended >= accepted;
    while (reader.behind > 0 || !arrived()) {
      if (this.#clock.nowMs() >= untilMs) {
        throw new HistoryError('history_timeout', `${reader.behind} records still wait for the database`);
      }
      await new Promise<void>((resolve) => this.#clock.after(FLUSH_POLL_MS, resolve));
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#dropWatch.cancel();
    this.#retry?.timer.cancel();
    this.#retry?.done();
    const stopped = Promise.all([this.#drain.stop(), this.#upkeep.stop(), this.#opening]);
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#clock.after(STOP_MS, resolve);
    });
    await Promise.race([stopped, late]);
    timer?.cancel();
    // Whatever still waits for an answer is told now.
    await Promise.all([this.#servers.write.close(), this.#servers.read.close(), this.reads.close()]);
    await stopped;
    await this.writer.close();
    await this.#drain.ended;
  }

  /** Opens the database ahead of the first record, so that questions are answered on a quiet node, too. */
  async #open(): Promise<void> {
    while (this.#closed === undefined && !this.#primary.opened) {
      try {
        await this.#primary.open();
        this.#isUp();
      } catch (error) {
        if (this.#closed !== undefined) return;
        this.#failed(error);
        await this.#wait(this.#writes.failed());
      }
    }
  }

  async #nameSpool(): Promise<void> {
    if (this.#named) return;
    await this.#primary.open();
    if ((await cursorOf(this.#primary.db, this.writer.id)) >= this.writer.end) await this.writer.rename();
    this.#named = true;
  }

  #wrote({ stored, stale, rows, written }: BatchOutcome): void {
    this.#counts.stored += stored;
    this.#counts.stale += stale;
    this.#counts.rows += rows;
    this.#counts.transactions++;
    this.#behindSinceMs = undefined;
    this.#isUp();
    if (written !== undefined) this.reads.written(written);
  }

  #isUp(): void {
    this.#failuresInRow = 0;
    if (this.#up === true) return;
    const before = this.#up;
    this.#up = true;
    this.#lastError = null;
    this.#loggedAtMs = Number.NEGATIVE_INFINITY;
    if (before === undefined) this.#o.log.info({ records: this.writer.reader.behind }, 'the history is open');
    else {
      this.#notice({
        kind: 'history_up',
        severity: 'info',
        message: `the history's database is back, ${this.writer.reader.behind} records wait for it`,
        data: { records: this.writer.reader.behind },
      });
    }
  }

  #failed(error: unknown): void {
    this.#counts.failures++;
    this.#failuresInRow++;
    this.#lastError = errorMessage(error);
    this.#behindSinceMs ??= this.#clock.nowMs();
    this.#log(error, 'records cannot be written into the history, and wait');
    // One that is busy is not gone, unless it goes on like that.
    if (this.#up === false || (!isAvailability(error) && this.#failuresInRow < BUSY_TRIES)) return;
    this.#up = false;
    this.#notice({
      kind: 'history_down',
      severity: 'warning',
      message: `the history's database does not take records: ${errorMessage(error)}`,
      data: { records: this.writer.reader.behind },
    });
  }

  #watchDrops(): void {
    const { dropped } = this.writer;
    const now = Object.values(dropped).reduce((a, b) => a + b, 0);
    const fresh = now - this.#droppedBefore;
    this.#droppedBefore = now;
    if (fresh <= 0) return;
    this.#notice({
      kind: 'history_records_dropped',
      severity: 'warning',
      message: `${fresh} records were given up: the spool or its disk is full`,
      data: { records: fresh, ...dropped },
    });
  }

  async #putAside(record: Parameters<AsideFile['keep']>[0], error: string): Promise<void> {
    this.#counts.aside++;
    this.#o.log.error({ record: record.r?.kind, reason: error }, 'the database refuses a record: it was put aside');
    if (this.#counts.aside === 1) {
      this.#notice({
        kind: 'history_record_aside',
        severity: 'warning',
        message: `the database refuses a record, see history/aside.ndjson: ${error}`,
        data: { kind: String(record.r?.kind) },
      });
    }
    await this.#aside.keep(record, error).catch((fault: unknown) => this.#log(fault, 'it could not be kept either'));
  }

  #writeStatus(): HistoryStatus['servers'][number] {
    const { write } = this.#servers;
    const { max, open, busy, waiting, acquireTimeouts } = write.pool();
    return {
      ...{ name: write.name, kind: write.kind, up: this.#up === true, error: this.#lastError, lagMs: null },
      ...{ connectionsMax: max, connectionsOpen: open, connectionsBusy: busy, waiting, acquireTimeouts },
    };
  }

  #delayMs(): number {
    return this.#behindSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#behindSinceMs;
  }

  #notice(notice: HistoryNotice): void {
    this.#o.emit?.(notice);
  }

  #log(error: unknown, what: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#loggedAtMs < LOG_AGAIN_MS) return;
    this.#loggedAtMs = nowMs;
    this.#o.log.warn({ err: error, records: this.writer.reader.behind }, what);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#retry = { done: resolve, timer: this.#clock.after(ms, resolve) };
    });
  }
}
