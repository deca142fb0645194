import { rename, rm } from 'node:fs/promises';
import { errorCode } from '../../core/errors.ts';

/**
 * Renames `work` to `target`, unless something whole lies there already: then that stays, because its users may be
 * opening its files. What is not whole is moved aside, since a folder is never renamed onto a full one.
 *
 * @returns false where what lay there stayed
 */
export async function putInPlace(work: string, target: string, isWhole: () => Promise<boolean>): Promise<boolean> {
  if (await renamed(work, target)) return true;
  if (await isWhole()) return false;
  const aside = `${work}.old`;
  try {
    await renamed(target, aside);
    return await renamed(work, target);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** False where something is in the way, or another importer moved `from` first. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error))) return false;
    throw error;
  }
}
