import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Suspects } from './suspects.ts';

/** What crashes leave in a node's data folder. */
export const journalPath = (dataDir: string): string => join(dataDir, 'crash-journal.bin');
export const suspectsPath = (dataDir: string): string => join(dataDir, 'crash-suspects.json');
export const picturesPath = (dataDir: string): string => join(dataDir, 'quarantine');

/**
 * Reads the suspects. Written by the parent while no node runs and by the node while it does, so never by two at once.
 * @param onFault told of a file that is there and cannot be read; nobody is a suspect then
 */
export function readSuspects(path: string, onFault: (error: unknown) => void): Suspects {
  try {
    return Suspects.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onFault(error);
    return new Suspects();
  }
}

/** Replaces the file whole: a reader finds the old one or the new one. @throws whatever the file system throws */
export function writeSuspects(path: string, suspects: Suspects): void {
  const next = `${path}.next`;
  try {
    writeFileSync(next, suspects.toText(), { mode: 0o600 });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
