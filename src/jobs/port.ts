import type { PlannedMove } from '../../shards/allocation.ts';

/**
 * Work of the control plane that has to survive whoever began it: rounds of moves, relief of a node, retention. Frames
 * never pass through here. Adapters: `local` (in this process) and `bullmq`; one contract suite.
 */
export interface JobQueue {
  /** A round and its moves, as a flow. The same id twice is one round. */
  submitRound(round: RoundRequest): Promise<void>;
  /** Asks that something be taken off a node: its breaker opened, or it stays on its last rung. Once per node at a time. */
  submitRelief(relief: { readonly node: string; readonly why: string }): Promise<void>;
  /** Newest first. */
  rounds(limit: number): Promise<readonly RoundStatus[]>;
  /** Takes back what has not begun. @returns moves taken back */
  cancel(roundId: string): Promise<number>;
  /** Begins to work; several nodes may, each job is worked on by one of them at a time. */
  work(processors: JobProcessors): void;
  readonly stats: JobQueueStats;
  /** Ends; a job under way is left for others. */
  close(): Promise<void>;
}

export interface RoundRequest {
  readonly id: string;
  readonly why: string;
  readonly who: string;
  readonly moves: readonly PlannedMove[];
}

export interface JobProcessors {
  /**
   * Sees one move through: begins it where it has not begun, and resolves when the shard runs at its new owner. Called
   * again after a failure or a crash, so idempotent. Throws to be called again later; throws UnrecoverableMove where
   * the move makes no sense any more.
   */
  readonly move: (
    move: PlannedMove,
    context: { readonly roundId: string; progress(step: string): void },
  ) => Promise<void>;
  readonly relieve: (relief: { readonly node: string; readonly why: string }) => Promise<void>;
}

/** The move makes no sense any more: its node is gone, or the shard is elsewhere by now. */
export class UnrecoverableMove extends Error {}

export interface RoundStatus {
  readonly id: string;
  readonly why: string;
  readonly who: string;
  /** ms since the Unix epoch. */
  readonly submittedAt: number;
  readonly state: 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled';
  readonly moves: readonly {
    readonly shard: number;
    readonly from: string | null;
    readonly to: string;
    readonly state: 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled';
    /** begun, sealed, stopped, started. */
    readonly step: string | null;
    readonly attempts: number;
    readonly error: string | null;
  }[];
}

export interface JobQueueStats {
  readonly submitted: number;
  readonly completed: number;
  readonly failed: number;
  readonly retried: number;
  /** Times the watchdog made the worker anew. */
  readonly revived: number;
  readonly waiting: number;
}
