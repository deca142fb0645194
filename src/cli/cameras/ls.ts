import { sumCounts } from '../../../core/ledger.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import { listCameras } from '../../client/node-api.ts';
import type { CamerasOptions } from '../cameras.ts';
import { nodeAddress } from '../options.ts';
import { stdoutTable } from '../text/stdout-table.ts';

/** Runs `camshard cameras ls`. */
export async function listCamerasCommand(options: CamerasOptions): Promise<void> {
  const cameras = await listCameras(nodeAddress(options, process.env));
  if (options.json === true) {
    console.log(JSON.stringify({ cameras }, null, 2));
    return;
  }
  console.log(cameras.length === 0 ? 'no cameras yet: camshard push CAMERA --source VIDEO' : cameraTable(cameras));
}

const HEAD = [
  ...['CAMERA', 'STATE', 'PRIORITY', 'FPS ASKED', 'FPS IN', 'FPS OUT', 'LATENCY MS'],
  ...['SIZE', 'RECEIVED', 'ANALYSED', 'SHED', 'REJECTED', 'LOST'],
];

/** The cameras as a table; `-` where nothing is known yet. */
export function cameraTable(cameras: readonly CameraSummary[]): string {
  const rows = cameras.map((c) => [
    c.camera,
    c.connected ? `connected${crashes(c)}` : `away${crashes(c)}`,
    c.priority,
    c.targetFps.toFixed(1),
    c.fpsIn.toFixed(1),
    c.fpsOut.toFixed(1),
    c.latencyMs === null ? '-' : c.latencyMs.toFixed(1),
    c.width === null || c.height === null ? '-' : `${c.width}x${c.height}`,
    String(c.ledger.received),
    String(c.ledger.inferred),
    String(sumCounts(c.ledger.shed)),
    String(sumCounts(c.ledger.rejected)),
    String(sumCounts(c.ledger.lost)),
  ]);
  return stdoutTable(HEAD, rows, {
    right: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    states: [1],
    // What is left at 80 columns: name, state, rates, latency, what was shed and lost.
    optional: [8, 7, 2, 9, 11, 3],
  });
}

/** A camera whose frames were in flight when the node crashed is marked. */
function crashes({ crashes: n }: CameraSummary): string {
  return n > 0 ? `, ${n} ${n === 1 ? 'crash' : 'crashes'}` : '';
}
