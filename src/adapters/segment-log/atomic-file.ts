import { open, rename } from 'node:fs/promises';

/** Replaces a small file as a whole: whoever reads it sees the old text or the new, after a power cut too. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w');
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}
