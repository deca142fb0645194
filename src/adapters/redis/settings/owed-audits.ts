import type { AuditEntry } from '../../../../core/history-record.ts';
import type { AuditLog, AuditRecord } from '../../../settings/audit-log.ts';

interface Owed {
  readonly entry: AuditEntry;
  readonly onDone: (record: AuditRecord | undefined) => void;
}

/** Entries written together share an fsync. */
const GROUP = 64;

/**
 * Changes that were made and are not in this node's audit log yet. In a cluster a change is made by Redis, so that it
 * can only be audited behind; as long as any is owed, the node takes no further one.
 */
export class OwedAudits {
  readonly #log: AuditLog;
  #owed: Owed[] = [];
  #settling: Promise<void> | undefined;

  constructor(log: AuditLog) {
    this.#log = log;
  }

  owe(entry: AuditEntry, onDone: (record: AuditRecord | undefined) => void): void {
    this.#owed.push({ entry, onDone });
  }

  /** Resolves once none is owed. @throws CamshardError `audit_unavailable`; the rest stays owed */
  settle(): Promise<void> {
    if (this.#owed.length === 0) return Promise.resolve();
    this.#settling ??= this.#settle();
    return this.#settling;
  }

  async #settle(): Promise<void> {
    try {
      while (this.#owed.length > 0) {
        const group = this.#owed.slice(0, GROUP);
        const records = await Promise.all(group.map(({ entry }) => this.#log.append(entry)));
        this.#owed.splice(0, group.length);
        group.forEach(({ onDone }, i) => {
          onDone(records[i]);
        });
      }
    } finally {
      // In the same breath as the last look: what is owed from here on is settled by a call of its own.
      this.#settling = undefined;
    }
  }
}
