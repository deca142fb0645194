import { answerError, requestNode } from '../../client/node-api.ts';
import { nodeAddress } from '../options.ts';
import type { UnsetOptions } from './settings.ts';
import { bodyOf, settingsPath } from './settings-api.ts';
import { cameraArgument, headerText, whoAmI } from './settings-file.ts';

/** Runs `camshard cameras unset`. @throws CamshardError `no_settings`, `version_conflict` and others */
export async function unsetSettings(id: string, options: UnsetOptions): Promise<void> {
  const camera = cameraArgument(id);
  const node = nodeAddress(options, process.env);
  const path = settingsPath(camera);
  const answer = await requestNode(node, {
    method: 'DELETE',
    path,
    headers: {
      'x-camshard-who': headerText(options.who ?? whoAmI()),
      ...(options.expect === undefined ? {} : { 'if-match': `"${options.expect}"` }),
    },
  });
  if (answer.status !== 200) throw answerError(node, path, answer);
  const { version } = bodyOf<{ version: number }>(answer, path);
  if (options.json === true) console.log(JSON.stringify({ camera, version }));
  else console.log(`${camera} has no settings any more; version ${version} notes it`);
}
