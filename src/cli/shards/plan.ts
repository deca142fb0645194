import type { PlannedMove } from '../../../shards/allocation.ts';
import type { PlanAnswer } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi } from '../cluster/ops-api.ts';
import type { OpsOptions } from '../cluster/ops-options.ts';
import { EXIT } from '../exit.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { orDash } from '../text/units.ts';

export const NOTHING_TO_MOVE = 'nothing to move: the shards are where they belong';

/** Runs `camshard shards plan`. */
export async function showPlan(options: OpsOptions, io: CommandIo): Promise<number> {
  const answer = await new OpsApi(options, io).get<PlanAnswer>('/v1/cluster/plan');
  if (options.json === true) io.print(JSON.stringify(answer, null, 2));
  else io.print(answer.moves.length === 0 ? NOTHING_TO_MOVE : planTable(answer.moves));
  return EXIT.ok;
}

export function planTable(moves: readonly PlannedMove[]): string {
  const rows = moves.map(({ shard, from, to, why }) => [String(shard), orDash(from), to, why]);
  return stdoutTable(['SHARD', 'FROM', 'TO', 'WHY'], rows, { right: [0] });
}
