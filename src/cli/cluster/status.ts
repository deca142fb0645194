import type { MemberRow } from '../../http/api/cluster/rows.ts';
import { EXIT } from '../exit.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { countOf, orDash } from '../text/units.ts';
import type { ClusterAnswer } from './answers.ts';
import type { CommandIo } from './command-io.ts';
import { OpsApi } from './ops-api.ts';
import type { OpsOptions } from './ops-options.ts';

/** Runs `camshard cluster status`. */
export async function showCluster(options: OpsOptions, io: CommandIo): Promise<number> {
  const status = await new OpsApi(options, io).get<ClusterAnswer>('/v1/cluster');
  io.print(options.json === true ? JSON.stringify(status, null, 2) : clusterText(status));
  return EXIT.ok;
}

/** `alive, coordinator`, `dead`, `alive, cordoned`. */
export function memberState({ alive, coordinator, cordoned, draining }: MemberRow): string {
  const marks = [coordinator ? 'coordinator' : '', cordoned ? 'cordoned' : '', draining ? 'draining' : ''];
  return [alive ? 'alive' : 'DEAD', ...marks.filter((mark) => mark !== '')].join(', ');
}

export function clusterText(status: ClusterAnswer): string {
  const { name, kind, node, coordinator, mapVersion, shardCount, shards, pinned, moves, members, lease } = status;
  const alive = members.filter((member) => member.alive).length;
  const rows = members.map((m) => [
    m.node,
    memberState(m),
    String(m.shards),
    m.movesIn + m.movesOut === 0 ? '-' : `${m.movesIn} in, ${m.movesOut} out`,
    orDash(m.cameras),
    m.demandFps === null || m.capacityFps === null ? '-' : `${m.demandFps.toFixed(1)} / ${m.capacityFps.toFixed(1)}`,
    orDash(m.rung),
    orDash(m.version),
  ]);
  const head = ['NODE', 'STATE', 'SHARDS', 'MOVES', 'CAMERAS', 'DEMAND / CAPACITY', 'RUNG', 'VERSION'];
  return [
    `cluster ${name} (${kind}), as ${node} sees it`,
    `members      ${alive} of ${members.length} alive, ${coordinator === null ? 'NOBODY coordinates' : `${coordinator} coordinates`}`,
    `shards       ${shards.running} of ${shardCount} running${others(shards)}; map version ${mapVersion}${pinned > 0 ? `, ${pinned} pinned` : ''}`,
    `moves        ${moves.length === 0 ? 'none under way' : `${countOf(moves.length, 'move')} under way`}`,
    `lease        ${leaseText(lease)}`,
    stdoutTable(head, rows, { right: [2, 4, 5, 6], states: [1], optional: [7, 3] }),
  ].join('\n');
}

function others({ moving, starting, unowned }: ClusterAnswer['shards']): string {
  const parts = [
    ...(moving > 0 ? [`${moving} moving`] : []),
    ...(starting > 0 ? [`${starting} starting`] : []),
    ...(unowned > 0 ? [`${unowned} WITHOUT AN OWNER`] : []),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function leaseText({ held, islanded, remainingMs }: ClusterAnswer['lease']): string {
  if (islanded) return 'islanded: no node reaches the store, each keeps what it has';
  if (!held) return 'NOT HELD: this node serves nothing';
  return remainingMs === null ? 'none needed' : `held, ${(remainingMs / 1_000).toFixed(1)} s left`;
}
