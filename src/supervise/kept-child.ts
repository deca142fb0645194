import type { Clock, Timer } from '../../core/clock.ts';
import { type ChildMessage, parseChildMessage } from './protocol.ts';
import { decideRestart, type RestartLimits } from './restart-policy.ts';
import { SilenceWatch, WATCH_MS } from './silence-watch.ts';

/** A running process, as far as its keeper cares; a test's may be no process at all. */
export interface ChildPort {
  readonly pid: number | undefined;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also where the process could not be started. */
  onExit(listener: (exit: ChildExit) => void): void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One child of those kept, after its end. */
export interface EndedChild {
  readonly pid: number | undefined;
  readonly exit: ChildExit;
  /** Nobody had asked it to end, and it had not said that it would. */
  readonly unexpected: boolean;
}

/** How keeping a child ended. */
export type KeptEnd =
  /** It was asked to stop, by us or directly, and did; `killed` where it had to be made to. */
  | { readonly kind: 'stopped'; readonly exit: ChildExit; readonly killed: boolean }
  /** It never became ready. */
  | { readonly kind: 'gave_up'; readonly exit: ChildExit; readonly why: string };

export interface KeptChildOptions {
  readonly name: string;
  readonly start: () => ChildPort;
  readonly limits: RestartLimits;
  /** From SIGTERM to SIGKILL. */
  readonly stopMsMax: number;
  readonly clock: Clock;
  readonly ready: (url: string) => void;
  readonly log: (line: string) => void;
  /** A ready child that says nothing for longer than this is killed and started again; never where not given. */
  readonly silenceMsMax?: number;
  /** Called for each child that has ended, before the next is started. Must not throw. */
  readonly childEnded?: (ended: EndedChild) => void;
}

/** From a child's `fatal` to SIGKILL: a native call may hold it where even exiting hangs. */
const FATAL_MS_MAX = 1_500;

/**
 * Keeps one child process running until told to stop.
 *
 *     start ─► running ── exit 0, nobody asked ──► stopped
 *       ▲        │  └──── killed, crashed ───────► waiting ─┐
 *       └────────┼────────────────◄────────────────── delay ┘
 *                └─ stop(): SIGTERM … SIGKILL ───► stopped
 */
export class KeptChild {
  readonly #options: KeptChildOptions;
  readonly #ended: Promise<KeptEnd>;
  #resolve: (end: KeptEnd) => void = () => {};
  #child: ChildPort | undefined;
  #timer: Timer | undefined;
  #watch: SilenceWatch | undefined;
  #watchTimer: Timer | undefined;
  #startedAtMs = 0;
  #readyAtMs: number | undefined;
  #everReady = false;
  #deathsInARow = 0;
  #fatal: Extract<ChildMessage, { kind: 'fatal' }> | undefined;
  #stopping = false;
  #killed = false;

  constructor(options: KeptChildOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What {@link run} resolves to. */
  get ended(): Promise<KeptEnd> {
    return this.#ended;
  }

  /** Starts the child and keeps it; resolves when it has ended for good. */
  run(): Promise<KeptEnd> {
    this.#start();
    return this.#ended;
  }

  /** Asks the child to end; after `stopMsMax` it is killed. Stopping twice does nothing. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#timer?.cancel();
    this.#endWatch();
    const child = this.#child;
    if (child === undefined) {
      this.#resolve({ kind: 'stopped', exit: { code: 0, signal: null }, killed: false });
      return;
    }
    child.kill('SIGTERM');
    const { clock, stopMsMax, name, log } = this.#options;
    this.#timer = clock.after(stopMsMax, () => {
      log(`${name} has not stopped within ${stopMsMax} ms; killing it`);
      this.kill();
    });
  }

  /** Ends the child at once, without its leave. */
  kill(): void {
    this.#killed = true;
    this.#child?.kill('SIGKILL');
  }

  #start(): void {
    const { start, clock } = this.#options;
    this.#startedAtMs = clock.nowMs();
    this.#readyAtMs = undefined;
    this.#fatal = undefined;
    const child = start();
    this.#child = child;
    child.onMessage((message) => this.#onMessage(child, message));
    child.onExit((exit) => this.#onExit(child, exit));
  }

  #onMessage(child: ChildPort, raw: unknown): void {
    const message = parseChildMessage(raw);
    if (child !== this.#child || message === undefined) return;
    const { clock, ready } = this.#options;
    // Whatever it says, its main loop turns.
    this.#watch?.heard(clock.nowMs());
    if (message.kind === 'alive') return;
    if (message.kind === 'ready') {
      this.#readyAtMs = clock.nowMs();
      this.#everReady = true;
      this.#beginWatch(child);
      ready(message.url);
      return;
    }
    this.#fatal = message;
    if (this.#stopping) return;
    this.#timer?.cancel();
    this.#timer = clock.after(FATAL_MS_MAX, () => child.kill('SIGKILL'));
  }

  /** From being ready until it stops or ends: a start may take minutes, and a stop has a limit of its own. */
  #beginWatch(child: ChildPort): void {
    const { clock, silenceMsMax, name, log } = this.#options;
    if (silenceMsMax === undefined || this.#stopping || this.#watch !== undefined) return;
    const watch = new SilenceWatch(silenceMsMax, clock.nowMs());
    this.#watch = watch;
    this.#watchTimer = clock.every(WATCH_MS, () => {
      if (!watch.look(clock.nowMs())) return;
      this.#endWatch();
      log(`${name} has said nothing for ${silenceMsMax} ms; killing it`);
      child.kill('SIGKILL');
    });
  }

  #endWatch(): void {
    this.#watchTimer?.cancel();
    this.#watchTimer = undefined;
    this.#watch = undefined;
  }

  #onExit(child: ChildPort, exit: ChildExit): void {
    if (child !== this.#child) return;
    const { clock, limits, name, log, childEnded } = this.#options;
    this.#child = undefined;
    this.#timer?.cancel();
    this.#endWatch();
    childEnded?.({ pid: child.pid, exit, unexpected: !this.#stopping && this.#fatal === undefined });
    if (this.#stopping || exit.code === 0) {
      this.#resolve({ kind: 'stopped', exit, killed: this.#killed });
      return;
    }
    const nowMs = clock.nowMs();
    const stable = this.#readyAtMs !== undefined && nowMs - this.#readyAtMs >= limits.stableMs;
    this.#deathsInARow = stable ? 1 : this.#deathsInARow + 1;
    const why = this.#fatal?.message ?? describeExit(exit);
    // A node that says itself that it cannot start (port taken, model broken) is not tried again: the answer would be
    // the same. One that has served before is: the port may be free again in a moment.
    const decision =
      this.#fatal !== undefined && !this.#everReady
        ? ({ kind: 'give_up' } as const)
        : decideRestart({ everReady: this.#everReady, deathsInARow: this.#deathsInARow }, limits);
    if (decision.kind === 'give_up') {
      this.#resolve({ kind: 'gave_up', exit, why });
      return;
    }
    const when = decision.delayMs === 0 ? 'at once' : `in ${decision.delayMs} ms`;
    const afterS = ((nowMs - this.#startedAtMs) / 1_000).toFixed(1);
    log(`${name} ended after ${afterS} s (${why}); starting it again ${when}`);
    if (decision.delayMs === 0) this.#start();
    else this.#timer = clock.after(decision.delayMs, () => this.#start());
  }
}

export function describeExit({ code, signal }: ChildExit): string {
  return signal === null ? `exit code ${code}` : signal;
}
