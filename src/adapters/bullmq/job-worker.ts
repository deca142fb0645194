import { type Job, type Queue, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Clock, Timer } from '../../../core/clock.ts';

export interface JobWorkerOptions {
  readonly queue: Queue;
  readonly prefix: string;
  /** As BullMQ's list of workers shows it. */
  readonly name: string;
  readonly concurrency: number;
  /** A worker that does not renew its lock of a job for so long is taken for dead ... */
  readonly lockMs: number;
  /** ... by a look each so often: another one begins the job after `lockMs` + 2 of these at the latest. */
  readonly stalledMs: number;
  /** With jobs waiting, room for them, and nothing happening for so long, the worker is made anew. */
  readonly reviveMs: number;
  readonly clock: Clock;
  /** For each worker one of its own: what has to be made anew is often the connection. */
  readonly connect: () => Redis | Cluster;
  readonly process: (job: Job) => Promise<unknown>;
  readonly onError: (error: Error) => void;
  readonly onRevived: (waiting: number) => void;
  /** `last`: it is not tried again. */
  readonly onFailed?: (last: boolean) => void;
  readonly onCompleted?: () => void;
}

/** Looks of the watchdog in `reviveMs`. */
const LOOKS = 5;
/** For jobs that only wait for another attempt: longer than the longest pause between two, 8 s. */
const DELAYED_MS = 15_000;
/** Seconds an idle worker waits for a job in one call: a connection that died without a word is found out after it. */
const DRAIN_DELAY_S = 2;
/** After a call that failed because the connection did; BullMQ's own 15 s is as long as a hand-off may take. */
const RETRY_MS = 1_000;
/** Times a job may lose its worker. Rolling restarts and failovers come in rows; it is bounded by its attempts anyway. */
const STALLS_MAX = 20;

/**
 * A BullMQ worker, with a watchdog over it: there were ever new ways in which one stopped taking jobs after a failover
 * without a word (taskforcesh/bullmq issues 648, 2466, 3185, 4138, 4585).
 */
export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #watch: Timer;
  #worker: Worker;
  #connection: Redis | Cluster;
  #running = 0;
  #waiting = 0;
  #looking = false;
  #stirredMs: number;
  #closed = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
    this.#stirredMs = options.clock.nowMs();
    [this.#worker, this.#connection] = this.#start();
    this.#watch = options.clock.every(options.reviveMs / LOOKS, () => void this.#look());
  }

  /** Jobs that wait for a worker, as last seen. */
  get waiting(): number {
    return this.#waiting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.cancel();
    await end(this.#worker, this.#connection);
  }

  #start(): [Worker, Redis | Cluster] {
    const { queue, prefix, name, concurrency, lockMs, stalledMs, process, onError } = this.#options;
    const connection = this.#options.connect();
    connection.on('error', onError);
    this.#running = 0;
    const worker: Worker = new Worker(
      queue.name,
      async (job) => {
        this.#stir(worker, 1);
        try {
          return await process(job);
        } finally {
          this.#stir(worker, -1);
        }
      },
      {
        connection,
        prefix,
        name,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledMs,
        maxStalledCount: STALLS_MAX,
        drainDelay: DRAIN_DELAY_S,
        runRetryDelay: RETRY_MS,
      },
    );
    worker.on('error', onError);
    worker.on('completed', () => this.#options.onCompleted?.());
    worker.on('failed', (job) => this.#options.onFailed?.(job?.finishedOn !== undefined));
    return [worker, connection];
  }

  #stir(worker: Worker, change: 1 | -1): void {
    if (worker !== this.#worker) return;
    this.#running += change;
    this.#stirredMs = this.#options.clock.nowMs();
  }

  async #look(): Promise<void> {
    const { queue, clock, concurrency, reviveMs, onError } = this.#options;
    if (this.#looking) return;
    this.#looking = true;
    try {
      const askedMs = clock.nowMs();
      const { waiting = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'delayed');
      this.#waiting = waiting + delayed;
      const nowMs = clock.nowMs();
      // Redis was away: whatever works has to be given time to find out.
      const away = nowMs - askedMs > reviveMs / LOOKS;
      const patienceMs = waiting > 0 ? reviveMs : Math.max(reviveMs, DELAYED_MS);
      if (away || this.#waiting === 0 || this.#running >= concurrency) this.#stirredMs = nowMs;
      else if (nowMs - this.#stirredMs >= patienceMs) this.#revive();
    } catch (error) {
      if (!this.#closed) onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#looking = false;
    }
  }

  /** What the old one works on goes on, but its end is not heard: the job is begun again once its lock has ended. */
  #revive(): void {
    if (this.#closed) return;
    const [worker, connection] = [this.#worker, this.#connection];
    this.#stirredMs = this.#options.clock.nowMs();
    [this.#worker, this.#connection] = this.#start();
    void end(worker, connection);
    this.#options.onRevived(this.#waiting);
  }
}

/** By force: jobs under way are left to others. What hangs in it is cut off by its connection's end. */
async function end(worker: Worker, connection: Redis | Cluster): Promise<void> {
  const closed = worker.close(true).catch(() => {});
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))]);
  connection.disconnect();
}
