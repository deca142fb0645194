import type { NodesAnswer } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi } from '../cluster/ops-api.ts';
import type { OpsOptions } from '../cluster/ops-options.ts';
import { memberState } from '../cluster/status.ts';
import { EXIT } from '../exit.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { duration, orDash } from '../text/units.ts';

/** Runs `camshard nodes ls`. */
export async function listNodes(options: OpsOptions, io: CommandIo): Promise<number> {
  const answer = await new OpsApi(options, io).get<NodesAnswer>('/v1/nodes');
  io.print(options.json === true ? JSON.stringify(answer, null, 2) : nodeTable(answer));
  return EXIT.ok;
}

const HEAD = ['NODE', 'STATE', 'SHARDS', 'CAMERAS', 'FPS IN', 'FPS OUT', 'P99 MS', 'RUNG', 'UP', 'VERSION'];

/** Every member by name; `-` where it did not answer. */
export function nodeTable({ nodes, away }: NodesAnswer): string {
  const rows = [
    ...nodes.map(({ node, ready, member, cameras, fpsIn, fpsOut, latencyMs, uptimeMs }) => [
      node,
      `${memberState(member)}${ready ? '' : ', not ready'}`,
      String(member.shards),
      String(cameras),
      fpsIn.toFixed(1),
      fpsOut.toFixed(1),
      latencyMs === null ? '-' : latencyMs.p99.toFixed(1),
      orDash(member.rung),
      duration(uptimeMs),
      orDash(member.version),
    ]),
    ...away.map(({ node, why, member }) => [
      node,
      `${memberState(member)}${why === 'dead' ? '' : `, does not answer (${why})`}`,
      String(member.shards),
      orDash(member.cameras),
      ...['-', '-', '-'],
      orDash(member.rung),
      '-',
      orDash(member.version),
    ]),
  ];
  rows.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
  return stdoutTable(HEAD, rows, { right: [2, 3, 4, 5, 6, 7, 8], states: [1], optional: [9, 7] });
}
