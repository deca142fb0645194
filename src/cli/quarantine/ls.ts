import { CamshardError } from '../../../core/errors.ts';
import { getJson } from '../../client/node-api.ts';
import type { QuarantineReport } from '../../crash/quarantine.ts';
import { nodeAddress } from '../options.ts';
import type { QuarantineOptions } from '../quarantine.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { bytesText, moment } from '../text/units.ts';

/** Runs `camshard quarantine ls`. */
export async function listQuarantine(options: QuarantineOptions): Promise<void> {
  const report = readAnswer(await getJson(nodeAddress(options, process.env), '/v1/quarantine'));
  console.log(options.json === true ? JSON.stringify(report, null, 2) : quarantineText(report));
}

/** Both lists as tables; one line where there is nothing to tell. */
export function quarantineText({ frames, cameras, rejected }: QuarantineReport): string {
  if (frames.length === 0 && cameras.length === 0) return 'nothing is under suspicion: the node has not crashed';
  const pictures = frames.map(({ hash, state, crashes, camera, bytes, lastAt, picture }) => [
    ...[hash, state, String(crashes), camera, bytesText(bytes), moment(lastAt), picture ?? '-'],
  ]);
  const marked = cameras.map(({ camera, crashes, lastAt }) => [camera, String(crashes), moment(lastAt)]);
  const head = ['HASH', 'STATE', 'CRASHES', 'CAMERA', 'SIZE', 'LAST', 'PICTURE'];
  return [
    ...(frames.length > 0 ? [stdoutTable(head, pictures, { right: [2, 4], states: [1], optional: [4, 5] })] : []),
    ...(cameras.length > 0 ? [stdoutTable(['CAMERA', 'CRASHES', 'LAST'], marked, { right: [1] })] : []),
    `${rejected} frames refused since the node started`,
  ].join('\n');
}

function readAnswer(answer: unknown): QuarantineReport {
  const { frames, cameras, rejected } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(frames) || !Array.isArray(cameras) || typeof rejected !== 'number') {
    throw new CamshardError('bad_answer', 'the answer to /v1/quarantine holds no frames');
  }
  return answer as QuarantineReport;
}
