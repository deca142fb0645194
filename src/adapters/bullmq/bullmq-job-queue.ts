import { FlowProducer, type Job, Queue, UnrecoverableError } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import {
  type JobProcessors,
  type JobQueue,
  type JobQueueStats,
  type RoundRequest,
  type RoundStatus,
  UnrecoverableMove,
} from '../../jobs/port.ts';
import { MOVE_RETRIES, MOVES_AT_ONCE, RELIEF_RETRIES, type Retries, ROUNDS_KEPT } from '../../jobs/retries.ts';
import { roundStateOf } from '../../jobs/round-state.ts';
import type { Logger } from '../../telemetry/log.ts';
import { jobConnection } from './job-connection.ts';
import {
  jobsPrefix,
  MOVES,
  type MoveData,
  moveJobId,
  type ReliefData,
  ROUNDS,
  type RoundData,
  type RoundResult,
  reliefJobId,
  roundJobId,
} from './job-names.ts';
import { JobWorker } from './job-worker.ts';
import { readMoves, readRound } from './read-round.ts';

export interface BullmqJobQueueOptions {
  readonly config: NodeConfig['redis'] & { readonly url: string };
  /** The cluster's name. */
  readonly cluster: string;
  /** This node's. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly retries?: Retries;
  readonly movesAtOnce?: number;
  readonly lockMs?: number;
  readonly stalledMs?: number;
  readonly reviveMs?: number;
  /** For one call of this port; a failover takes 3 to 5 s of it. */
  readonly callMsMax?: number;
}

/** Another node begins a dead node's jobs 9 s after its death at the latest, see {@link JobWorker}. */
const LOCK_MS = 5_000;
const STALLED_MS = 2_000;
const REVIVE_MS = 5_000;
const CALL_MS_MAX = 8_000;
/** Rounds whose moves are over, and reliefs, worked on at once by one node. */
const ROUNDS_AT_ONCE = 4;
/** More than a round can have: what is not there any more was cancelled, see read-round.ts. */
const MOVES_KEPT = 5_000;
/** Of BullMQ's own log of what became of jobs, which nobody here reads. */
const EVENTS_KEPT = 1_000;
const ERROR_LOG_MS = 10_000;
const CLOSE_MS_MAX = 800;

const ROUND_STATES = ['waiting-children', 'waiting', 'active', 'delayed', 'completed', 'failed'] as const;

/**
 * Jobs on BullMQ. A round is a flow: its job waits for those of its moves, and is over when each of them is done or has
 * failed for good (`ignoreDependencyOnFailure`: a move that makes no sense any more must not keep a round open, nor fail
 * what is left of it). All of it is idempotent: the same round, move or relief has the same job id, and a move that is
 * begun a second time, after a death or a failover that forgot its end, finds out by itself how far it was.
 *
 * While Redis cannot be reached nothing can be submitted: calls reject with `store_unavailable`, at once or after
 * `callMsMax`. What was sent before that may still be done.
 */
export class BullmqJobQueue implements JobQueue {
  readonly #options: BullmqJobQueueOptions;
  readonly #prefix: string;
  readonly #client: Redis | Cluster;
  readonly #rounds: Queue<RoundData | ReliefData>;
  readonly #moves: Queue<MoveData>;
  readonly #flows: FlowProducer;
  readonly #counts = { submitted: 0, completed: 0, failed: 0, retried: 0, revived: 0 };
  #workers: JobWorker[] = [];
  #closed = false;
  #unlogged = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: BullmqJobQueueOptions) {
    this.#options = options;
    this.#prefix = jobsPrefix(options.cluster);
    this.#client = this.#connect();
    this.#client.on('error', this.#onError);
    const common = { connection: this.#client, prefix: this.#prefix };
    const streams = { events: { maxLen: EVENTS_KEPT } };
    this.#rounds = new Queue(ROUNDS, { ...common, streams });
    this.#moves = new Queue(MOVES, { ...common, streams });
    this.#flows = new FlowProducer(common);
    this.#rounds.on('error', this.#onError);
    this.#moves.on('error', this.#onError);
    this.#flows.on('error', this.#onError);
  }

