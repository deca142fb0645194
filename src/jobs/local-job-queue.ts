import type { Clock, Timer } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { Logger } from '../telemetry/log.ts';
import {
  type JobProcessors,
  type JobQueue,
  type JobQueueStats,
  type RoundRequest,
  type RoundStatus,
  UnrecoverableMove,
} from './port.ts';
import { backoffAfter, MOVE_RETRIES, MOVES_AT_ONCE, RELIEF_RETRIES, type Retries, ROUNDS_KEPT } from './retries.ts';
import { roundStateOf } from './round-state.ts';

export interface LocalJobQueueOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly retries?: Retries;
  readonly movesAtOnce?: number;
}

type MoveStatus = RoundStatus['moves'][number];

/** A job, and what becomes of it. */
interface Job {
  readonly retries: Retries;
  readonly run: (processors: JobProcessors) => Promise<void>;
  /** Each time it is begun. */
  readonly begun: (attempt: number) => void;
  readonly ended: (error: unknown) => void;
  readonly retried: (error: unknown) => void;
  attempts: number;
}

interface Round {
  readonly request: RoundRequest;
  readonly submittedAt: number;
  readonly moves: MoveEntry[];
}

interface MoveEntry {
  readonly planned: PlannedMove;
  readonly job: Job;
  state: MoveStatus['state'];
  step: string | null;
  error: string | null;
}

/** Jobs of a single node: in this process, and gone with it. */
export class LocalJobQueue implements JobQueue {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #retries: Retries;
  readonly #movesAtOnce: number;
  readonly #rounds = new Map<string, Round>();
  readonly #relieving = new Set<string>();
  readonly #timers = new Set<Timer>();
  #ready: Job[] = [];
  #running = 0;
  #processors: JobProcessors | undefined;
  #closed = false;
  readonly #counts = { submitted: 0, completed: 0, failed: 0, retried: 0 };

  constructor({ clock, log, retries = MOVE_RETRIES, movesAtOnce = MOVES_AT_ONCE }: LocalJobQueueOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#retries = retries;
    this.#movesAtOnce = movesAtOnce;
  }

  async submitRound(request: RoundRequest): Promise<void> {
    const known = this.#rounds.get(request.id);
    if (this.#closed || (known !== undefined && roundStateOf(known.moves) !== 'failed')) return;
    this.#rounds.delete(request.id); // so that it is the newest
    const moves = request.moves.map((planned) => this.#moveOf(request.id, planned));
    this.#rounds.set(request.id, { request, submittedAt: this.#clock.wallMs(), moves });
    this.#forget();
    this.#counts.submitted += moves.length;
    for (const { job } of moves) this.#ready.push(job);
    this.#pump();
  }

  async submitRelief(relief: { readonly node: string; readonly why: string }): Promise<void> {
    if (this.#closed || this.#relieving.has(relief.node)) return;
    this.#relieving.add(relief.node);
    this.#ready.push({
      retries: RELIEF_RETRIES,
      attempts: 0,
      run: (processors) => processors.relieve(relief),
      begun: () => {},
      retried: () => {},
      ended: (error) => {
        this.#relieving.delete(relief.node);
        if (error !== undefined) this.#log.warn({ err: error, peer: relief.node }, 'a node could not be relieved');
      },
    });
    this.#pump();
  }

  async rounds(limit: number): Promise<readonly RoundStatus[]> {
    return [...this.#rounds.values()].reverse().slice(0, limit).map(statusOf);
  }

  async cancel(roundId: string): Promise<number> {
    let cancelled = 0;
    for (const move of this.#rounds.get(roundId)?.moves ?? []) {
      if (move.state !== 'waiting' || move.job.attempts > 0) continue;
      move.state = 'cancelled';
      this.#ready = this.#ready.filter((job) => job !== move.job);
      cancelled++;
    }
    return cancelled;
  }

  work(processors: JobProcessors): void {
    this.#processors = processors;
    this.#pump();
  }

  get stats(): JobQueueStats {
    return { ...this.#counts, revived: 0, waiting: this.#ready.length + this.#timers.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = [];
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #moveOf(roundId: string, planned: PlannedMove): MoveEntry {
    const entry: MoveEntry = {
      planned,
      state: 'waiting',
      step: null,
      error: null,
      job: {
        retries: this.#retries,
        attempts: 0,
        run: (processors) =>
          processors.move(planned, {
            roundId,
            progress: (step) => {
              entry.step = step;
            },
          }),
        begun: () => {
          entry.state = 'active';
        },
        retried: (error) => {
          this.#counts.retried++;
          entry.state = 'waiting';
          entry.error = errorMessage(error);
        },
        ended: (error) => {
          entry.state = error === undefined ? 'completed' : 'failed';
          entry.error = error === undefined ? null : errorMessage(error);
          this.#counts[entry.state]++;
        },
      },
    };
    return entry;
  }

  #pump(): void {
    while (!this.#closed && this.#processors !== undefined && this.#running < this.#movesAtOnce) {
      const job = this.#ready.shift();
      if (job === undefined) return;
      void this.#run(job, this.#processors);
    }
  }

  async #run(job: Job, processors: JobProcessors): Promise<void> {
    this.#running++;
    job.attempts++;
    job.begun(job.attempts);
    try {
      await job.run(processors);
      job.ended(undefined);
    } catch (error) {
      if (error instanceof UnrecoverableMove || job.attempts >= job.retries.attemptsMax) job.ended(error ?? 'failed');
      else this.#retry(job, error);
    } finally {
      this.#running--;
      this.#pump();
    }
  }

  #retry(job: Job, error: unknown): void {
    job.retried(error);
    if (this.#closed) return;
    const timer = this.#clock.after(backoffAfter(job.retries, job.attempts), () => {
      this.#timers.delete(timer);
      this.#ready.push(job);
      this.#pump();
    });
    this.#timers.add(timer);
  }

  /** The oldest rounds that are over, past what is kept. */
  #forget(): void {
    for (const [id, { moves }] of this.#rounds) {
      if (this.#rounds.size <= ROUNDS_KEPT) return;
      const state = roundStateOf(moves);
      if (state !== 'waiting' && state !== 'active') this.#rounds.delete(id);
    }
  }
}

function statusOf({ request, submittedAt, moves }: Round): RoundStatus {
  return {
    id: request.id,
    why: request.why,
    who: request.who,
    submittedAt,
    state: roundStateOf(moves),
    moves: moves.map(({ planned, state, step, error, job }) => ({
      shard: planned.shard,
      from: planned.from,
      to: planned.to,
      state,
      step,
      attempts: job.attempts,
      error,
    })),
  };
}
