import type { SettingsFault } from '../../config/camera-settings/fault.ts';
import type { AuditEntry } from '../../core/history-record.ts';
import type { CameraId } from '../../core/ids.ts';
import type { AuditRecord } from './audit-log.ts';
import type { EmitSettingsEvent } from './event.ts';

/** What is told of a change of settings: to the audit log, and as node events. */

/** A change that was made. */
export interface MadeChange {
  readonly version: number;
  /** ms since the Unix epoch. */
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly via: string;
  /** SHA-256 of the text, hex; empty where removed. */
  readonly hash: string;
  /** Null where the settings were removed. */
  readonly document: unknown;
}

/**
 * Its id is the same each time it is made, so that no change is audited twice; a number given up and used again differs
 * in the hash.
 */
export function auditEntryOf(camera: CameraId, beforeJson: string | undefined, change: MadeChange): AuditEntry {
  return {
    id: `camera_settings:${camera}:${change.version}:${change.hash.slice(0, 12)}`,
    atMs: change.updatedAt,
    who: change.updatedBy,
    via: change.via,
    action: change.document === null ? 'camera_settings.removed' : 'camera_settings.set',
    subject: `camera:${camera}`,
    before: beforeJson === undefined ? null : (JSON.parse(beforeJson) as unknown),
    after: change.document,
  };
}

export function tellChanged(
  emit: EmitSettingsEvent,
  camera: CameraId,
  { version, updatedBy, via, document }: MadeChange,
  audited: AuditRecord | undefined,
): void {
  const data = {
    camera,
    version,
    who: updatedBy,
    via,
    auditSeq: audited?.seq ?? null,
    auditHash: audited?.hash ?? null,
  };
  const what = document === null ? 'removed' : `set to version ${version}`;
  const message = `settings of ${camera} ${what} by ${updatedBy} (${via})`;
  emit({ severity: 'info', kind: 'settings_changed', message, data });
}

export function tellRefused(
  emit: EmitSettingsEvent,
  camera: CameraId,
  why: string,
  faults: readonly SettingsFault[],
): void {
  const first = faults[0]?.message;
  const message = `${why}${first === undefined ? '' : `: ${first}`}${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`;
  const data = { camera, path: faults[0]?.path ?? null, line: faults[0]?.line ?? null, faults: faults.length };
  emit({ severity: 'warning', kind: 'settings_refused', message, data });
}
