import type { RoundStatus } from '../../jobs/port.ts';
import type { RebalancedAnswer } from '../cluster/answers.ts';
import { type CommandIo, confirm } from '../cluster/command-io.ts';
import { OpsApi, segment } from '../cluster/ops-api.ts';
import type { WaitOptions } from '../cluster/ops-options.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { CodedExit, EXIT } from '../exit.ts';
import { countOf } from '../text/units.ts';
import { NOTHING_TO_MOVE, planTable } from './plan.ts';

export interface RebalanceOptions extends WaitOptions {
  readonly dryRun?: boolean;
  readonly watch?: boolean;
}

/** More moves than this are asked about. */
const MANY_MOVES = 8;

/**
 * Runs `camshard shards rebalance`: what was shown is what is moved.
 * @throws CodedExit refused, unfinished, `round_failed` where not every move came to its end
 */
export async function rebalance(options: RebalanceOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const json = options.json === true;
  const ask = (body: object) => api.send<RebalancedAnswer>('POST', '/v1/cluster/rebalance', body);
  const plan = await ask({ dryRun: true });
  if (plan.moves.length === 0 || options.dryRun === true) {
    if (json) io.print(JSON.stringify(plan, null, 2));
    else io.print(plan.moves.length === 0 ? NOTHING_TO_MOVE : planTable(plan.moves));
    return EXIT.ok;
  }
  if (!json) io.print(planTable(plan.moves));
  if (plan.moves.length > MANY_MOVES) await confirm(io, `${countOf(plan.moves.length, 'shard')} move.`, options.yes);
  const why = options.why === undefined ? {} : { why: options.why };
  const { round, moves } = await ask({ moves: plan.moves, ...why });
  if (round === null || options.watch !== true) {
    if (json) io.print(JSON.stringify({ round, moves }, null, 2));
    else
      io.print(`${round ?? 'no round'}: ${countOf(moves.length, 'move')} submitted; camshard cluster rounds shows it`);
    return EXIT.ok;
  }
  const over = await waitFor<RoundStatus>({
    ...{ io, timeoutS: options.timeout, quiet: json, what: round },
    look: async () => {
      const now = await api.get<RoundStatus>(`/v1/cluster/rounds/${segment(round)}`);
      const isOver = now.state !== 'waiting' && now.state !== 'active';
      return isOver ? { line: roundLine(now), done: now } : { line: roundLine(now) };
    },
  });
  if (json) io.print(JSON.stringify(over, null, 2));
  else io.print(roundLine(over));
  if (over.state === 'completed') return EXIT.ok;
  const faults = over.moves.flatMap(({ shard, error }) => (error === null ? [] : [`shard ${shard}: ${error}`]));
  throw new CodedExit(EXIT.fault, 'round_failed', [`${round} is ${over.state}`, ...faults.slice(0, 5)].join('\n'));
}

/** `round-3: 5 of 12 moved, 4 under way (begun 3, stopped 1), 1 failed`. */
export function roundLine({ id, moves }: RoundStatus): string {
  const inState = (state: RoundStatus['state']): number => moves.filter((m) => m.state === state).length;
  const steps = new Map<string, number>();
  for (const { state, step } of moves) {
    if (state === 'active' && step !== null) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  const active = inState('active');
  const stepText = steps.size === 0 ? '' : ` (${[...steps].map(([step, n]) => `${step} ${n}`).join(', ')})`;
  return [
    `${id}: ${inState('completed')} of ${moves.length} moved`,
    ...(active > 0 ? [`${active} under way${stepText}`] : []),
    ...(inState('failed') > 0 ? [`${inState('failed')} FAILED`] : []),
    ...(inState('cancelled') > 0 ? [`${inState('cancelled')} taken back`] : []),
  ].join(', ');
}
