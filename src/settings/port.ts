import type { SettingsFault } from '../../config/camera-settings/fault.ts';
import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import type { CameraId } from '../../core/ids.ts';

/**
 * Where cameras' settings are kept. Reads answer from memory, so that whoever starts a camera's actor never waits;
 * changes are on disk, and audited, before they are told.
 */

/** A document as somebody wrote it, plain data. */
export type SettingsDocument = Readonly<Record<string, unknown>>;

export interface StoredSettings {
  readonly camera: CameraId;
  /** Grows by one with each change of this camera's settings, removal included; never goes back. */
  readonly version: number;
  /** With every default, points as shares. */
  readonly settings: CameraSettings;
  readonly document: SettingsDocument;
  /** ms since the Unix epoch. */
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface SettingsSummary {
  readonly camera: CameraId;
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** One of the past, or the present one. */
export interface SettingsVersion {
  readonly version: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly via: string;
  /** Null where the settings were removed. */
  readonly document: SettingsDocument | null;
  /** YAML or JSON as it was written, comments included; null where the settings were removed. */
  readonly text: string | null;
}

/** Text keeps its comments; a document is written as YAML. */
export type SettingsInput = { readonly text: string } | { readonly document: unknown };

export interface ChangedBy {
  readonly who: string;
  /** Address, `cli`, `file`. */
  readonly via: string;
  /** The version that is to be replaced; 0 where there are to be no settings yet. Not looked at where absent. */
  readonly expectedVersion?: number;
}

export type PutOutcome =
  /** `changed` is false where the document is the one that is there already: no new version, nothing audited. */
  | { readonly kind: 'accepted'; readonly version: number; readonly changed: boolean }
  /** Somebody was faster. `version` is the present one, 0 where there are no settings. */
  | { readonly kind: 'conflict'; readonly version: number }
  | { readonly kind: 'refused'; readonly faults: readonly SettingsFault[] }
  /** As many cameras have settings as may. */
  | { readonly kind: 'full'; readonly camerasMax: number };

export type RemoveOutcome =
  | { readonly kind: 'removed'; readonly version: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'conflict'; readonly version: number };

export interface SettingsChange {
  readonly camera: CameraId;
  readonly version: number;
  /** Undefined where they were removed: the camera falls back to what cameras without settings get. */
  readonly settings: CameraSettings | undefined;
}

export interface SettingsPage {
  readonly items: readonly SettingsSummary[];
  /** Cursor of the next page, null at the last. */
  readonly next: string | null;
}

export interface SettingsStore {
  get(camera: CameraId): StoredSettings | undefined;
  /** @throws CamshardError `settings_unavailable` where it cannot be kept: nothing has changed then */
  put(camera: CameraId, input: SettingsInput, by: ChangedBy): Promise<PutOutcome>;
  /** @throws CamshardError `settings_unavailable` */
  remove(camera: CameraId, by: ChangedBy): Promise<RemoveOutcome>;
  /** Cameras with settings by name: up to `limit` behind `after`. */
  list(query: { readonly after?: string; readonly limit: number }): SettingsPage;
  /** The newest {@link VERSIONS_KEPT}, newest first. Empty where the camera never had any. */
  versions(camera: CameraId): Promise<readonly SettingsVersion[]>;
  /** Tells of each change once it is kept. @returns ends it */
  onChange(listener: (change: SettingsChange) => void): () => void;
  close(): Promise<void>;
}

/** Versions kept of one camera's settings; the audit log has every change. */
export const VERSIONS_KEPT = 50;
