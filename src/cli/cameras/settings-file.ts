import { readFileSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { SETTINGS_BYTES_MAX } from '../../../config/camera-settings/parse-camera-settings.ts';
import { CamshardError, ConfigError, errorMessage } from '../../../core/errors.ts';
import { type CameraId, parseCameraId } from '../../../core/ids.ts';
import { UsageError } from '../exit.ts';

/** Settings that are refused, by us or by the node: exit code 2. */
export class SettingsRefused extends ConfigError {
  readonly issues: readonly SettingsFault[];

  constructor(name: string, faults: readonly SettingsFault[]) {
    const place = (f: SettingsFault) => (f.line === undefined ? name : `${name}:${f.line}`);
    super('settings_refused', faults.map((f) => `${place(f)}: ${f.message}`).join('\n'));
    this.issues = faults;
  }
}

/** A file of settings, or standard input for `-`. @throws CamshardError `settings_file` */
export function readSettingsFile(file: string): { readonly name: string; readonly text: string } {
  try {
    if (file === '-') return { name: 'stdin', text: readFileSync(0, 'utf8') };
    if (statSync(file).size > SETTINGS_BYTES_MAX) {
      throw new ConfigError('settings_file', `${file} is over ${SETTINGS_BYTES_MAX} bytes: no settings of a camera`);
    }
    return { name: file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new CamshardError('settings_file', `cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

/** @throws UsageError where it is no camera id */
export function cameraArgument(text: string): CameraId {
  const camera = parseCameraId(text);
  if (camera === undefined)
    throw new UsageError(`"${text}" is no camera id; allowed: [A-Za-z0-9._-], 1 to 64 characters`);
  return camera;
}

/** `user@host`, for the audit log. */
export function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user id without an entry in the password file, as in containers.
    return `uid:${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}

/** What a header may carry. */
export const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 128);
