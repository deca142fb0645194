import type { PlannedMove } from '../../../shards/allocation.ts';
import type { LoggedClusterEvent } from '../../cluster/port.ts';
import type { NodeStats } from '../../http/api/cluster/questions.ts';
import type { clusterStatus, MemberRow, ShardRow } from '../../http/api/cluster/rows.ts';
import type { RoundStatus } from '../../jobs/port.ts';

/** What the API answers, as the operators' commands read it. */

export type ClusterAnswer = ReturnType<typeof clusterStatus>;

export interface NodesAnswer {
  readonly nodes: readonly (NodeStats & { readonly member: MemberRow })[];
  readonly away: readonly { readonly node: string; readonly why: string; readonly member: MemberRow }[];
}

export interface ShardsAnswer {
  readonly version: number;
  readonly shards: readonly ShardRow[];
  readonly missing: readonly string[];
}

export type ShardAnswer = ShardRow & { readonly version: number; readonly cameraIds: readonly string[] };

export interface OrderDone {
  readonly answer: 'done' | 'begun';
}

export interface PlanAnswer {
  readonly moves: readonly PlannedMove[];
}

export interface RebalancedAnswer extends PlanAnswer {
  readonly round: string | null;
}

export interface RoundsAnswer {
  readonly rounds: readonly RoundStatus[];
}

export interface EventsAnswer {
  readonly items: readonly LoggedClusterEvent[];
  readonly next: string | null;
}
