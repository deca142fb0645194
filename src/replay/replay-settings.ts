import { join } from 'node:path';
import type { CameraPlan } from '../../actors/camera-analysis.ts';
import type { SettingsFault } from '../../config/camera-settings/fault.ts';
import { parseCameraSettingsText } from '../../config/camera-settings/parse-camera-settings.ts';
import { cameraSettingsSchema } from '../../config/camera-settings/schema.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { Taxonomies } from '../taxonomies.ts';

export type ReplayPlan = Pick<CameraPlan, 'settings' | 'taxonomy'>;

/**
 * Settings for a replay, checked as a node checks them.
 * @param text YAML or JSON as an operator writes it for a node; undefined for the defaults.
 */
export async function replayPlan(
  text: string | undefined,
  config: NodeConfig,
): Promise<ReplayPlan | { readonly faults: readonly SettingsFault[] }> {
  if (text === undefined) return { settings: cameraSettingsSchema.parse({}), taxonomy: undefined };
  const taxonomies = await Taxonomies.open(join(config.node.dataDir, 'taxonomies'));
  const parsed = parseCameraSettingsText(text, { check: (settings) => taxonomies.check(settings) });
  return 'faults' in parsed ? parsed : { settings: parsed.settings, taxonomy: taxonomies.of(parsed.settings) };
}
