import { checkRules } from './check-rules.ts';
import { checkScene } from './check-scene.ts';
import { explainIssue } from './explain.ts';
import { FAULTS_MAX, FaultList, type FaultPath, type SettingsFault } from './fault.ts';
import { type CameraSettings, cameraSettingsSchema } from './schema.ts';
import { toShares } from './to-shares.ts';

/** The schema goes six deep. */
export const DEPTH_MAX = 16;

export interface ParseOptions {
  /** More about a whole document whose parts are in order, e.g. that its taxonomy is known. */
  readonly check?: (settings: CameraSettings) => readonly { readonly at: FaultPath; readonly message: string }[];
}

export type ParsedSettings = { readonly settings: CameraSettings } | { readonly faults: readonly SettingsFault[] };

/**
 * Checks a document somebody wrote and fills in every default.
 * @param input plain data: what YAML or JSON gave
 * @returns the settings, all points as shares 0..1 of the picture; or everything wrong with them, each with its path
 */
export function parseCameraSettings(input: unknown, options: ParseOptions = {}): ParsedSettings {
  const faults = findings(input, options);
  return 'settings' in faults ? faults : { faults: bounded(faults).map(({ at: _, ...fault }) => fault) };
}

/** As {@link parseCameraSettings}; faults keep their path as a list, and are not cut off. */
export function findings(
  input: unknown,
  { check }: ParseOptions,
): { readonly settings: CameraSettings } | FaultList['faults'] {
  const list = new FaultList();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    list.add([], 'settings_syntax', 'settings are a map of keys');
    return list.faults;
  }
  if (depthOver(input, DEPTH_MAX)) {
    list.add([], 'settings_syntax', `nested more than ${DEPTH_MAX} deep`);
    return list.faults;
  }
  const parsed = cameraSettingsSchema.safeParse(input);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) explainIssue(issue, input, list);
    return list.faults;
  }
  const settings = toShares(parsed.data, list);
  // Shapes that reach outside are told as that, and not also as what the cut made of them.
  if (list.faults.length === 0) checkScene(settings, list);
  checkRules(settings, list);
  if (list.faults.length === 0) {
    for (const { at, message } of check?.(settings) ?? []) list.add(at, 'settings_reference', message);
  }
  return list.faults.length === 0 ? { settings } : list.faults;
}

export function bounded<T extends SettingsFault>(faults: readonly T[]): readonly T[] {
  return faults.slice(0, FAULTS_MAX);
}

function depthOver(input: unknown, depthMax: number): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((v) => (typeof v === 'object' && v !== null ? Object.values(v) : []));
  }
  return false;
}
