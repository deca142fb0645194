import type { Job, JobState, Queue } from 'bullmq';
import type { PlannedMove } from '../../../shards/allocation.ts';
import type { RoundStatus } from '../../jobs/port.ts';
import { roundStateOf } from '../../jobs/round-state.ts';
import { type MoveData, moveJobId, type RoundData, type RoundResult } from './job-names.ts';

type MoveStatus = RoundStatus['moves'][number];

/** How a round stands: of one that is over what it left behind, else what its moves say now. */
export async function readRound(job: Job<RoundData, RoundResult>, moves: Queue<MoveData>): Promise<RoundStatus> {
  const { id, why, who } = job.data;
  const statuses = job.finishedOn === undefined ? await readMoves(job.data, moves) : (job.returnvalue ?? []);
  const state = roundStateOf(statuses);
  return {
    id,
    why,
    who,
    submittedAt: job.timestamp,
    // Its moves are over, and somebody is about to write that down.
    state: job.finishedOn === undefined && state !== 'waiting' ? 'active' : state,
    moves: statuses,
  };
}

export const readMoves = ({ id, moves }: RoundData, queue: Queue<MoveData>): Promise<MoveStatus[]> =>
  Promise.all(moves.map((move) => readMove(move, moveJobId(id, move), queue)));

async function readMove(move: PlannedMove, jobId: string, queue: Queue<MoveData>): Promise<MoveStatus> {
  const [job, jobState] = await Promise.all([queue.getJob(jobId), queue.getJobState(jobId)]);
  const state = job === undefined ? 'cancelled' : stateOf(jobState);
  return {
    shard: move.shard,
    from: move.from,
    to: move.to,
    state,
    step: typeof job?.progress === 'string' ? job.progress : null,
    attempts: job?.attemptsStarted ?? 0,
    error: state === 'completed' ? null : (job?.failedReason ?? null),
  };
}

/** Jobs that wait are never removed but by a cancel, so one that is not there was cancelled. */
function stateOf(state: JobState | 'unknown'): MoveStatus['state'] {
  if (state === 'active' || state === 'completed' || state === 'failed') return state;
  return state === 'unknown' ? 'cancelled' : 'waiting';
}
