import type { PlannedMove } from '../../../shards/allocation.ts';
import type { RoundRequest, RoundStatus } from '../../jobs/port.ts';

/** Rounds, each the parent of its moves, and reliefs. */
export const ROUNDS = 'rounds';
export const MOVES = 'moves';

/** All keys of a cluster's jobs are in one slot: a flow, and BullMQ's scripts, cannot cross slots. */
export const jobsPrefix = (cluster: string): string => `camshard:{${cluster}:jobs}`;

/** BullMQ wants no `:` in ids, and no whole numbers; the same round or move has the same id, so it is one job. */
export const roundJobId = (roundId: string): string => `round-${roundId.replaceAll(':', '.')}`;
export const moveJobId = (roundId: string, move: PlannedMove): string => `${roundJobId(roundId)}-shard-${move.shard}`;
export const reliefJobId = (node: string): string => `relief-${node}`;

export type RoundData = RoundRequest;
export interface MoveData {
  readonly roundId: string;
  readonly move: PlannedMove;
}
export interface ReliefData {
  readonly node: string;
  readonly why: string;
}

/** What a round's job leaves behind when it is over. */
export type RoundResult = RoundStatus['moves'];
