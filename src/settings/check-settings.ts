import {
  type ParsedSettings,
  type ParsedText,
  type ParseOptions,
  parseCameraSettings,
  parseCameraSettingsText,
} from '../../config/camera-settings/parse-camera-settings.ts';
import type { SettingsInput } from './port.ts';

/** Checks what somebody wrote, as text or as plain data. */
export function checkSettings(input: SettingsInput, options: ParseOptions = {}): ParsedText {
  if ('text' in input) return parseCameraSettingsText(input.text, options);
  const parsed: ParsedSettings = parseCameraSettings(input.document, options);
  return 'faults' in parsed ? parsed : { ...parsed, document: input.document as Readonly<Record<string, unknown>> };
}
