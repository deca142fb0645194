import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One segment: a file named by the position of its first record. It ends where the next one begins. */
export interface Segment {
  readonly path: string;
  /** Position of its first record. */
  readonly base: number;
  /** Position after its last record. */
  end: number;
  /** Bytes that readers may read: whole records, durable ones where the log is fsynced. */
  bytes: number;
}

/** A segment being written; tests put a disk that is full in its place. */
export interface SegmentWriter {
  /** Writes all of `bytes` at `offset`. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Resolves once what was written would survive a power cut. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export type OpenSegment = (path: string) => Promise<SegmentWriter>;

export const openSegmentFile: OpenSegment = async (path) => {
  const file = await open(path, 'a').then(async (created) => {
    await created.close();
    return open(path, 'r+');
  });
  return {
    async write(bytes, offset) {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, offset + done);
        done += bytesWritten;
      }
    },
    sync: () => file.datasync(),
    truncate: (bytes) => file.truncate(bytes),
    close: () => file.close(),
  };
};

const NAME = /^(\d{16})\.log$/;

export const segmentPath = (dir: string, base: number): string => join(dir, `${String(base).padStart(16, '0')}.log`);

/** The bases of the segments in `dir`, in order. */
export async function listBases(dir: string): Promise<number[]> {
  const bases: number[] = [];
  for (const name of await readdir(dir)) {
    const base = NAME.exec(name)?.[1];
    if (base !== undefined) bases.push(Number(base));
  }
  return bases.sort((a, b) => a - b);
}

/** Makes names created and deleted in `dir` survive a power cut. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
