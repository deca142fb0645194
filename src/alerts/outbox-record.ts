import type { Alert } from '../../core/alert.ts';

/** What the outbox keeps, in the order it happened. */
export type OutboxRecord =
  | { readonly kind: 'alert'; readonly alert: Alert }
  | {
      readonly kind: 'acknowledged';
      readonly id: string;
      readonly who: string;
      readonly atMs: number;
      /** As it was then, for sinks that keep alerts; records of earlier versions have none. */
      readonly alert?: Alert;
    };

/** Where they are kept, in order: a segment log. */
export interface Outbox {
  /**
   * Takes a record without making the caller wait.
   * @param done told its place once it is kept, or that it is not; never called where this answers otherwise
   */
  offer(record: OutboxRecord, done: (appended: number | 'full' | 'closed') => void): 'accepted' | 'full' | 'closed';
}
