import type { HistoryRecord, Origin } from '../../core/history-record.ts';

/** A record as it waits on the disk. */
export interface Spooled {
  /** When it was written, ms since the Unix epoch by this node's clock: tells a past owner's rightful records from later ones. */
  readonly t: number;
  readonly r: HistoryRecord;
}

export interface PlacedRecord {
  /** Its place in the spool. */
  readonly position: number;
  readonly value: Spooled;
}

/** Which owner of which shard a record is from; undefined where it is nobody's. */
export function originOf(record: HistoryRecord): Pick<Origin, 'shard' | 'epoch'> | undefined {
  switch (record.kind) {
    case 'event':
    case 'interval':
    case 'object':
      return record.origin;
    case 'alert':
      return record.alert;
    case 'acknowledged':
    case 'audit':
      return undefined;
  }
}
