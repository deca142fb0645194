import type { AuditEntry } from '../../core/history-record.ts';

/** An entry with its place in the log. */
export interface AuditRecord {
  /** Counts up from 1 without gaps. */
  readonly seq: number;
  /** SHA-256 over this entry and the hash of the one before: who changes one must change all behind it. */
  readonly hash: string;
  readonly entry: AuditEntry;
}

export interface AuditQuery {
  /** Records behind this one, oldest first; the newest ones where absent. */
  readonly after?: number;
  readonly limit: number;
  readonly subject?: string;
}

export interface AuditPage {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** Cursor to go on from; null where the end is reached. A page may be short, or empty, and still have one. */
  readonly next: number | null;
  /** Number of the newest record there is. */
  readonly last: number;
}

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly records: number; readonly hash: string }
  | { readonly kind: 'broken'; readonly file: string; readonly line: number; readonly why: string };

/** Who changed what, append-only. */
export interface AuditLog {
  /**
   * Resolves once the entry would survive the loss of power. An id that is among the newest is not written twice.
   * @throws CamshardError `audit_unavailable`
   */
  append(entry: AuditEntry): Promise<AuditRecord | undefined>;
  /** When the newest entry was made, ms since the Unix epoch; 0 where there is none. */
  readonly lastAtMs: number;
  read(query: AuditQuery): Promise<AuditPage>;
  /** Reads everything there is. */
  verify(): Promise<AuditVerdict>;
  close(): Promise<void>;
}
