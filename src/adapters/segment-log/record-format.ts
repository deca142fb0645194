import { crc32c } from './crc32c.ts';

/**
 * One record of a segment, little-endian:
 *
 *     0        4        8            16       20
 *     │ magic  │ length │ position   │ crc32c │ payload, JSON in UTF-8 ...
 *
 * The checksum covers length, position and payload. The magic lets a reader find the next record behind a broken one,
 * and the position tells it how many were in between.
 */
export const HEAD_BYTES = 20;
const MAGIC = Buffer.from('CSR1');
/** What is checked starts here. */
const CHECKED_AT = MAGIC.length;
const CRC_AT = 16;

/** One record's bytes. @param position whole, from 1 */
export function encodeRecord(position: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.byteLength);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(payload.byteLength, 4);
  bytes.writeBigUInt64LE(BigInt(position), 8);
  bytes.set(payload, HEAD_BYTES);
  bytes.writeUInt32LE(checksum(bytes, payload.byteLength), CRC_AT);
  return bytes;
}

export type Scanned =
  | {
      readonly kind: 'record';
      readonly position: number;
      readonly payload: Buffer;
      /** Offset of whatever follows, in the bytes given. */
      readonly end: number;
    }
  /** What is there may be the beginning of a record; more bytes would tell. */
  | { readonly kind: 'incomplete'; readonly wantedBytes: number }
  | { readonly kind: 'broken' };

/** Reads the record at `offset`. @param payloadBytesMax a length beyond is no length but damage */
export function scanRecord(bytes: Buffer, offset: number, payloadBytesMax: number): Scanned {
  const left = bytes.length - offset;
  if (left < HEAD_BYTES) return { kind: 'incomplete', wantedBytes: HEAD_BYTES };
  if (bytes.compare(MAGIC, 0, MAGIC.length, offset, offset + MAGIC.length) !== 0) return { kind: 'broken' };
  const length = bytes.readUInt32LE(offset + 4);
  if (length > payloadBytesMax) return { kind: 'broken' };
  const end = offset + HEAD_BYTES + length;
  if (end > bytes.length) return { kind: 'incomplete', wantedBytes: HEAD_BYTES + length };
  const record = bytes.subarray(offset, end);
  if (record.readUInt32LE(CRC_AT) !== checksum(record, length)) return { kind: 'broken' };
  const position = Number(record.readBigUInt64LE(8));
  return { kind: 'record', position, payload: record.subarray(HEAD_BYTES), end };
}

/** Offset of the next magic at or behind `from`, -1 where there is none. */
export const nextMagic = (bytes: Buffer, from: number): number => bytes.indexOf(MAGIC, from);

function checksum(record: Buffer, length: number): number {
  const head = crc32c(record.subarray(CHECKED_AT, CRC_AT));
  return crc32c(record.subarray(HEAD_BYTES, HEAD_BYTES + length), head);
}
