import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Clock } from '../../../core/clock.ts';

const LOOK_MS = 250;
const CHUNK_BYTES = 64 * 1024;

export interface FollowFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The bytes of a file and those appended to it, until `signal` aborts. Goes on with the new file where it was rotated (moved
 * away and made anew, or cut short), once the old one is read to its end.
 */
export async function* followFile({ path, clock, signal }: FollowFileOptions): AsyncGenerator<Uint8Array> {
  let file = await open(path, 'r');
  try {
    let { ino } = await file.stat();
    let at = 0;
    while (!signal.aborted) {
      const chunk = await readAt(file, at);
      if (chunk.byteLength > 0) {
        at += chunk.byteLength;
        yield chunk;
        continue;
      }
      await pause(clock, signal);
      const there = await stat(path).catch(() => undefined);
      if (there === undefined) continue; // moved away; the next one is not there yet
      if (there.ino !== ino) {
        const rest = await readAt(file, at);
        if (rest.byteLength > 0) {
          at += rest.byteLength;
          yield rest;
          continue;
        }
        await file.close();
        file = await open(path, 'r');
        ({ ino } = await file.stat());
        at = 0;
      } else if (there.size < at) {
        at = 0;
      }
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, at: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
  return buffer.subarray(0, bytesRead);
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(LOOK_MS, end);
    signal.addEventListener('abort', end);
  });
}
