import Table from 'cli-table3';
import { CamshardError } from '../../../core/errors.ts';
import { getJson } from '../../client/node-api.ts';
import type { QuarantineReport } from '../../crash/quarantine.ts';
import { nodeAddress } from '../options.ts';
import type { QuarantineOptions } from '../quarantine.ts';

/** Runs `camshard quarantine ls`. */
export async function listQuarantine(options: QuarantineOptions): Promise<void> {
  const report = readAnswer(await getJson(nodeAddress(options, process.env), '/v1/quarantine'));
  console.log(options.json === true ? JSON.stringify(report, null, 2) : quarantineText(report));
}

/** Both lists as tables; one line where there is nothing to tell. */
export function quarantineText({ frames, cameras, rejected }: QuarantineReport): string {
  if (frames.length === 0 && cameras.length === 0) return 'nothing is under suspicion: the node has not crashed';
  const plain = { style: { head: [], border: [] } };
  const pictures = new Table({ head: ['HASH', 'STATE', 'CRASHES', 'CAMERA', 'BYTES', 'LAST', 'PICTURE'], ...plain });
  for (const { hash, state, crashes, camera, bytes, lastAt, picture } of frames) {
    pictures.push([hash, state, String(crashes), camera, String(bytes), time(lastAt), picture ?? '-']);
  }
  const marked = new Table({ head: ['CAMERA', 'CRASHES', 'LAST'], ...plain });
  for (const { camera, crashes, lastAt } of cameras) marked.push([camera, String(crashes), time(lastAt)]);
  return [
    ...(frames.length > 0 ? [pictures.toString()] : []),
    ...(cameras.length > 0 ? [marked.toString()] : []),
    `${rejected} frames refused since the node started`,
  ].join('\n');
}

const time = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');

function readAnswer(answer: unknown): QuarantineReport {
  const { frames, cameras, rejected } = (answer ?? {}) as Record<string, unknown>;
  if (!Array.isArray(frames) || !Array.isArray(cameras) || typeof rejected !== 'number') {
    throw new CamshardError('bad_answer', 'the answer to /v1/quarantine holds no frames');
  }
  return answer as QuarantineReport;
}
