import type { Clock, Timer } from '../../core/clock.ts';

/** What this node suffers from, right now. */
export interface Suffering {
  /** Devices whose circuit breaker is open. */
  readonly openBreakers: readonly string[];
  /** Its ladder stands on the last rung. */
  readonly onLastRung: boolean;
}

export interface ReliefWatchOptions {
  readonly clock: Clock;
  readonly look: () => Suffering;
  /** Asks the job queue, see {@link JobQueue.submitRelief}. Rejects where nobody can be asked. */
  readonly submit: (why: string) => Promise<void>;
}

const LOOK_MS = 1_000;
/** A breaker closes by itself where its device was only slow for a moment. */
const BREAKER_LASTS_MS = 5_000;
/** The ladder has stepped down as far as it can, and that did not help. */
const LAST_RUNG_LASTS_MS = 60_000;
/** Between asking again while it lasts; whoever relieves sees to it that nobody is relieved too often. */
const AGAIN_MS = 60_000;

/** Asks that something be taken off this node when it has been unable to keep up for long enough. */
export class ReliefWatch {
  readonly #options: ReliefWatchOptions;
  readonly #timer: Timer;
  #breakerSinceMs: number | undefined;
  #rungSinceMs: number | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReliefWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.every(LOOK_MS, () => this.#look());
  }

  close(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const { clock, look, submit } = this.#options;
    const nowMs = clock.nowMs();
    const { openBreakers, onLastRung } = look();
    this.#breakerSinceMs = openBreakers.length > 0 ? (this.#breakerSinceMs ?? nowMs) : undefined;
    this.#rungSinceMs = onLastRung ? (this.#rungSinceMs ?? nowMs) : undefined;
    const broken = this.#breakerSinceMs !== undefined && nowMs - this.#breakerSinceMs >= BREAKER_LASTS_MS;
    const stuck = this.#rungSinceMs !== undefined && nowMs - this.#rungSinceMs >= LAST_RUNG_LASTS_MS;
    if ((!broken && !stuck) || nowMs < this.#notBeforeMs) return;
    this.#notBeforeMs = nowMs + AGAIN_MS;
    const why = broken
      ? `breaker of ${openBreakers.join(', ')} is open`
      : 'on the last rung of its ladder for a minute';
    submit(why).catch(() => {
      this.#notBeforeMs = clock.nowMs() + LOOK_MS; // Nobody was asked.
    });
  }
}
