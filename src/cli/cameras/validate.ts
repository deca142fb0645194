import { parseCameraSettingsText } from '../../../config/camera-settings/parse-camera-settings.ts';
import { readSettingsFile, SettingsRefused } from './settings-file.ts';

/** Runs `camshard cameras validate`, without a node. @throws SettingsRefused with all faults */
export async function validateSettings(file: string, options: { readonly json?: boolean }): Promise<void> {
  const { name, text } = readSettingsFile(file);
  const parsed = parseCameraSettingsText(text);
  if ('faults' in parsed) throw new SettingsRefused(name, parsed.faults);
  const { pipeline, lines, zones, rules } = parsed.settings;
  if (options.json === true) console.log(JSON.stringify({ valid: true, settings: parsed.settings }));
  else {
    console.log(
      `${name} is valid: ${pipeline}, lines: ${lines.length}, zones: ${zones.length}, rules: ${rules.length}`,
    );
  }
}
