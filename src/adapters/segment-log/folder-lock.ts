import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CamshardError } from '../../../core/errors.ts';
import { processNow, stillRuns } from '../../crash/process-identity.ts';

/** A folder is already written by another process, or by this one. */
export class FolderLockedError extends CamshardError {}

interface LockOwner {
  readonly pid: number;
  /** Pids come again: the start time tells two processes apart. */
  readonly startedAt: number;
  /** Tells apart two openings in one process. */
  readonly token: string;
}

const held = new Set<string>();
let locksTaken = 0;
const TRIES_MAX = 5;

/**
 * Takes `dir` for this process alone, making it where it is not there. The lock of a process that is gone is taken over.
 * @returns gives the lock back
 * @throws FolderLockedError `folder_locked` where another process, or this one, has it
 */
export async function lockFolder(dir: string, what: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'lock');
  const { pid, startedAt } = processNow();
  const token = `${pid}-${startedAt}-${++locksTaken}`;
  // Linked into place with its content, so that nobody ever reads half a lock.
  const mine = join(dir, `lock.${token}`);
  await writeFile(mine, JSON.stringify({ pid, startedAt, token } satisfies LockOwner));
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const taken = await link(mine, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false;
          throw error;
        },
      );
      const owner = await readOwner(path);
      if (taken && owner?.token === token) {
        held.add(token);
        return () => giveBack(path, token);
      }
      if (owner !== undefined && isAlive(owner)) {
        throw new FolderLockedError('folder_locked', `${what} ${dir} is in use by process ${owner.pid}`);
      }
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
  throw new FolderLockedError('folder_locked', `${what} ${dir} is being taken by another process`);
}

async function giveBack(path: string, token: string): Promise<void> {
  held.delete(token);
  if ((await readOwner(path))?.token === token) await rm(path, { force: true });
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}

const isAlive = (owner: LockOwner): boolean => (owner.pid === process.pid ? held.has(owner.token) : stillRuns(owner));
