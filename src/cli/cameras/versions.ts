import { getJson } from '../../client/node-api.ts';
import type { CamerasOptions } from '../cameras.ts';
import { nodeAddress } from '../options.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { moment } from '../text/units.ts';
import { settingsPath } from './settings-api.ts';
import { cameraArgument } from './settings-file.ts';

interface VersionRow {
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly via: string;
  readonly document: unknown;
}

/** Runs `camshard cameras versions`. */
export async function listVersions(id: string, options: CamerasOptions): Promise<void> {
  const path = `${settingsPath(cameraArgument(id))}/versions`;
  const answer = (await getJson(nodeAddress(options, process.env), path)) as {
    readonly versions: readonly VersionRow[];
  };
  if (options.json === true) {
    console.log(JSON.stringify(answer, null, 2));
    return;
  }
  const rows = answer.versions.map(({ version, updatedAt, updatedBy, via, document }) => [
    String(version),
    moment(updatedAt),
    updatedBy,
    via,
    document === null ? 'removed' : 'set',
  ]);
  console.log(stdoutTable(['VERSION', 'WHEN', 'WHO', 'FROM', 'WHAT'], rows, { right: [0], states: [4] }));
}