  async submitRound(round: RoundRequest): Promise<void> {
    const id = roundJobId(round.id);
    const retries = this.#options.retries ?? MOVE_RETRIES;
    const isNew = await this.#call('submit a round', async () => {
      // Its children would be begun anew where they have been forgotten, were the flow added a second time.
      const known = (await this.#rounds.getJob(id)) as Job<RoundData, RoundResult> | undefined;
      if (known !== undefined) {
        if (known.finishedOn === undefined || roundStateOf(known.returnvalue ?? []) !== 'failed') return false;
        await known.remove({ removeChildren: true });
      }
      await this.#flows.add({
        name: 'round',
        queueName: ROUNDS,
        prefix: this.#prefix,
        data: round,
        opts: {
          jobId: id,
          attempts: retries.attemptsMax,
          backoff: { type: 'exponential', delay: retries.backoffMs },
          removeOnComplete: { count: ROUNDS_KEPT },
          removeOnFail: { count: ROUNDS_KEPT },
        },
        children: round.moves.map((move) => ({
          name: 'move',
          queueName: MOVES,
          prefix: this.#prefix,
          data: { roundId: round.id, move } satisfies MoveData,
          opts: {
            jobId: moveJobId(round.id, move),
            attempts: retries.attemptsMax,
            backoff: { type: 'exponential', delay: retries.backoffMs },
            ignoreDependencyOnFailure: true,
            removeOnComplete: { count: MOVES_KEPT },
            removeOnFail: { count: MOVES_KEPT },
          },
        })),
      });
      return true;
    });
    if (isNew) this.#counts.submitted += round.moves.length;
  }

  async submitRelief(relief: ReliefData): Promise<void> {
    await this.#call('submit a relief', () =>
      this.#rounds.add('relieve', relief, {
        jobId: reliefJobId(relief.node),
        attempts: RELIEF_RETRIES.attemptsMax,
        backoff: { type: 'exponential', delay: RELIEF_RETRIES.backoffMs },
        // Once it is over the node may be relieved again.
        removeOnComplete: true,
        removeOnFail: true,
      }),
    );
  }

  rounds(limit: number): Promise<readonly RoundStatus[]> {
    return this.#call('read the rounds', async () => {
      const jobs = (await this.#rounds.getJobs([...ROUND_STATES], 0, limit - 1)) as (Job | undefined)[];
      const newest = jobs
        .filter((job): job is Job<RoundData, RoundResult> => job?.name === 'round')
        .sort((a, b) => b.timestamp - a.timestamp || (a.data.id < b.data.id ? 1 : -1))
        .slice(0, limit);
      return Promise.all(newest.map((job) => readRound(job, this.#moves)));
    });
  }

  cancel(roundId: string): Promise<number> {
    return this.#call('cancel a round', async () => {
      const round = (await this.#rounds.getJob(roundJobId(roundId))) as Job<RoundData> | undefined;
      if (round === undefined || round.finishedOn !== undefined) return 0;
      let cancelled = 0;
      for (const move of round.data.moves) {
        const job = await this.#moves.getJob(moveJobId(roundId, move));
        if (job === undefined || job.attemptsStarted > 0) continue;
        // Refused where somebody has begun it in the meantime.
        await job.remove().then(
          () => cancelled++,
          () => {},
        );
      }
      return cancelled;
    });
  }

  work(processors: JobProcessors): void {
    if (this.#closed || this.#workers.length > 0) return;
    const { node, clock, log, lockMs = LOCK_MS, stalledMs = STALLED_MS, reviveMs = REVIVE_MS } = this.#options;
    const common = {
      prefix: this.#prefix,
      name: node,
      lockMs,
      stalledMs,
      reviveMs,
      clock,
      connect: () => this.#connect(),
      onError: this.#onError,
    };
    const onRevived = (queue: string) => (waiting: number) => {
      this.#counts.revived++;
      log.warn({ queue, waiting }, 'jobs waited and none was taken: worker made anew');
    };
    this.#workers = [
      new JobWorker({
        ...common,
        queue: this.#moves,
        concurrency: this.#options.movesAtOnce ?? MOVES_AT_ONCE,
        process: (job: Job<MoveData>) => processMove(job, processors),
        onRevived: onRevived(MOVES),
        onCompleted: () => this.#counts.completed++,
        onFailed: (last) => this.#counts[last ? 'failed' : 'retried']++,
      }),
      new JobWorker({
        ...common,
        queue: this.#rounds,
        concurrency: ROUNDS_AT_ONCE,
        process: (job: Job) => (job.name === 'round' ? readMoves(job.data, this.#moves) : processors.relieve(job.data)),
        onRevived: onRevived(ROUNDS),
      }),
    ];
  }

  get stats(): JobQueueStats {
    return { ...this.#counts, waiting: this.#workers[0]?.waiting ?? 0 };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = Promise.allSettled([
      ...this.#workers.map((worker) => worker.close()),
      this.#rounds.close(),
      this.#moves.close(),
      this.#flows.close(),
    ]);
    await Promise.race([
      closed,
      new Promise((resolve) => this.#options.clock.after(CLOSE_MS_MAX, () => resolve(null))),
    ]);
    this.#client.disconnect();
  }

  #connect(): Redis | Cluster {
    return jobConnection({ config: this.#options.config, name: `camshard-jobs-${this.#options.node}` });
  }

  /** Commands wait in the client for as long as Redis is away; nobody else has to. */
  async #call<T>(what: string, call: () => Promise<T>): Promise<T> {
    const { clock, callMsMax = CALL_MS_MAX } = this.#options;
    if (this.#closed) throw new CamshardError('store_unavailable', `cannot ${what}: the job queue is closed`);
    let expire = (): void => {};
    const expired = new Promise<never>((_, reject) => {
      expire = () => reject(new CamshardError('store_unavailable', `cannot ${what}: no answer in ${callMsMax} ms`));
    });
    const timer = clock.after(callMsMax, expire);
    try {
      const called = call();
      called.catch(() => {}); // It may still fail after nobody waits for it.
      return await Promise.race([called, expired]);
    } catch (cause) {
      if (cause instanceof CamshardError) throw cause;
      throw new CamshardError('store_unavailable', `cannot ${what}`, { cause });
    } finally {
      timer.cancel();
    }
  }

  /** One failover makes hundreds of these: one line of the log in a while says how many. */
  readonly #onError = (error: Error): void => {
    if (this.#closed) return;
    this.#unlogged++;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#loggedAtMs < ERROR_LOG_MS) return;
    this.#options.log.warn({ err: error, errors: this.#unlogged }, 'job queue error');
    this.#loggedAtMs = nowMs;
    this.#unlogged = 0;
  };
}

async function processMove(job: Job<MoveData>, processors: JobProcessors): Promise<void> {
  const { roundId, move } = job.data;
  try {
    await processors.move(move, {
      roundId,
      // For who looks; the next one says more than one that was lost.
      progress: (step) => void job.updateProgress(step).catch(() => {}),
    });
  } catch (error) {
    if (error instanceof UnrecoverableMove) throw new UnrecoverableError(error.message);
    throw error;
  }
}
