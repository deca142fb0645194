import type { Clock, Timer } from '../../core/clock.ts';

/** The actor whose timers these are. */
export interface TimerHost<M> {
  /** Puts a message of its own into its mailbox. */
  deliver(message: M): void;
  /** Whether it handles a message now or has one waiting. */
  readonly isBusy: boolean;
}

interface Idle<M> {
  readonly idleMs: number;
  readonly message: M;
  lastArrivalMs: number;
  timer: Timer;
}

/** The timers of one actor: all end when it stops or restarts. */
export class ActorTimers<M> {
  readonly #clock: Clock;
  readonly #host: TimerHost<M>;
  #scheduled: Set<Timer> | undefined;
  #idle: Idle<M> | undefined;

  constructor(clock: Clock, host: TimerHost<M>) {
    this.#clock = clock;
    this.#host = host;
  }

  schedule(delayMs: number, message: M): Timer {
    this.#scheduled ??= new Set();
    const scheduled = this.#scheduled;
    const inner = this.#clock.after(delayMs, () => {
      scheduled.delete(timer);
      this.#host.deliver(message);
    });
    const timer: Timer = {
      cancel: () => {
        scheduled.delete(timer);
        inner.cancel();
      },
    };
    scheduled.add(timer);
    return timer;
  }

  setIdle(idleMs: number, message: M): void {
    this.clearIdle();
    const lastArrivalMs = this.#clock.nowMs();
    this.#idle = { idleMs, message, lastArrivalMs, timer: this.#clock.after(idleMs, () => this.#onIdleTimer()) };
  }

  clearIdle(): void {
    this.#idle?.timer.cancel();
    this.#idle = undefined;
  }

  /** A message arrived. Only the time is noted: moving a timer at each message would cost more than handling it. */
  touch(): void {
    if (this.#idle !== undefined) this.#idle.lastArrivalMs = this.#clock.nowMs();
  }

  cancelAll(): void {
    this.clearIdle();
    for (const timer of this.#scheduled ?? []) timer.cancel();
  }

  #onIdleTimer(): void {
    const idle = this.#idle;
    if (idle === undefined) return;
    const nowMs = this.#clock.nowMs();
    // Whoever still works is not idle; telling it so would also pile up messages behind a receive that takes long.
    if (this.#host.isBusy) idle.lastArrivalMs = nowMs;
    const dueInMs = idle.lastArrivalMs + idle.idleMs - nowMs;
    const isDue = dueInMs <= 0;
    if (isDue) idle.lastArrivalMs = nowMs;
    idle.timer = this.#clock.after(isDue ? idle.idleMs : dueInMs, () => this.#onIdleTimer());
    if (isDue) this.#host.deliver(idle.message);
  }
}
