import type { ShardRow } from '../../http/api/cluster/rows.ts';
import type { ShardsAnswer } from '../cluster/answers.ts';
import type { CommandIo } from '../cluster/command-io.ts';
import { OpsApi } from '../cluster/ops-api.ts';
import type { OpsOptions } from '../cluster/ops-options.ts';
import { EXIT, UsageError } from '../exit.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { countOf, orDash } from '../text/units.ts';

export interface ShardsLsOptions extends OpsOptions {
  readonly node?: string;
  readonly state?: string;
}

const STATES = ['unowned', 'starting', 'moving', 'running', 'pinned'];

/** Runs `camshard shards ls`. @throws UsageError for a state that is none */
export async function listShards({ node, state, ...options }: ShardsLsOptions, io: CommandIo): Promise<number> {
  if (state !== undefined && !STATES.includes(state)) {
    throw new UsageError(`--state ${state}; allowed: ${STATES.join(', ')}`);
  }
  const query = new URLSearchParams({
    ...(node === undefined ? {} : { node }),
    ...(state === undefined ? {} : { state }),
  });
  const answer = await new OpsApi(options, io).get<ShardsAnswer>(`/v1/shards?${query}`);
  if (options.json === true) io.print(JSON.stringify(answer, null, 2));
  else io.print(answer.shards.length === 0 ? 'no such shards' : shardsText(answer));
  return EXIT.ok;
}

/** A table, and below it how many there are and who did not tell of their cameras. */
export function shardsText({ version, shards, missing }: ShardsAnswer): string {
  const head = ['SHARD', 'NODE', 'EPOCH', 'STATE', 'MOVES TO', 'PINNED TO', 'CAMERAS'];
  const rows = shards.map((row) => [
    String(row.shard),
    orDash(row.node),
    String(row.epoch),
    row.state,
    orDash(row.move?.to),
    orDash(row.pin),
    orDash(row.cameras),
  ]);
  const cameras = shards.reduce((sum, row) => sum + (row.cameras ?? 0), 0);
  const silent = missing.length === 0 ? '' : `; ${missing.join(', ')} did not say how many cameras they have`;
  return [
    stdoutTable(head, rows, { right: [0, 2, 6], states: [3], optional: [5, 4] }),
    `${countOf(shards.length, 'shard')}, ${countOf(cameras, 'camera')}, map version ${version}${silent}`,
  ].join('\n');
}

/** Where the owner has its state from, for people. */
export function fromText({ from }: ShardRow): string {
  if (from.kind === 'nothing') return 'nothing: its first owner';
  return from.kind === 'hand-off' ? `${from.node}, handed over` : `${from.node}, which died: its last checkpoint`;
}
