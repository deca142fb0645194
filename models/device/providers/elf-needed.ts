import { open } from 'node:fs/promises';

/** Reads `length` bytes at `offset` of a file; fewer only where the file ends. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const NAME_BYTES_MAX = 256;
const HEADERS_MAX = 1_024;
const DYNAMIC_BYTES_MAX = 1024 * 1024;

/**
 * Names of the shared libraries an ELF file asks the loader for (DT_NEEDED), in order. Reads little of a file that may
 * have hundreds of megabytes. 64-bit little-endian only, which both x86-64 and arm64 are. Layout: elf(5).
 * @throws Error where the file cannot be read or is no such file
 */
export async function neededLibraries(path: string): Promise<readonly string[]> {
  const file = await open(path);
  try {
    return await neededOf(async (offset, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}

/** As {@link neededLibraries}, over any bytes. */
export async function neededOf(readAt: ReadAt): Promise<readonly string[]> {
  const head = await exactly(readAt, 0, 64);
  // 0x7f E L F, 64-bit, little-endian.
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) throw new Error('not a 64-bit ELF file');
  const tableAt = Number(head.readBigUInt64LE(32));
  const entryBytes = head.readUInt16LE(54);
  const entries = head.readUInt16LE(56);
  if (entryBytes < 56 || entries > HEADERS_MAX) throw new Error('ELF file with a strange table of segments');
  const table = await exactly(readAt, tableAt, entryBytes * entries);
  const segments = Array.from({ length: entries }, (_, i) => {
    const at = i * entryBytes;
    return {
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      bytes: Number(table.readBigUInt64LE(at + 32)),
    };
  });
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return [];

  const values = await exactly(readAt, dynamic.offset, Math.min(dynamic.bytes, DYNAMIC_BYTES_MAX));
  const names: number[] = [];
  let strings: number | undefined;
  for (let at = 0; at + 16 <= values.length; at += 16) {
    const tag = values.readBigInt64LE(at);
    const value = Number(values.readBigUInt64LE(at + 8));
    if (tag === 0n) break;
    if (tag === DT_NEEDED) names.push(value);
    if (tag === DT_STRTAB) strings = value;
  }
  if (names.length === 0) return [];
  // The table's place is given as an address in memory; the segment that holds it says where that is in the file.
  const holder = segments.find(
    ({ type, address, bytes }) =>
      type === PT_LOAD && strings !== undefined && strings >= address && strings < address + bytes,
  );
  if (holder === undefined || strings === undefined) throw new Error('ELF file without its table of names');
  const stringsAt = holder.offset + strings - holder.address;
  return Promise.all(names.map((name) => cStringAt(readAt, stringsAt + name)));
}

async function exactly(readAt: ReadAt, offset: number, length: number): Promise<Buffer> {
  const bytes = await readAt(offset, length);
  if (bytes.length < length) throw new Error('ELF file that ends too early');
  return bytes;
}

async function cStringAt(readAt: ReadAt, offset: number): Promise<string> {
  const bytes = await readAt(offset, NAME_BYTES_MAX);
  const end = bytes.indexOf(0);
  if (end < 0) throw new Error('ELF file that ends too early');
  return bytes.toString('latin1', 0, end);
}
