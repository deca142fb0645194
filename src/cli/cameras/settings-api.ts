import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import { CamshardError } from '../../../core/errors.ts';
import type { CameraId } from '../../../core/ids.ts';
import { answerError, type NodeAnswer, type NodeApiOptions, requestNode } from '../../client/node-api.ts';

/** A camera's settings as the node answers them. */
export interface SettingsAnswer {
  readonly camera: string;
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly document: unknown;
}

export const settingsPath = (camera: CameraId): string => `/v1/cameras/${encodeURIComponent(camera)}/settings`;

/** The settings there are; `undefined` where the camera has none. */
export async function fetchSettings(node: NodeApiOptions, camera: CameraId): Promise<SettingsAnswer | undefined> {
  const path = settingsPath(camera);
  const answer = await requestNode(node, { method: 'GET', path, headers: { accept: 'application/json' } });
  if (answer.status === 404 && problemOf(answer).code === 'no_settings') return undefined;
  if (answer.status !== 200) throw answerError(node, path, answer);
  return bodyOf<SettingsAnswer>(answer, path);
}

/** The JSON of an answer. @throws CamshardError `bad_answer` */
export function bodyOf<T>({ body }: NodeAnswer, path: string): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new CamshardError('bad_answer', `the answer to ${path} is no JSON`);
  }
}

/** The problem an answer states, as far as it does. */
export function problemOf({ body }: NodeAnswer): {
  readonly code?: unknown;
  readonly faults?: readonly SettingsFault[];
} {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
