import { stat, truncate } from 'node:fs/promises';
import { scanSegment } from './scan-segment.ts';

export interface RecoveredTail {
  /** Position after the last whole record. */
  readonly end: number;
  readonly bytes: number;
  /** Bytes of a half-written record that were cut off. */
  readonly tornBytes: number;
}

const CHUNK_BYTES = 1024 ** 2;

/** Finds where the last segment ends and cuts off what a kill or a full disk left half written behind it. */
export async function recoverTail(path: string, base: number, payloadBytesMax: number): Promise<RecoveredTail> {
  const { size } = await stat(path);
  let end = base;
  let bytes = 0;
  for (let from = 0; from < size; ) {
    const scanned = await scanSegment({ path, from, to: size, payloadBytesMax, chunkBytes: CHUNK_BYTES });
    const last = scanned.records.at(-1);
    if (last !== undefined) {
      end = last.position + 1;
      bytes = last.end;
    }
    from = scanned.next;
  }
  if (bytes < size) await truncate(path, bytes);
  return { end, bytes, tornBytes: size - bytes };
}
