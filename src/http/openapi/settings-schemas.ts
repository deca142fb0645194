import { z } from 'zod';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { cameraIdSchema, count, wallMs } from './scalars.ts';

/** What the API says of settings and of the audit log. The documents themselves: docs/camera-settings.md. */

const version = () => z.int().min(1).meta({ description: 'Grows with each change of this camera’s settings.' });
const document = () => z.record(z.string(), z.unknown()).meta({ description: 'As it was written.' });
const settings = () =>
  z.record(z.string(), z.unknown()).meta({ description: 'With every default; points are shares of the picture.' });
const changed = { version: version(), updatedAt: wallMs(), updatedBy: z.string() };

export const SETTINGS_SCHEMAS = {
  CameraSettings: z.object({
    camera: cameraIdSchema,
    ...changed,
    document: document(),
    settings: settings().nullable(),
  }),
  SettingsPage: z.object({
    cameras: z.array(z.object({ camera: cameraIdSchema, ...changed })).max(PAGE_ROWS_MAX),
    next: z.string().nullable(),
  }),
  SettingsValid: z.object({ valid: z.literal(true), settings: settings() }),
  SettingsPut: z.object({
    camera: cameraIdSchema,
    version: version(),
    changed: z.boolean().meta({ description: 'False where the same was there already.' }),
  }),
  SettingsRemoved: z.object({ camera: cameraIdSchema, version: version() }),
  SettingsVersions: z.object({
    camera: cameraIdSchema,
    versions: z.array(
      z.object({
        ...changed,
        via: z.string(),
        document: document().nullable().meta({ description: 'Null where they were removed.' }),
      }),
    ),
  }),
  AuditPage: z.object({
    entries: z
      .array(
        z.object({
          node: z.string().optional().meta({ description: 'In a cluster: whose log it is in.' }),
          seq: count(),
          hash: z.string().meta({ description: 'SHA-256 over the entry and the hash of the one before.' }),
          id: z.string(),
          atMs: wallMs(),
          who: z.string(),
          via: z.string(),
          action: z.string(),
          subject: z.string(),
          before: z.unknown(),
          after: z.unknown(),
        }),
      )
      .max(PAGE_ROWS_MAX),
    next: count().nullable(),
    last: count().nullable().meta({ description: 'The newest entry there is; null over several nodes.' }),
    missing: z
      .array(z.object({ node: z.string(), code: z.string() }))
      .optional()
      .meta({ description: 'In a cluster: nodes that did not answer; what they audited is not in here.' }),
  }),
  AuditVerdict: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('intact'), records: count(), hash: z.string() }),
    z.object({ kind: z.literal('broken'), file: z.string(), line: count(), why: z.string() }),
  ]),
} as const;
