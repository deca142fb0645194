import type { Alert } from '../../core/alert.ts';
import type { CameraId } from '../../core/ids.ts';
import type { Acknowledgement } from './alert-book.ts';

/** What the outbox keeps, in the order it happened. */
export type OutboxRecord =
  | {
      readonly kind: 'alert';
      readonly alert: Alert;
      /** Sinks that had it from the camera's owner before: they are not given it again. */
      readonly had?: readonly string[];
    }
  | {
      readonly kind: 'acknowledged';
      readonly id: string;
      readonly who: string;
      readonly atMs: number;
      /** As it was then, for sinks that keep alerts; records of earlier versions have none. */
      readonly alert?: Alert;
      readonly had?: readonly string[];
    }
  /** An alert that the camera's owner before raised and delivered: for the book, not for sinks. */
  | { readonly kind: 'adopted'; readonly alert: Alert; readonly acknowledged: Acknowledgement | null }
  /** Numbers that the camera's owner before gave out: they never come again. */
  | { readonly kind: 'openings'; readonly camera: CameraId; readonly openings: Readonly<Record<string, number>> }
  /** These cameras are somebody else's from here on: what the book has of them goes. */
  | { readonly kind: 'moved'; readonly cameras: readonly MovedCamera[] };

/** Records that are about an alert: what sinks are given. */
export type AlertRecord = Extract<OutboxRecord, { kind: 'alert' | 'acknowledged' }>;

export interface MovedCamera {
  readonly camera: CameraId;
  /** Place of the first record that went with it; those before it did not. Null where none went. */
  readonly from: number | null;
}

/** Where they are kept, in order: a segment log. */
export interface Outbox {
  /**
   * Takes a record without making the caller wait.
   * @param done told its place once it is kept, or that it is not; never called where this answers otherwise
   */
  offer(record: OutboxRecord, done: (appended: number | 'full' | 'closed') => void): 'accepted' | 'full' | 'closed';
}

/** The alert a record is about; undefined for those that are for the book alone, and for old acknowledgements. */
export const alertOfRecord = (record: OutboxRecord): Alert | undefined =>
  record.kind === 'alert' || record.kind === 'acknowledged' ? record.alert : undefined;
