import { stringify } from 'yaml';
import { SETTINGS_BYTES_MAX } from '../../../config/camera-settings/parse-camera-settings.ts';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { CamshardError } from '../../../core/errors.ts';
import { type CameraId, parseCameraId } from '../../../core/ids.ts';
import type { ClusterService } from '../../cluster/port.ts';
import type { AuditLog, AuditPage } from '../../settings/audit-log.ts';
import { checkSettings } from '../../settings/check-settings.ts';
import { type AuditQuestion, auditAcross, auditReader, type ClusterAuditPage } from '../../settings/cluster-audit.ts';
import type { Settings } from '../../settings/open-settings.ts';
import type { ChangedBy, SettingsInput, SettingsStore, SettingsVersion } from '../../settings/port.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';

const YAML = 'application/yaml';
const AUDIT_ROWS_DEFAULT = 100;

/**
 * `/v1/cameras/{id}/settings`, `/v1/settings` and `/v1/audit`.
 * @param gather asks every node of a cluster; absent where this node is all there is
 */
export function settingsRoutes(
  { store, audit, check }: Pick<Settings, 'store' | 'audit' | 'check'>,
  gather?: ClusterService['gather'],
): Route[] {
  const readAudit = listAudit(gather === undefined ? auditOf(audit) : (question) => auditAcross(gather, question));
  const checked = check === undefined ? {} : { check };
  return [
    { method: 'get', pattern: '/v1/settings', handler: (request) => list(store, request) },
    {
      method: 'post',
      pattern: '/v1/settings/validate',
      bodyBytesMax: SETTINGS_BYTES_MAX,
      handler: (request) => {
        const result = checkSettings({ text: textOf(request) }, checked);
        return 'faults' in result ? refused(result.faults) : json({ valid: true, settings: result.settings });
      },
    },
    {
      method: 'get',
      pattern: '/v1/cameras/:id/settings',
      handler: forCamera((id, request) => read(store, id, request)),
    },
    {
      method: 'put',
      pattern: '/v1/cameras/:id/settings',
      bodyBytesMax: SETTINGS_BYTES_MAX,
      handler: forCamera((id, request) => write(store, id, request)),
    },
    {
      method: 'delete',
      pattern: '/v1/cameras/:id/settings',
      handler: forCamera((id, request) => remove(store, id, request)),
    },
    {
      method: 'get',
      pattern: '/v1/cameras/:id/settings/versions',
      handler: forCamera(async (camera) => {
        const versions = await store.versions(camera);
        return versions.length === 0 ? noSettings(camera) : json({ camera, versions: versions.map(versionRow) });
      }),
    },
    { method: 'get', pattern: '/v1/audit', handler: readAudit },
    { method: 'get', pattern: '/v1/audit/verify', handler: () => verify(audit) },
  ];
}

