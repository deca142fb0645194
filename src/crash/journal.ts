import type { CrashJournal } from '../../actors/crash-journal.ts';

/** A journal that somebody opened, and closes. */
export interface OpenJournal extends CrashJournal {
  close(): void;
}

/** Writes nothing: for tests, and for a node without a usable data folder. */
export const noCrashJournal: OpenJournal = { dispatched: () => 0, settled: () => {}, close: () => {} };

/** One frame that was in flight. */
export interface InFlightFrame {
  /** 40 hex digits. */
  readonly hash: string;
  readonly camera: string;
  /** Of the encoded picture. */
  readonly bytes: number;
}
