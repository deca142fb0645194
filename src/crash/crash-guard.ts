import { mkdirSync, rmSync } from 'node:fs';
import type { CrashJournal } from '../../actors/crash-journal.ts';
import type { NodeConfig } from '../../config/schema.ts';
import { errorMessage } from '../../core/errors.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import { journalPath, picturesPath, readSuspects, suspectsPath, writeSuspects } from './crash-files.ts';
import { noCrashJournal } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { PictureStore } from './picture-store.ts';
import { FrameQuarantine, type Quarantine } from './quarantine.ts';
import type { Suspects } from './suspects.ts';
import { WatchedJournal } from './watched-journal.ts';

/** What keeps a picture that crashes native code from doing so for ever; docs/failures.md. */
export interface CrashGuard {
  readonly journal: CrashJournal;
  readonly quarantine: Quarantine;
  /** Nothing is in flight any more: the journal is gone. */
  close(): void;
}

export interface CrashGuardOptions {
  readonly config: Pick<NodeConfig, 'node' | 'devices' | 'quarantine'>;
  readonly emit: EmitEvent;
  readonly log: { warn(data: object, text: string): void };
}

/**
 * Opens journal, suspects and pictures in `<dataDir>`. Never fails: what cannot be had is done without and said in the
 * log, since a node that cannot remember crashes is better than none.
 */
export function openCrashGuard({ config, emit, log }: CrashGuardOptions): CrashGuard {
  const { dataDir } = config.node;
  const path = journalPath(dataDir);
  const warn = (text: string) => (error: unknown) => log.warn({ err: error }, `${text}: ${errorMessage(error)}`);
  const attempt = <T>(text: string, open: () => T): T | undefined => {
    try {
      return open();
    } catch (error) {
      warn(text)(error);
      return undefined;
    }
  };
  const journal = attempt('there is no crash journal', () => {
    mkdirSync(dataDir, { recursive: true });
    return new JournalFile({
      path,
      devices: config.devices.length,
      onFault: warn('the crash journal is not written any more'),
    });
  });
  // Without a journal of its own this node may be a second one in the folder of another: it only reads there.
  const writable = journal !== undefined;
  const save = (suspects: Suspects): void => {
    if (writable) attempt('suspects are not written', () => writeSuspects(suspectsPath(dataDir), suspects));
  };
  const quarantine = new FrameQuarantine({
    suspects: readSuspects(suspectsPath(dataDir), warn('suspects of earlier crashes are forgotten')),
    pictures: writable
      ? attempt('quarantined pictures are not kept', () => new PictureStore(picturesPath(dataDir), config.quarantine))
      : undefined,
    save,
    emit,
    onFault: warn('a quarantined picture is not kept'),
  });
  if (journal === undefined) return { journal: noCrashJournal, quarantine, close: () => {} };
  const watched = new WatchedJournal(journal, quarantine);
  return {
    journal: watched,
    quarantine,
    close() {
      watched.close();
      rmSync(path, { force: true });
    },
  };
}
