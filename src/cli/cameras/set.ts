import { stringify } from 'yaml';
import { parseCameraSettingsText } from '../../../config/camera-settings/parse-camera-settings.ts';
import { answerError, requestNode } from '../../client/node-api.ts';
import { nodeAddress } from '../options.ts';
import { lineDiff } from './line-diff.ts';
import type { SetOptions } from './settings.ts';
import { bodyOf, fetchSettings, problemOf, settingsPath } from './settings-api.ts';
import { cameraArgument, headerText, readSettingsFile, SettingsRefused, whoAmI } from './settings-file.ts';

/**
 * Runs `camshard cameras set`: checks the file here, shows what changes, and sets it.
 * @throws SettingsRefused with all faults, CamshardError `version_conflict` and others, UsageError for a bad id
 */
export async function setSettings(id: string, options: SetOptions): Promise<void> {
  const camera = cameraArgument(id);
  const { name, text } = readSettingsFile(options.file);
  const parsed = parseCameraSettingsText(text);
  if ('faults' in parsed) throw new SettingsRefused(name, parsed.faults);
  const node = nodeAddress(options, process.env);
  const before = await fetchSettings(node, camera);
  // Of what is said, not of comments and spacing.
  const diff = lineDiff(before === undefined ? '' : stringify(before.document), stringify(parsed.document));

  const path = options.dryRun === true ? '/v1/settings/validate' : settingsPath(camera);
  // Somebody who comes in between would be overwritten without having been shown.
  const expected = options.expect ?? before?.version ?? 0;
  const answer = await requestNode(node, {
    method: options.dryRun === true ? 'POST' : 'PUT',
    path,
    headers: {
      'content-type': 'application/yaml',
      'x-camshard-who': headerText(options.who ?? whoAmI()),
      ...(options.dryRun === true ? {} : { 'if-match': `"${expected}"` }),
    },
    body: text,
  });
  const { faults } = problemOf(answer);
  if (answer.status === 422 && faults !== undefined) throw new SettingsRefused(name, faults);
  if (answer.status !== 200) throw answerError(node, path, answer);
  const result = options.dryRun === true ? undefined : bodyOf<{ version: number; changed: boolean }>(answer, path);
  if (options.json === true) {
    console.log(JSON.stringify({ camera, dryRun: result === undefined, ...result, diff }));
    return;
  }
  if (diff.length > 0) console.log(diff.join('\n'));
  if (result === undefined) console.log(`${name} is valid; nothing was changed`);
  else if (result.changed) console.log(`${camera} is at version ${result.version}`);
  else console.log(`${camera} stays at version ${result.version}: nothing changes`);
}
