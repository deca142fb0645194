import { open } from 'node:fs/promises';
import { nextMagic, scanRecord } from './record-format.ts';

export interface FoundRecord {
  readonly position: number;
  readonly payload: Buffer;
  /** Offset in the file behind it. */
  readonly end: number;
}

export interface ScanRange {
  readonly path: string;
  /** Where a record begins. */
  readonly from: number;
  /** Bytes of the file that count. */
  readonly to: number;
  readonly payloadBytesMax: number;
  /** Stops once this many bytes were read and at least one record was found. */
  readonly chunkBytes: number;
}

export interface ScanResult {
  readonly records: readonly FoundRecord[];
  /** Where to go on: behind the last record found, or `to` where only damage is left. */
  readonly next: number;
  /** Damaged stretches that were stepped over. */
  readonly breaks: number;
}

/**
 * Reads records in order, stepping over damage to the next record that is whole. What lies behind the last whole record
 * is damage too: it is stepped over only where `next` is `to`.
 */
export async function scanSegment({ path, from, to, payloadBytesMax, chunkBytes }: ScanRange): Promise<ScanResult> {
  const records: FoundRecord[] = [];
  let breaks = 0;
  let next = from;
  let inBreak = false;
  let wanted = chunkBytes;
  const file = await open(path, 'r');
  try {
    while (next < to && records.length === 0) {
      const bytes = await readFully(file, next, Math.min(Math.max(wanted, chunkBytes), to - next));
      const reachesEnd = next + bytes.length >= to;
      let offset = 0;
      for (;;) {
        const scanned = scanRecord(bytes, offset, payloadBytesMax);
        if (scanned.kind === 'record') {
          records.push({ position: scanned.position, payload: scanned.payload, end: next + scanned.end });
          offset = scanned.end;
          inBreak = false;
          if (offset === bytes.length) break;
          continue;
        }
        if (scanned.kind === 'incomplete' && !reachesEnd) {
          wanted = scanned.wantedBytes;
          break;
        }
        if (!inBreak) breaks++;
        inBreak = true;
        const magic = nextMagic(bytes, offset + 1);
        if (magic === -1) {
          // A magic may lie across the edge of what was read.
          offset = reachesEnd ? bytes.length : Math.max(offset + 1, bytes.length - 3);
          break;
        }
        offset = magic;
      }
      next += offset;
      if (bytes.length === 0) next = to;
    }
  } finally {
    await file.close();
  }
  return { records, next, breaks };
}

async function readFully(file: Awaited<ReturnType<typeof open>>, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
