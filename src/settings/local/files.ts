import { type FileHandle, open, rm } from 'node:fs/promises';

/** Writes that survive the loss of power. */

async function within<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Makes the folder's entries last: a rename or removal is one. */
export const syncFolder = (dir: string): Promise<void> => within(dir, 'r', (file) => file.sync());

export const writeSynced = (path: string, text: string): Promise<void> =>
  within(path, 'w', async (file) => {
    await file.writeFile(text);
    await file.sync();
  });

/**
 * Appends `text`; where that fails nothing of it is left.
 * @throws what the file system says
 */
export const appendSynced = (path: string, text: string): Promise<void> =>
  within(path, 'a', async (file) => {
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.datasync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  });

export const removeIfThere = (path: string): Promise<void> => rm(path, { force: true });

/** The code of a file system's fault, e.g. `ENOENT`. */
export function fsCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
