import { readFile } from 'node:fs/promises';
import type { CameraPlan } from '../../actors/camera-analysis.ts';
import { parseCameraSettingsText } from '../../config/camera-settings/parse-camera-settings.ts';
import { cameraSettingsSchema } from '../../config/camera-settings/schema.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { CamshardError, ConfigError, errorMessage } from '../../core/errors.ts';
import { taxonomyFor } from '../taxonomies.ts';

/**
 * Settings for a replay, from a file as an operator writes it for a node.
 * @param path undefined for the defaults.
 * @throws CamshardError `settings_unreadable`, ConfigError `settings_refused` with each fault and its path
 */
export async function loadReplaySettings(
  path: string | undefined,
  config: NodeConfig,
): Promise<Pick<CameraPlan, 'settings' | 'taxonomy'>> {
  if (path === undefined) return { settings: cameraSettingsSchema.parse({}), taxonomy: undefined };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new CamshardError('settings_unreadable', `cannot read ${path}: ${errorMessage(error)}`, { cause: error });
  }
  const parsed = parseCameraSettingsText(text);
  if ('faults' in parsed) {
    const faults = parsed.faults.map(
      ({ line, message }) => `  ${line === undefined ? '' : `line ${line}: `}${message}`,
    );
    throw new ConfigError('settings_refused', `${path} is refused:\n${faults.join('\n')}`);
  }
  return { settings: parsed.settings, taxonomy: await taxonomyFor(parsed.settings, config) };
}
