import type { Clock } from '../../core/clock.ts';

/** What became of a message that was told: overload is an answer, not an exception. */
export type TellResult = 'accepted' | 'full' | 'stopped';

/** The way to an actor. Stays valid across the actor's restarts. */
export interface ActorRef<M> {
  /** `/region/shard-7/cam-1`: unique among the living. */
  readonly path: string;
  tell(message: M): TellResult;
}

/** Frames wait behind control messages, so that a flooded actor still hears that it shall stop. */
export type Lane = 'control' | 'frame';

/** What a full mailbox does: refuse the newcomer, or drop the oldest of the same lane for it. */
export type OverflowPolicy = 'reject' | 'drop-oldest';

export type DropReason = 'full' | 'stopped' | 'failed';

export type StopMode =
  /** Handles what is already in its mailbox, then stops; nothing new is taken. */
  | 'drain'
  /** Stops after the message at hand; the rest becomes dead letters. */
  | 'now';

export type StopReason = 'stopped' | 'failed' | 'parent-stopped';

/** The state and behaviour of one actor: one message at a time, never two at once, a promise included. */
export interface Actor<M> {
  /** Before the first message, and again after each restart (on the new instance). */
  onStart?(): void | Promise<void>;
  receive(message: M): void | Promise<void>;
  /** After the last message; also on the failed instance before a restart. Timers and listeners end here. */
  onStop?(reason: StopReason | 'restarting'): void | Promise<void>;
}

export type Directive = 'restart' | 'stop' | 'escalate';

/** How a parent answers a child's failure. Pure: `decide` is given the error and how often the child failed lately. */
export interface SupervisorStrategy {
  decide(error: unknown, failuresInWindow: number): Directive;
  /** Failures are counted over this long, ms. */
  readonly windowMs: number;
  /** Before the n-th restart within the window (n from 1), ms. */
  backoffMs(n: number): number;
}

export interface Props<M> {
  /** Makes the actor; called again for each restart. */
  readonly create: (context: ActorContext<M>) => Actor<M>;
  /** Messages each lane holds. */
  readonly mailbox: { readonly control: number; readonly frame: number; readonly overflow: OverflowPolicy };
  readonly laneOf: (message: M) => Lane;
  /** How this actor treats failures of its children; the system's default where not given. */
  readonly supervisor?: SupervisorStrategy;
  /**
   * Called for each message this actor never handled (mailbox full, actor stopped, or failed while handling it), so
   * that whoever must count it can. Called before the system's dead-letter handler.
   */
  readonly onDropped?: (message: M, reason: DropReason) => void;
}

export interface ActorContext<M> {
  readonly self: ActorRef<M>;
  readonly clock: Clock;
  /** Starts a child. @throws Error where a living child has that name. */
  spawn<C>(name: string, props: Props<C>): ActorRef<C>;
  /** Stops a child of this actor (and its children first); resolves when it has stopped. */
  stop(child: ActorRef<never>, mode?: StopMode): Promise<void>;
  /** Stops this actor after the message at hand. */
  stopSelf(mode?: StopMode): void;
  /** Tells this actor `message` (control lane, never dropped) once `other` has stopped for good. */
  watch(other: ActorRef<never>, message: M): void;
  unwatch(other: ActorRef<never>): void;
  /** Tells this actor `message` after `delayMs`; cancelled by itself when the actor stops or restarts. */
  schedule(delayMs: number, message: M): { cancel(): void };
  /**
   * Tells this actor `message` whenever nobody told it anything for `idleMs`, what it scheduled itself aside; the sign
   * to passivate. undefined ends it.
   */
  setIdleTimeout(idleMs: number | undefined, message?: M): void;
  /** Runs `promise` aside and tells this actor what came of it. */
  pipe<T>(promise: Promise<T>, onDone: (value: T) => M, onError: (error: unknown) => M): void;
}

export interface DeadLetter {
  readonly path: string;
  readonly message: unknown;
  readonly reason: DropReason;
}

export interface ActorFailure {
  readonly path: string;
  readonly error: unknown;
  readonly directive: Directive;
}

export interface ActorSystemOptions {
  readonly clock: Clock;
  /** Messages one actor handles before others get their turn. */
  readonly throughput?: number;
  /** How failures of root actors are treated; restarts with backoff and then escalation where not given. */
  readonly supervisor?: SupervisorStrategy;
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  readonly onFailure?: (failure: ActorFailure) => void;
  /** A root actor escalated: the process cannot go on as it is. */
  readonly onEscalation?: (failure: ActorFailure) => void;
}

export interface ActorSystem {
  readonly clock: Clock;
  spawn<M>(name: string, props: Props<M>): ActorRef<M>;
  /**
   * Asks an actor a question: `make` builds the message around a reply function.
   * @throws AskTimeoutError after `timeoutMs`, or AskRefusedError where the mailbox took it not.
   */
  ask<M, R>(ref: ActorRef<M>, make: (reply: (answer: R) => void) => M, timeoutMs: number): Promise<R>;
  stop(ref: ActorRef<never>, mode?: StopMode): Promise<void>;
  /** Stops every actor, children before parents, and resolves; rejects nothing. */
  shutdown(mode: StopMode): Promise<void>;
  /** Actors alive, for tests and metrics. */
  readonly size: number;
  /** Messages waiting in all mailboxes. */
  readonly queued: number;
}
