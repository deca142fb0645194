import type { NodeId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { AutoscaleSignal } from '../../shards/autoscale.ts';
import type { ClusterView } from '../../shards/cluster/brain-io.ts';
import type { Order, OrderAnswer } from '../../shards/cluster/messages.ts';
import type { RoundStatus } from '../jobs/port.ts';

/** Who asks for something, for the event log. */
export interface AskedBy {
  readonly who: string;
  readonly why: string;
  /** Address, `cli`. */
  readonly via: string;
}

/** What the API and the CLI see of the cluster; the same on a single node. Any node answers. */
export interface ClusterService {
  readonly node: string;
  readonly name: string;
  /** `local` or `redis`. */
  readonly kind: 'local' | 'redis';
  view(): ClusterView;
  /** Whether this node may serve now, and until when its lease is good, ms from now; null where it needs none. */
  lease(): { readonly held: boolean; readonly islanded: boolean; readonly remainingMs: number | null };
  /**
   * Has the coordinator do it, wherever that is.
   * @returns refused with `no_coordinator` or `local_cluster` where nobody can
   */
  order(order: Order, by: AskedBy): Promise<OrderAnswer>;
  /** What a round would move now; nothing happens. With `drain`: what would leave that node were it cordoned now. */
  plan(drain?: NodeId): readonly PlannedMove[];
  /** Submits a round of these moves, or of what {@link plan} says. @returns its id */
  submitRound(by: AskedBy, moves?: readonly PlannedMove[]): Promise<{ readonly id: string; readonly moves: number }>;
  rounds(limit: number): Promise<readonly RoundStatus[]>;
  cancelRound(id: string, by: AskedBy): Promise<number>;
  /** The cluster's event log, newest first. */
  events(query: { readonly limit: number; readonly before?: string }): Promise<ClusterEventPage>;
  autoscale(): Promise<AutoscaleSignal>;
  /**
   * Asks every living node, itself included, what it knows; a node that does not answer is named, not waited for.
   * @param only these nodes
   */
  gather<T>(question: string, body: unknown, only?: readonly string[]): Promise<Gathered<T>>;
}

export interface Gathered<T> {
  readonly answers: readonly { readonly node: string; readonly answer: T }[];
  readonly missing: readonly { readonly node: string; readonly code: string }[];
}

export interface LoggedClusterEvent {
  /** Place in the log, for paging. */
  readonly id: string;
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly node: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly kind: string;
  readonly message: string;
  /** Of an operator's action. */
  readonly who: string | null;
  readonly why: string | null;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ClusterEventPage {
  readonly items: readonly LoggedClusterEvent[];
  readonly next: string | null;
}

/** Where the cluster's events are kept: `local` (a ring in memory) and `redis` (a stream, capped). */
export interface ClusterEventLog {
  /** Never makes anybody wait; what cannot be kept is counted. */
  append(event: Omit<LoggedClusterEvent, 'id'>): void;
  page(query: { readonly limit: number; readonly before?: string }): Promise<ClusterEventPage>;
  readonly lost: number;
  close(): Promise<void>;
}
