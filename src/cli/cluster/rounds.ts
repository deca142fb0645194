import type { RoundStatus } from '../../jobs/port.ts';
import { EXIT } from '../exit.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { countOf, moment } from '../text/units.ts';
import type { RoundsAnswer } from './answers.ts';
import type { CommandIo } from './command-io.ts';
import { OpsApi, segment } from './ops-api.ts';
import type { ActionOptions, OpsOptions } from './ops-options.ts';

/** Runs `camshard cluster rounds`. */
export async function listRounds(options: OpsOptions, io: CommandIo): Promise<number> {
  const answer = await new OpsApi(options, io).get<RoundsAnswer>('/v1/cluster/rounds');
  if (options.json === true) io.print(JSON.stringify(answer, null, 2));
  else io.print(answer.rounds.length === 0 ? 'no rounds' : roundTable(answer.rounds));
  return EXIT.ok;
}

/** Runs `camshard cluster cancel`. */
export async function cancelRound(id: string, options: ActionOptions, io: CommandIo): Promise<number> {
  const api = new OpsApi(options, io);
  const { cancelled } = await api.send<{ readonly cancelled: number }>('DELETE', `/v1/cluster/rounds/${segment(id)}`);
  if (options.json === true) io.print(JSON.stringify({ round: id, cancelled }));
  else io.print(`${countOf(cancelled, 'move')} of ${id} taken back; what had begun goes on`);
  return EXIT.ok;
}

function roundTable(rounds: readonly RoundStatus[]): string {
  const rows = rounds.map(({ id, submittedAt, state, who, why, moves }) => [
    id,
    moment(submittedAt),
    state,
    `${moves.filter((m) => m.state === 'completed').length} of ${moves.length}`,
    who,
    why,
  ]);
  return stdoutTable(['ROUND', 'SUBMITTED', 'STATE', 'MOVED', 'WHO', 'WHY'], rows, { states: [2], optional: [4] });
}
