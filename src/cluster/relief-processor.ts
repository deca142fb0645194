import type { Clock } from '../../core/clock.ts';
import { nodeId } from '../../core/ids.ts';
import type { ClusterView } from '../../shards/cluster/brain-io.ts';
import { planRelief } from '../../shards/relief.ts';
import type { JobProcessors, JobQueue } from '../jobs/port.ts';
import type { Logger } from '../telemetry/log.ts';

export interface ReliefProcessorOptions {
  readonly view: () => ClusterView;
  readonly jobs: Pick<JobQueue, 'submitRound' | 'rounds'>;
  readonly movesPerRound: number;
  readonly clock: Clock;
  readonly log?: Logger;
}

/** What a relief did shows by then; nobody is relieved twice within it. */
const AGAIN_MS = 5 * 60_000;
/** Rounds looked through for an earlier relief. */
const ROUNDS_LOOKED_AT = 50;

/**
 * Takes shards off a node that cannot keep up, as a round of its own. Any node may be asked to, so what was done lately
 * is read from the rounds; two that are asked in the same five minutes submit the same round.
 */
export function reliefProcessor(options: ReliefProcessorOptions): JobProcessors['relieve'] {
  const { view, jobs, movesPerRound, clock, log } = options;
  return async ({ node, why }) => {
    const nowMs = clock.wallMs();
    const who = `relief of ${node}`;
    const rounds = await jobs.rounds(ROUNDS_LOOKED_AT);
    if (rounds.some((round) => round.who === who && nowMs - round.submittedAt < AGAIN_MS)) return;
    const { map, members } = view();
    const alive = members.filter((member) => member.alive).map(({ info }) => info);
    const moves = planRelief({ map, alive, node: nodeId(node), movesMax: movesPerRound });
    if (moves.length === 0) {
      log?.warn({ peer: node, why }, 'a node cannot keep up, and no other can take anything off it');
      return;
    }
    await jobs.submitRound({ id: `relief-${node}-${Math.floor(nowMs / AGAIN_MS)}`, why, who, moves });
  };
}
