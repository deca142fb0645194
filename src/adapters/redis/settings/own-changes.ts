import { errorMessage } from '../../../../core/errors.ts';
import type { AuditEntry } from '../../../../core/history-record.ts';
import type { AuditLog } from '../../../settings/audit-log.ts';
import type { EmitSettingsEvent } from '../../../settings/event.ts';
import { auditEntryOf, type MadeChange, tellChanged } from '../../../settings/told.ts';
import { OwedAudits } from './owed-audits.ts';
import type { SettingsRecord } from './settings-record.ts';

export interface OwnChangesOptions {
  readonly audit: AuditLog;
  readonly emit: EmitSettingsEvent;
  readonly onAudit?: ((entry: AuditEntry) => void) | undefined;
}

/** Own changes remembered by their id, for answers that were lost. */
const KEPT = 1_000;

/** Changes that this node took: it audits them, and tells its operator. */
export class OwnChanges {
  readonly #o: OwnChangesOptions;
  readonly #audits: OwedAudits;
  /** Version by id. */
  readonly #made = new Map<string, number>();

  constructor(options: OwnChangesOptions) {
    this.#o = options;
    this.#audits = new OwedAudits(options.audit);
  }

  /** The version a change of ours became; undefined where it did not show, or long ago. */
  versionOf(id: string): number | undefined {
    return this.#made.get(id);
  }

  /** One of them shows. */
  made(record: SettingsRecord, beforeJson: string | undefined): void {
    const { camera, version, header } = record;
    this.#made.set(header.id, version);
    const [oldest] = this.#made.keys();
    if (this.#made.size > KEPT && oldest !== undefined) this.#made.delete(oldest);
    const change = changeOf(record);
    const entry = auditEntryOf(camera, beforeJson, change);
    this.#audits.owe(entry, (audited) => {
      tellChanged(this.#o.emit, camera, change, audited);
      if (audited !== undefined) this.#o.onAudit?.(entry);
    });
    void this.#settleOrTell();
  }

  /** A crash may have come between one of them and its place in the log. An entry is never written twice. */
  async again(record: SettingsRecord, beforeJson: string | undefined): Promise<void> {
    const entry = auditEntryOf(record.camera, beforeJson, changeOf(record));
    this.#audits.owe(entry, (audited) => {
      if (audited !== undefined) this.#o.onAudit?.(entry);
    });
    await this.#settleOrTell();
  }

  /** Resolves once all that showed are in the audit log. @throws CamshardError `audit_unavailable` */
  settle(): Promise<void> {
    return this.#audits.settle();
  }

  async #settleOrTell(): Promise<void> {
    try {
      await this.#audits.settle();
    } catch (error) {
      const message = 'a change of settings was made and cannot be audited; no further one is taken until it is';
      this.#o.emit({ severity: 'critical', kind: 'audit_broken', message, data: { why: errorMessage(error) } });
    }
  }
}

function changeOf({ version, hash, header, documentJson }: SettingsRecord): MadeChange {
  const document: unknown = documentJson === undefined ? null : JSON.parse(documentJson);
  return { version, updatedAt: header.at, updatedBy: header.by, via: header.via, hash, document };
}
