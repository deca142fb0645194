import type { Operation } from './operations.ts';

const DOCUMENT = ['application/yaml', 'application/json'] as const;
const EXPECTED = {
  name: 'version',
  description:
    'The version that is to be replaced, 0 for none: another one there is a 409. `If-Match` does the same (412).',
};
const CONFLICTS = { 409: ['version_conflict'], 412: ['version_conflict'] } as const;

/** Cameras' settings and the audit log. */
export const SETTINGS_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/settings',
    id: 'listSettings',
    tag: 'cameras',
    summary: 'Cameras that have settings, by name',
    paged: true,
    ok: { status: 200, description: 'One page.', content: { json: ['SettingsPage'] } },
    problems: { 400: ['bad_query'] },
  },
  {
    method: 'post',
    path: '/v1/settings/validate',
    id: 'validateSettings',
    tag: 'cameras',
    summary: 'Check settings without keeping them',
    body: { media: DOCUMENT },
    ok: { status: 200, description: 'They are valid; with every default.', content: { json: ['SettingsValid'] } },
    problems: { 413: ['frame_too_large'], 422: ['settings_refused'], 503: ['body_limit'] },
  },
  {
    method: 'get',
    path: '/v1/cameras/{id}/settings',
    id: 'getSettings',
    tag: 'cameras',
    summary: 'What one camera is for',
    description:
      'With `Accept: application/yaml` the document alone, as it was written. docs/camera-settings.md tells each key.',
    query: [{ name: 'version', description: 'One of the past versions.' }],
    ok: { status: 200, description: 'The settings.', content: { json: ['CameraSettings'] } },
    okHeaders: { ETag: 'The version, for `If-Match`.' },
    unchanged: 'It is the version that `If-None-Match` names.',
    problems: { 400: ['bad_camera_id', 'bad_query'], 404: ['no_settings'] },
  },
  {
    method: 'put',
    path: '/v1/cameras/{id}/settings',
    id: 'putSettings',
    tag: 'cameras',
    summary: 'Set what one camera is for, while it runs',
    description:
      'The whole document; what it leaves out gets its default. `X-Camshard-Who` names who does it in the audit log.',
    query: [EXPECTED],
    body: { media: DOCUMENT },
    ok: { status: 200, description: 'Kept, audited and in force.', content: { json: ['SettingsPut'] } },
    okHeaders: { ETag: 'The version it has now.' },
    problems: {
      400: ['bad_camera_id', 'bad_version'],
      ...CONFLICTS,
      413: ['frame_too_large'],
      415: ['unsupported_media_type'],
      422: ['settings_refused'],
      503: ['settings_unavailable', 'body_limit'],
      507: ['settings_limit'],
    },
  },
  {
    method: 'delete',
    path: '/v1/cameras/{id}/settings',
    id: 'removeSettings',
    tag: 'cameras',
    summary: 'Take a camera’s settings away',
    query: [EXPECTED],
    ok: { status: 200, description: 'Gone.', content: { json: ['SettingsRemoved'] } },
    problems: {
      400: ['bad_camera_id', 'bad_version'],
      404: ['no_settings'],
      ...CONFLICTS,
      503: ['settings_unavailable'],
    },
  },
  {
    method: 'get',
    path: '/v1/cameras/{id}/settings/versions',
    id: 'listSettingsVersions',
    tag: 'cameras',
    summary: 'Past versions of a camera’s settings, newest first',
    ok: { status: 200, description: 'The newest 50.', content: { json: ['SettingsVersions'] } },
    problems: { 400: ['bad_camera_id'], 404: ['no_settings'] },
  },
  {
    method: 'get',
    path: '/v1/audit',
    id: 'listAudit',
    tag: 'node',
    summary: 'Who changed what',
    query: [
      { name: 'camera', description: 'Changes of one camera only.' },
      { name: 'limit', description: 'Entries, 1 to 1000; 100 where absent.' },
      {
        name: 'after',
        description:
          'Entries after the one of this `seq`, 0 for all; the newest ones where absent. A page may be short. In a cluster only with `node`.',
      },
      { name: 'node', description: 'In a cluster: the log of this node; the newest entries of all where absent.' },
    ],
    ok: { status: 200, description: 'Entries, oldest first.', content: { json: ['AuditPage'] } },
    problems: { 400: ['bad_query', 'bad_camera_id'], 503: ['busy'] },
  },
  {
    method: 'get',
    path: '/v1/audit/verify',
    id: 'verifyAudit',
    tag: 'node',
    summary: 'Whether the audit log is what was written',
    ok: { status: 200, description: 'What was found.', content: { json: ['AuditVerdict'] } },
    problems: { 503: ['busy'] },
  },
];