type CameraHandler = (camera: CameraId, request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

function forCamera(handler: CameraHandler): Route['handler'] {
  return async (request) => {
    const camera = cameraOf(request.parameter);
    if (camera === undefined) return problem(400, 'bad_camera_id', 'a camera id is [A-Za-z0-9._-]{1,64}');
    try {
      return await handler(camera, request);
    } catch (error) {
      if (!(error instanceof CamshardError) || error.code !== 'settings_unavailable') throw error;
      return problem(503, error.code, error.message);
    }
  };
}

function cameraOf(text: string): CameraId | undefined {
  try {
    return parseCameraId(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

function list(store: SettingsStore, { query }: ApiRequest): ApiAnswer {
  const limit = wholeNumber(query.get('limit') ?? '100');
  if (limit === undefined || limit < 1 || limit > PAGE_ROWS_MAX) {
    return problem(400, 'bad_query', `limit: a whole number from 1 to ${PAGE_ROWS_MAX}`);
  }
  const { items, next } = store.list({ after: query.get('after') ?? '', limit });
  return json({ cameras: items, next });
}

/** JSON says who and when, and holds the settings with every default; YAML is the document alone, as it was written. */
async function read(store: SettingsStore, camera: CameraId, request: ApiRequest): Promise<ApiAnswer> {
  const asked = request.query.get('version');
  const yaml = wantsYaml(request.accept);
  if (asked !== null || yaml) {
    const number = asked === null ? store.get(camera)?.version : wholeNumber(asked);
    if (asked !== null && number === undefined) return problem(400, 'bad_query', 'version: a whole number');
    const found = number === undefined ? undefined : (await store.versions(camera)).find((v) => v.version === number);
    if (found === undefined || found.document === null) return noSettings(camera, asked);
    const headers = { etag: tag(found.version), vary: 'accept', 'cache-control': 'no-store' };
    if (yaml) {
      const body = found.text ?? stringify(found.document);
      return { status: 200, headers: { 'content-type': `${YAML}; charset=utf-8`, ...headers }, body };
    }
    const result = checkSettings({ document: found.document });
    const row = { camera, ...versionRow(found), settings: 'faults' in result ? null : result.settings };
    return withHeaders(json(row), headers);
  }
  const stored = store.get(camera);
  if (stored === undefined) return noSettings(camera);
  if (matches(request.ifNoneMatch, stored.version)) {
    return { status: 304, headers: { etag: tag(stored.version) }, body: '' };
  }
  return withHeaders(json(stored), { etag: tag(stored.version), vary: 'accept' });
}

const versionRow = ({ version, updatedAt, updatedBy, via, document }: SettingsVersion) => ({
  version,
  updatedAt,
  updatedBy,
  via,
  document,
});

async function write(store: SettingsStore, camera: CameraId, request: ApiRequest): Promise<ApiAnswer> {
  const type = mediaType(request.contentType);
  if (type !== '' && !/^(application|text)\/(json|yaml|x-yaml|[a-z.-]+\+(json|yaml)|plain)$/.test(type)) {
    return problem(415, 'unsupported_media_type', `${type}; send ${YAML} or application/json`);
  }
  const by = changedBy(request);
  if ('status' in by) return by;
  // JSON keeps no comments: it is kept as YAML, which is what people edit.
  const outcome = await store.put(camera, inputOf(request, type), by);
  switch (outcome.kind) {
    case 'accepted': {
      const answer = json({ camera, version: outcome.version, changed: outcome.changed });
      return withHeaders(answer, { etag: tag(outcome.version) });
    }
    case 'conflict':
      return conflict(request, camera, outcome.version);
    case 'refused':
      return refused(outcome.faults);
    case 'full':
      return problem(507, 'settings_limit', `${outcome.camerasMax} cameras have settings (settings.camerasMax)`);
  }
}

function inputOf(request: ApiRequest, type: string): SettingsInput {
  const text = textOf(request);
  if (!/json$/.test(type)) return { text };
  try {
    return { document: JSON.parse(text) as unknown };
  } catch {
    // Read as YAML it is told with its line.
    return { text };
  }
}

async function remove(store: SettingsStore, camera: CameraId, request: ApiRequest): Promise<ApiAnswer> {
  const by = changedBy(request);
  if ('status' in by) return by;
  const outcome = await store.remove(camera, by);
  switch (outcome.kind) {
    case 'removed':
      return json({ camera, version: outcome.version });
    case 'conflict':
      return conflict(request, camera, outcome.version);
    case 'unknown':
      return noSettings(camera);
  }
}

/** Who, and which version they mean to replace: `If-Match`, `If-None-Match: *` or `?version=`. */
function changedBy(request: ApiRequest): ChangedBy | ApiAnswer {
  const by = { who: request.who === '' ? 'unknown' : request.who, via: request.from };
  if (request.ifNoneMatch.trim() === '*') return { ...by, expectedVersion: 0 };
  const text = request.ifMatch === '' ? request.query.get('version') : request.ifMatch.trim().replace(/^"(.*)"$/, '$1');
  if (text === null) return by;
  const expectedVersion = wholeNumber(text);
  if (expectedVersion === undefined) {
    return problem(400, 'bad_version', `"${text}" is no version; it is a whole number, as ETag has it`);
  }
  return { ...by, expectedVersion };
}

function conflict(request: ApiRequest, camera: CameraId, version: number): ApiAnswer {
  const byHeader = request.ifMatch !== '' || request.ifNoneMatch !== '';
  const now = version === 0 ? 'it has none' : `it is at version ${version}`;
  const answer = problem(byHeader ? 412 : 409, 'version_conflict', `settings of ${camera} were changed: ${now}`, {
    version,
  });
  return version === 0 ? answer : withHeaders(answer, { etag: tag(version) });
}

const refused = (faults: readonly { readonly message: string }[]): ApiAnswer =>
  problem(422, 'settings_refused', faults.map((f) => f.message).join('\n'), { faults });

const noSettings = (camera: CameraId, version: string | null = null): ApiAnswer =>
  problem(404, 'no_settings', `${camera} has no settings${version === null ? '' : ` of version ${version}`}`);

type ReadAudit = (question: AuditQuestion) => Promise<AuditPage | ClusterAuditPage>;

function auditOf(audit: AuditLog): ReadAudit {
  const read = auditReader(audit);
  return async ({ node: _, ...query }) => read(query);
}

function listAudit(read: ReadAudit): Route['handler'] {
  return async ({ query }) => {
    const limit = wholeNumber(query.get('limit') ?? String(AUDIT_ROWS_DEFAULT));
    if (limit === undefined || limit < 1 || limit > PAGE_ROWS_MAX) {
      return problem(400, 'bad_query', `limit: a whole number from 1 to ${PAGE_ROWS_MAX}`);
    }
    const afterText = query.get('after');
    const after = afterText === null ? undefined : wholeNumber(afterText);
    if (afterText !== null && after === undefined) return problem(400, 'bad_query', 'after: the seq of an entry, or 0');
    const camera = query.get('camera');
    if (camera !== null && parseCameraId(camera) === undefined) {
      return problem(400, 'bad_camera_id', 'a camera id is [A-Za-z0-9._-]{1,64}');
    }
    const node = query.get('node');
    try {
      const { records, ...rest } = await read({
        limit,
        ...(after === undefined ? {} : { after }),
        ...(camera === null ? {} : { subject: `camera:${camera}` }),
        ...(node === null ? {} : { node }),
      });
      return json({ entries: records.map(({ entry, ...place }) => ({ ...place, ...entry })), ...rest });
    } catch (error) {
      if (!(error instanceof CamshardError)) throw error;
      return error.code === 'bad_query'
        ? problem(400, 'bad_query', error.message)
        : problem(503, 'busy', error.message);
    }
  };
}

let verifying = false;

async function verify(audit: AuditLog): Promise<ApiAnswer> {
  if (verifying) return problem(503, 'busy', 'the audit log is being verified');
  verifying = true;
  try {
    return json(await audit.verify());
  } finally {
    verifying = false;
  }
}

const textOf = ({ body }: ApiRequest): string => new TextDecoder().decode(body);
const mediaType = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();
const wantsYaml = (accept: string): boolean => /\byaml\b/i.test(accept) && !/\bjson\b/i.test(accept);
const tag = (version: number): string => `"${version}"`;

const matches = (header: string, version: number): boolean =>
  header.split(',').some((t) => t.trim().replace(/^W\//, '') === tag(version));

const withHeaders = (answer: ApiAnswer, headers: Readonly<Record<string, string>>): ApiAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,15}$/.test(text) ? value : undefined;
}
