import { cellOf, spawnInto } from './cell.ts';
import { Dispatcher } from './dispatcher.ts';
import { type ActorEnvironment, type AnyCell, type CellParent, guarded } from './environment.ts';
import { AskRefusedError, AskTimeoutError } from './errors.ts';
import { defaultRootStrategy, defaultStrategy } from './supervisor.ts';
import type { ActorRef, ActorSystem, ActorSystemOptions, Props, StopMode } from './types.ts';

/** High enough that an actor's state stays in the CPU's caches for a while, low enough that a flood delays others little. */
const THROUGHPUT_DEFAULT = 64;

/** Starts an actor system; it holds no timer and no thread while nothing is told. */
export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  return new System(options);
}

class System implements ActorSystem {
  readonly #env: ActorEnvironment;
  readonly #roots = new Map<string, AnyCell>();
  readonly #root: CellParent;
  #isShutDown = false;

  constructor(options: ActorSystemOptions) {
    const { onFailure, onDeadLetter, onEscalation } = options;
    this.#env = {
      clock: options.clock,
      dispatcher: new Dispatcher(options.throughput ?? THROUGHPUT_DEFAULT),
      defaultStrategy,
      onFailure: (failure) => guarded(() => onFailure?.(failure)),
      onDeadLetter: (path, message, reason) => {
        if (onDeadLetter !== undefined) guarded(() => onDeadLetter({ path: path(), message, reason }));
      },
      alive: 0,
      queued: 0,
    };
    this.#root = {
      path: '',
      strategy: options.supervisor ?? defaultRootStrategy,
      onChildStopped: (name) => this.#roots.delete(name),
      onEscalated: (failure) => guarded(() => onEscalation?.(failure)),
    };
  }

  get clock() {
    return this.#env.clock;
  }

  get size(): number {
    return this.#env.alive;
  }

  get queued(): number {
    return this.#env.queued;
  }

  spawn<M>(name: string, props: Props<M>): ActorRef<M> {
    if (this.#isShutDown) throw new Error('the actor system is shut down, cannot spawn');
    return spawnInto(this.#roots, this.#env, this.#root, name, props);
  }

  ask<M, R>(ref: ActorRef<M>, make: (reply: (answer: R) => void) => M, timeoutMs: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const message = make((answer) => {
        timer.cancel();
        resolve(answer);
      });
      const timer = this.#env.clock.after(timeoutMs, () => reject(new AskTimeoutError(ref.path, timeoutMs)));
      const result = ref.tell(message);
      if (result === 'accepted') return;
      timer.cancel();
      reject(new AskRefusedError(ref.path, result));
    });
  }

  stop(ref: ActorRef<never>, mode: StopMode = 'now'): Promise<void> {
    return cellOf(ref).halt(mode, 'stopped');
  }

  async shutdown(mode: StopMode): Promise<void> {
    this.#isShutDown = true;
    await Promise.all(Array.from(this.#roots.values(), (root) => root.halt(mode, 'stopped')));
  }
}
