import { CamshardError } from '../../../core/errors.ts';
import { postJson } from '../../client/node-api.ts';
import { UsageError } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import type { QuarantineOptions } from '../quarantine.ts';

/** Runs `camshard quarantine clear`. @throws UsageError for what is no hash */
export async function clearQuarantine(hash: string | undefined, options: QuarantineOptions): Promise<void> {
  if (hash !== undefined && !/^[0-9a-f]{40}$/.test(hash)) {
    throw new UsageError(`"${hash}" is no hash; camshard quarantine ls lists them`);
  }
  const answer = await postJson(nodeAddress(options, process.env), '/v1/quarantine/clear', { hash });
  const cleared = typeof answer === 'object' && answer !== null && 'cleared' in answer ? answer.cleared : undefined;
  if (typeof cleared !== 'number') throw new CamshardError('bad_answer', 'the answer does not say what was cleared');
  console.log(options.json === true ? JSON.stringify({ cleared }) : `${cleared} frames will be tried again`);
}
