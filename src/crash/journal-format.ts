import { BATCH_MAX } from '../../config/limits.ts';
import { CAMERA_ID_LENGTH_MAX } from '../../core/ids.ts';
import { HASH_BYTES } from './frame-hash.ts';
import type { InFlightFrame } from './journal.ts';

/**
 * The crash journal as bytes, little endian:
 *
 *     header   "CSCJ0001", pid u32, berths u32, start time of that process f64
 *     berth    frames u32, then BATCH_MAX records; one berth a ticket
 *     record   hash 20, bytes u32, length of the camera id u8, camera id 64 (ASCII), padding
 */
const MAGIC = Buffer.from('CSCJ0001', 'latin1');
export const HEADER_BYTES = 24;
const RECORD_BYTES = 96;
const COUNT_BYTES = 4;
export const BERTH_BYTES = COUNT_BYTES + BATCH_MAX * RECORD_BYTES;

const BYTES_AT = HASH_BYTES;
const LENGTH_AT = BYTES_AT + 4;
const CAMERA_AT = LENGTH_AT + 1;
if (CAMERA_AT + CAMERA_ID_LENGTH_MAX > RECORD_BYTES) throw new Error('a journal record is too small for a camera id');

/** Who writes a journal. A pid alone may be another process's by now. */
export interface JournalOwner {
  readonly pid: number;
  /** As the kernel counts it; 0 where unknown. */
  readonly startedAt: number;
}

/** A whole journal with nothing in flight. */
export function emptyJournal(owner: JournalOwner, berths: number): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + berths * BERTH_BYTES);
  MAGIC.copy(file);
  file.writeUInt32LE(owner.pid, 8);
  file.writeUInt32LE(berths, 12);
  file.writeDoubleLE(owner.startedAt, 16);
  return file;
}

/** Writes one record into a berth's buffer. @param hash {@link HASH_BYTES} bytes */
export function putRecord(berth: Buffer, index: number, hash: Buffer, bytes: number, camera: string): void {
  const at = COUNT_BYTES + index * RECORD_BYTES;
  hash.copy(berth, at);
  berth.writeUInt32LE(bytes, at + BYTES_AT);
  berth[at + LENGTH_AT] = berth.write(camera, at + CAMERA_AT, CAMERA_ID_LENGTH_MAX, 'latin1');
}

/** Writes how many records a berth's buffer holds. @returns the bytes of it that matter */
export function putCount(berth: Buffer, count: number): number {
  berth.writeUInt32LE(count, 0);
  return COUNT_BYTES + count * RECORD_BYTES;
}

export interface JournalContent {
  readonly owner: JournalOwner;
  /** Each picture once, however many berths hold it. */
  readonly frames: readonly InFlightFrame[];
}

/** Reads a journal; `undefined` for a file that is none. A berth or record that makes no sense is passed over. */
export function parseJournal(file: Buffer): JournalContent | undefined {
  if (file.byteLength < HEADER_BYTES || !file.subarray(0, MAGIC.byteLength).equals(MAGIC)) return undefined;
  const owner = { pid: file.readUInt32LE(8), startedAt: file.readDoubleLE(16) };
  const frames = new Map<string, InFlightFrame>();
  const berths = Math.min(file.readUInt32LE(12), Math.floor((file.byteLength - HEADER_BYTES) / BERTH_BYTES));
  for (let i = 0; i < berths; i++) {
    const berth = file.subarray(HEADER_BYTES + i * BERTH_BYTES, HEADER_BYTES + (i + 1) * BERTH_BYTES);
    const count = berth.readUInt32LE(0);
    if (count > BATCH_MAX) continue;
    for (let k = 0; k < count; k++) {
      const at = COUNT_BYTES + k * RECORD_BYTES;
      const length = berth[at + LENGTH_AT] ?? 0;
      if (length < 1 || length > CAMERA_ID_LENGTH_MAX) continue;
      const hash = berth.toString('hex', at, at + HASH_BYTES);
      const camera = berth.toString('latin1', at + CAMERA_AT, at + CAMERA_AT + length);
      frames.set(hash, { hash, camera, bytes: berth.readUInt32LE(at + BYTES_AT) });
    }
  }
  return { owner, frames: [...frames.values()] };
}
