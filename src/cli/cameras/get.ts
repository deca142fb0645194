import { answerError, requestNode } from '../../client/node-api.ts';
import { nodeAddress } from '../options.ts';
import type { GetOptions } from './settings.ts';
import { settingsPath } from './settings-api.ts';
import { cameraArgument } from './settings-file.ts';

/** Runs `camshard cameras get`: YAML as it was written, or with `--json` all the node says. */
export async function getSettings(id: string, options: GetOptions): Promise<void> {
  const node = nodeAddress(options, process.env);
  const path = `${settingsPath(cameraArgument(id))}${options.at === undefined ? '' : `?version=${options.at}`}`;
  const accept = options.json === true ? 'application/json' : 'application/yaml';
  const answer = await requestNode(node, { method: 'GET', path, headers: { accept } });
  if (answer.status !== 200) throw answerError(node, path, answer);
  if (options.json === true) console.log(JSON.stringify(JSON.parse(answer.body), null, 2));
  else process.stdout.write(answer.body.endsWith('\n') ? answer.body : `${answer.body}\n`);
}
