import type { Clock } from '../../core/clock.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ActorFailure, DropReason, StopMode, StopReason, SupervisorStrategy } from './types.ts';
import type { WatchList } from './watch.ts';

/** What all actors of a system share. */
export interface ActorEnvironment {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly defaultStrategy: SupervisorStrategy;
  readonly onFailure: (failure: ActorFailure) => void;
  readonly onDeadLetter: (path: () => string, message: unknown, reason: DropReason) => void;
  alive: number;
  queued: number;
}

/** Whoever started an actor: another one, or the system. */
export interface CellParent {
  readonly path: string;
  readonly strategy: SupervisorStrategy;
  onChildStopped(name: string): void;
  /** A child's failure became this one's own. */
  onEscalated(failure: ActorFailure): void;
}

/** An actor seen by those who do not know its messages. */
export interface AnyCell extends WatchList {
  readonly parent: CellParent;
  readonly hasStopped: boolean;
  halt(mode: StopMode, reason: StopReason): Promise<void>;
}

/** Runs a hook of the user's. What it throws is a bug: it surfaces as uncaught, and the runtime's own state stays whole. */
export function guarded(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
