import type { SettingsFault } from '../../../config/camera-settings/fault.ts';
import type { Answer, Refusal } from '../api/answer.ts';
import type {
  CameraSettings as SettingsAnswer,
  SettingsPut,
  SettingsValid,
  SettingsVersions,
} from '../api/answers.gen.ts';
import type { NodeApi } from '../api/node-api.ts';

/** A camera's settings as they are: version 0 and an empty document where it has none. */
export interface Stored {
  readonly version: number;
  readonly document: Readonly<Record<string, unknown>>;
  /** YAML, comments included. */
  readonly text: string;
  /** ms since the Unix epoch by the node's clock; null where there are none. */
  readonly updatedAt: number | null;
  readonly updatedBy: string | null;
}

export const NONE: Stored = { version: 0, document: {}, text: '{}\n', updatedAt: null, updatedBy: null };

const pathOf = (camera: string) => `v1/cameras/${camera}/settings`;

/** The newest settings with their text; both are of one version. */
export async function readStored(api: NodeApi, camera: string, signal?: AbortSignal): Promise<Answer<Stored>> {
  const answer = await api.get<SettingsAnswer>(pathOf(camera), {}, signal);
  if (answer.kind !== 'ok') {
    const isNone = answer.kind === 'refused' && answer.problem.code === 'no_settings';
    return isNone ? { kind: 'ok', value: NONE } : answer;
  }
  const { version, document, updatedAt, updatedBy } = answer.value;
  const text = await readText(api, camera, version, signal);
  if (text.kind !== 'ok') return text;
  return { kind: 'ok', value: { version, document, text: text.value, updatedAt, updatedBy } };
}

/** A version's YAML. */
export function readText(api: NodeApi, camera: string, version: number, signal?: AbortSignal): Promise<Answer<string>> {
  return api.text('GET', pathOf(camera), { query: { version: String(version) }, accept: 'application/yaml', signal });
}

export const readVersions = (api: NodeApi, camera: string, signal?: AbortSignal): Promise<Answer<SettingsVersions>> =>
  api.get<SettingsVersions>(`${pathOf(camera)}/versions`, {}, signal);

/** What the node thinks of a document, without keeping it. */
export async function validate(api: NodeApi, text: string): Promise<Answer<SettingsValid>> {
  return parsed(await api.text('POST', 'v1/settings/validate', { body: text, type: 'application/yaml' }));
}

/**
 * Sets a document in the place of the version it was made from.
 * @param version 0 where there were no settings
 */
export async function writeText(
  api: NodeApi,
  camera: string,
  text: string,
  version: number,
  who: string,
): Promise<Answer<SettingsPut>> {
  const condition: Record<string, string> = version === 0 ? { 'if-none-match': '*' } : { 'if-match': `"${version}"` };
  if (who !== '') condition['x-camshard-who'] = who;
  return parsed(await api.text('PUT', pathOf(camera), { body: text, type: 'application/yaml', headers: condition }));
}

function parsed<T>(answer: Answer<string>): Answer<T> {
  return answer.kind === 'ok' ? { kind: 'ok', value: JSON.parse(answer.value) as T } : answer;
}

/** What the node found wrong with a document; empty where it refused for another reason. */
export function faultsOf(refusal: Refusal): readonly SettingsFault[] {
  if (refusal.kind !== 'refused') return [];
  const { faults } = refusal.problem as { readonly faults?: unknown };
  return Array.isArray(faults) ? (faults as SettingsFault[]) : [];
}

/** Somebody else has saved in between. */
export const isConflict = (refusal: Refusal): boolean =>
  refusal.kind === 'refused' && refusal.problem.code === 'version_conflict';

const WHO_KEY = 'camshard.who';
/** What the audit log calls whoever saves here; kept by the browser. */
export const keptWho = (): string => window.localStorage.getItem(WHO_KEY) ?? '';
export const keepWho = (who: string): void => window.localStorage.setItem(WHO_KEY, who);
