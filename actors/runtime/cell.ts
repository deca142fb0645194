import type { Clock, Timer } from '../../core/clock.ts';
import type { Runnable } from './dispatcher.ts';
import { type ActorEnvironment, type AnyCell, type CellParent, guarded } from './environment.ts';
import { Mailbox } from './mailbox.ts';
import { FailureWindow } from './supervisor.ts';
import { ActorTimers, type TimerHost } from './timers.ts';
import type {
  Actor,
  ActorContext,
  ActorFailure,
  ActorRef,
  Directive,
  DropReason,
  Lane,
  Props,
  StopMode,
  StopReason,
  SupervisorStrategy,
  TellResult,
} from './types.ts';
import { linkWatch, unlinkWatch, type Watch, type Watcher } from './watch.ts';

/** The runtime's side of a reference. @throws Error where it is a stand-in that no runtime made. */
export function cellOf(ref: ActorRef<never>): AnyCell {
  if (!(ref instanceof Cell)) throw new Error(`${ref.path} is not an actor of this runtime`);
  return ref;
}

const NO_TIMER: Timer = { cancel() {} };

/**
 * One actor as the runtime runs it. It is its own reference and its own context, which saves two objects per camera.
 *
 *     new ──► running ──► stopping ──► stopped        failed: restart ─► (children, onStop, backoff) ─► new
 *      ▲         │                                            stop    ─► stopping
 *      └─────────┘ restarted                                  escalate─► stopping, and the parent fails
 *
 * Two flags keep "one at a time": `#scheduled`, while it stands in the dispatcher's line or runs, and `#busy`, while a
 * promise of its own (receive, onStart, restart, stop) is pending. It takes a turn only where both are clear.
 *
 * A restart begins afresh: children are stopped, timers and watches end. The mailbox stays, and what was piped arrives.
 */
