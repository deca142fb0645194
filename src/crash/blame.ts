import { rmSync } from 'node:fs';
import { journalPath, readSuspects, suspectsPath, writeSuspects } from './crash-files.ts';
import { readJournalFile } from './journal-file.ts';

export interface EndedNode {
  readonly dataDir: string;
  readonly pid: number | undefined;
  /** Native code ended it. Otherwise (killed, exited, stopped) what was in flight had no part in it. */
  readonly crashed: boolean;
  readonly wallMs: number;
}

/** What a crash came to: frames that were in flight, and how many of them had been in an earlier one. */
export interface Blame {
  readonly inFlight: number;
  readonly quarantined: number;
}

/**
 * For the parent, when a node process has ended and before the next one starts: reads what it had in flight and, where it
 * crashed, writes that down as suspects. The journal is gone afterwards either way.
 * @returns `undefined` where nobody is to blame
 * @throws whatever the file system throws
 */
export function blameFrames({ dataDir, pid, crashed, wallMs }: EndedNode): Blame | undefined {
  const path = journalPath(dataDir);
  const journal = readJournalFile(path);
  // Another node that shares this folder writes its own: it is none of ours.
  if (journal === undefined || journal.owner.pid !== pid) return undefined;
  rmSync(path, { force: true });
  if (!crashed || journal.frames.length === 0) return undefined;
  const file = suspectsPath(dataDir);
  // A file that cannot be read holds nothing worth keeping.
  const suspects = readSuspects(file, () => {});
  suspects.blame(journal.frames, wallMs);
  writeSuspects(file, suspects);
  const again = journal.frames.filter(({ hash }) => (suspects.get(hash)?.crashes ?? 0) > 1);
  return { inFlight: journal.frames.length, quarantined: again.length };
}