export class Cell<M> implements ActorRef<M>, ActorContext<M>, Runnable, CellParent, AnyCell, TimerHost<M>, Watcher {
  readonly parent: CellParent;
  firstWatch: Watch | undefined;
  readonly #env: ActorEnvironment;
  readonly #name: string;
  readonly #props: Props<M>;
  readonly #mailbox: Mailbox<M>;
  #actor: Actor<M> | undefined;
  #phase: 'new' | 'running' | 'restarting' | 'stopping' | 'stopped' = 'new';
  #scheduled = false;
  #busy = false;
  #stopMode: StopMode | undefined;
  #stopReason: StopReason = 'stopped';
  // The rest is absent in most actors most of the time.
  #children: Map<string, AnyCell> | undefined;
  #timers: ActorTimers<M> | undefined;
  #watching: Map<AnyCell, Watch> | undefined;
  #failures: FailureWindow | undefined;
  #pendingFailure: { readonly error: unknown } | undefined;
  #endBackoff: (() => void) | undefined;
  #stopped: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(env: ActorEnvironment, parent: CellParent, name: string, props: Props<M>) {
    this.#env = env;
    this.parent = parent;
    this.#name = name;
    this.#props = props;
    this.#mailbox = new Mailbox(props.mailbox);
    env.alive++;
    this.#wake();
  }

  // ---- reference

  /** Put together when asked for: thousands of strings that only logs need would double an idle actor. */
  get path(): string {
    return `${this.parent.path}/${this.#name}`;
  }

  tell(message: M): TellResult {
    if (this.#stopMode !== undefined) {
      this.#drop(message, 'stopped');
      return 'stopped';
    }
    const lane = this.#props.laneOf(message);
    if (!this.#mailbox.offer(lane, message)) return this.#overflow(lane, message);
    this.#env.queued++;
    this.#timers?.touch();
    this.#wake();
    return 'accepted';
  }

  #overflow(lane: Lane, message: M): TellResult {
    if (this.#props.mailbox.overflow === 'reject') {
      this.#drop(message, 'full');
      return 'full';
    }
    const oldest = this.#mailbox.takeFrom(lane);
    this.#mailbox.force(lane, message);
    this.#timers?.touch();
    this.#drop(oldest, 'full');
    return 'accepted';
  }

  // ---- context

  get self(): ActorRef<M> {
    return this;
  }

  get clock(): Clock {
    return this.#env.clock;
  }

  spawn<C>(name: string, props: Props<C>): ActorRef<C> {
    if (this.#phase !== 'running') throw new Error(`${this.path} is ${this.#phase}, cannot spawn`);
    this.#children ??= new Map();
    return spawnInto(this.#children, this.#env, this, name, props);
  }

  stop(child: ActorRef<never>, mode: StopMode = 'now'): Promise<void> {
    const cell = cellOf(child);
    if (cell.parent !== this) throw new Error(`${child.path} is no child of ${this.path}`);
    return cell.halt(mode, 'stopped');
  }

  stopSelf(mode: StopMode = 'now'): void {
    void this.halt(mode, 'stopped');
  }

  watch(other: ActorRef<never>, message: M): void {
    if (!this.#isOpen) return;
    const target = cellOf(other);
    if (target.hasStopped) {
      this.#enqueueOwn('control', message);
      return;
    }
    this.#watching ??= new Map();
    const known = this.#watching.get(target);
    if (known === undefined) this.#watching.set(target, linkWatch(target, this, message));
    else known.message = message;
  }

  unwatch(other: ActorRef<never>): void {
    const target = cellOf(other);
    const watch = this.#watching?.get(target);
    if (watch === undefined) return;
    unlinkWatch(watch);
    this.#watching?.delete(target);
  }

  schedule(delayMs: number, message: M): Timer {
    if (!this.#isOpen) return NO_TIMER;
    this.#timers ??= new ActorTimers<M>(this.#env.clock, this);
    return this.#timers.schedule(delayMs, message);
  }

  setIdleTimeout(idleMs: number | undefined, message?: M): void {
    if (idleMs === undefined || !this.#isOpen) {
      this.#timers?.clearIdle();
      return;
    }
    if (message === undefined) throw new Error('setIdleTimeout needs a message to tell');
    this.#timers ??= new ActorTimers<M>(this.#env.clock, this);
    this.#timers.setIdle(idleMs, message);
  }

  pipe<T>(promise: Promise<T>, onDone: (value: T) => M, onError: (error: unknown) => M): void {
    const map = (make: () => M): void => {
      let message: M;
      try {
        message = make();
      } catch (error) {
        this.#failLater(error);
        return;
      }
      this.deliver(message);
    };
    promise.then(
      (value) => map(() => onDone(value)),
      (error: unknown) => map(() => onError(error)),
    );
  }

  /** Whether what the actor arranges now can still come back to this instance of it. */
  get #isOpen(): boolean {
    return this.#phase === 'running' && this.#stopMode === undefined;
  }

  // ---- turns

  get isBusy(): boolean {
    return this.#busy || this.#scheduled;
  }

  get hasStopped(): boolean {
    return this.#phase === 'stopped';
  }

  run(limit: number): number {
    let handled = 0;
    while (!this.#busy) {
      if (this.#pendingFailure !== undefined) {
        const { error } = this.#pendingFailure;
        this.#pendingFailure = undefined;
        this.#fail(error);
      } else if (this.#stopMode === 'now') {
        void this.#terminate();
      } else if (this.#phase === 'new') {
        handled++;
        this.#start();
      } else if (this.#mailbox.isEmpty) {
        if (this.#stopMode === undefined) break;
        void this.#terminate();
      } else {
        if (handled >= limit) break;
        handled++;
        this.#env.queued--;
        this.#handle(this.#mailbox.take());
      }
    }
    this.#scheduled = false;
    if (!this.#mailbox.isEmpty) this.#wake();
    return handled;
  }

  #wake(): void {
    if (this.#scheduled || this.#busy || this.#phase === 'stopped') return;
    this.#scheduled = true;
    this.#env.dispatcher.submit(this);
  }

  #start(): void {
    this.#phase = 'running';
    let started: void | Promise<void>;
    try {
      this.#actor = this.#props.create(this);
      started = this.#actor.onStart?.();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (isPromise(started)) {
      this.#busy = true;
      started.then(
        () => this.#resume(),
        (error: unknown) => this.#resume(() => this.#fail(error)),
      );
    }
  }

  #handle(message: M): void {
    let result: void | Promise<void>;
    try {
      result = (this.#actor as Actor<M>).receive(message); // running, hence created
    } catch (error) {
      this.#failAt(message, error);
      return;
    }
    if (isPromise(result)) {
      this.#busy = true;
      result.then(
        () => this.#resume(),
        (error: unknown) => this.#resume(() => this.#failAt(message, error)),
      );
    }
  }

  #resume(first?: () => void): void {
    this.#busy = false;
    first?.();
    this.#wake();
  }

  /** A message of its own arranging (timer, pipe): past the mailbox's bound, since its number is bounded by the actor. */
  deliver(message: M): void {
    this.#enqueueOwn(this.#props.laneOf(message), message);
  }

  onWatchedStopped(watch: Watch): void {
    this.#watching?.delete(watch.target as AnyCell);
    this.#enqueueOwn('control', watch.message as M);
  }

  #enqueueOwn(lane: Lane, message: M): void {
    if (this.#stopMode !== undefined) {
      this.#drop(message, 'stopped');
      return;
    }
    this.#mailbox.force(lane, message);
    this.#env.queued++;
    this.#wake();
  }

  #drop(message: M, reason: DropReason): void {
    const { onDropped } = this.#props;
    if (onDropped !== undefined) guarded(() => onDropped(message, reason));
    this.#env.onDeadLetter(() => this.path, message, reason);
  }

  // ---- failure

  get strategy(): SupervisorStrategy {
    return this.#props.supervisor ?? this.#env.defaultStrategy;
  }

  onEscalated(failure: ActorFailure): void {
    this.#failLater(failure.error);
  }

  /** Fails once the message at hand is done. */
  #failLater(error: unknown): void {
    if (this.#phase === 'running' && this.#pendingFailure === undefined) {
      this.#pendingFailure = { error };
      this.#wake();
    } else {
      // One failure is being dealt with already: this one gets no answer of its own, but is told of.
      this.#report(error, this.#phase === 'stopping' || this.#phase === 'stopped' ? 'stop' : 'restart');
    }
  }

  #report(error: unknown, directive: Directive): ActorFailure {
    const failure: ActorFailure = { path: this.path, error, directive };
    this.#env.onFailure(failure);
    return failure;
  }

  #reportPending(directive: Directive): void {
    if (this.#pendingFailure !== undefined) this.#report(this.#pendingFailure.error, directive);
    this.#pendingFailure = undefined;
  }

  #failAt(message: M, error: unknown): void {
    this.#drop(message, 'failed');
    this.#fail(error);
  }

  #fail(error: unknown): void {
    const { strategy } = this.parent;
    let answer: { readonly directive: Directive; readonly backoffMs: number } = { directive: 'stop', backoffMs: 0 };
    // Who was to stop anyway is not started again.
    if (this.#stopMode === undefined) {
      this.#failures ??= new FailureWindow();
      const failures = this.#failures.count(this.#env.clock.nowMs(), strategy.windowMs);
      guarded(() => {
        answer = { directive: strategy.decide(error, failures), backoffMs: strategy.backoffMs(failures) };
      });
    }
    const failure = this.#report(error, answer.directive);
    if (failure.directive === 'restart') {
      void this.#restart(answer.backoffMs);
      return;
    }
    if (failure.directive === 'escalate') this.parent.onEscalated(failure);
    this.#stopMode = 'now';
    this.#stopReason = 'failed';
    void this.#terminate();
  }

  async #restart(backoffMs: number): Promise<void> {
    this.#phase = 'restarting';
    this.#busy = true;
    this.#reportPending('restart');
    this.#quiesce();
    await this.#close('now', 'restarting');
    // Whoever asks it to stop meanwhile does not wait the backoff out: a drain starts it at once, to empty the mailbox.
    if (backoffMs > 0 && this.#stopMode === undefined) await this.#backoff(backoffMs);
    this.#phase = 'new';
    this.#resume();
  }

  #backoff(backoffMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#env.clock.after(backoffMs, () => this.#endBackoff?.());
      this.#endBackoff = () => {
        timer.cancel();
        this.#endBackoff = undefined;
        resolve();
      };
    });
  }

  // ---- end

  halt(mode: StopMode, reason: StopReason): Promise<void> {
    if (this.#phase === 'stopped') return Promise.resolve();
    if (this.#stopMode === undefined) {
      this.#stopMode = mode;
      this.#stopReason = reason;
      this.#quiesce();
    } else if (mode === 'now') {
      this.#stopMode = 'now';
      if (this.#phase === 'stopping')
        for (const child of this.#children?.values() ?? []) void child.halt('now', 'parent-stopped');
    }
    this.#stopped ??= deferred();
    this.#endBackoff?.();
    this.#wake();
    return this.#stopped.promise;
  }

  async #terminate(): Promise<void> {
    this.#phase = 'stopping';
    this.#busy = true;
    this.#reportPending('stop');
    this.#quiesce();
    while (!this.#mailbox.isEmpty) {
      this.#env.queued--;
      this.#drop(this.#mailbox.take(), 'stopped');
    }
    await this.#close(this.#stopMode ?? 'now', this.#stopReason);
    this.#phase = 'stopped';
    this.#env.alive--;
    this.parent.onChildStopped(this.#name);
    while (this.firstWatch !== undefined) {
      const watch = this.firstWatch;
      unlinkWatch(watch);
      watch.watcher.onWatchedStopped(watch);
    }
    this.#stopped?.resolve();
  }

  /** Ends children, then the instance. */
  async #close(childMode: StopMode, reason: StopReason | 'restarting'): Promise<void> {
    if (this.#children !== undefined) {
      await Promise.all(Array.from(this.#children.values(), (child) => child.halt(childMode, 'parent-stopped')));
    }
    const actor = this.#actor;
    this.#actor = undefined;
    try {
      await actor?.onStop?.(reason);
    } catch (error) {
      this.#report(error, reason === 'restarting' ? 'restart' : 'stop');
    }
  }

  /** Ends what could still bring messages. */
  #quiesce(): void {
    this.#timers?.cancelAll();
    for (const watch of this.#watching?.values() ?? []) unlinkWatch(watch);
    this.#watching = undefined;
  }

  onChildStopped(name: string): void {
    this.#children?.delete(name);
  }
}

/** Starts an actor among its siblings. @throws Error where a living one has that name, or the name is none. */
export function spawnInto<C>(
  siblings: Map<string, AnyCell>,
  env: ActorEnvironment,
  parent: CellParent,
  name: string,
  props: Props<C>,
): ActorRef<C> {
  if (name === '' || name.includes('/')) throw new Error(`'${name}' cannot name an actor`);
  if (siblings.has(name)) throw new Error(`${parent.path}/${name} is alive already`);
  const cell = new Cell(env, parent, name, props);
  siblings.set(name, cell);
  return cell;
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((r) => {
    resolve = r;
  });
  return { promise, resolve };
}

function isPromise(value: void | Promise<void>): value is Promise<void> {
  return typeof value === 'object' && value !== null && typeof value.then === 'function';
}
