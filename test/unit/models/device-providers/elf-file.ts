/** A small ELF64 file that needs these libraries; its table of names lies 4096 higher in memory than in the file. */
export function elfFile(needed: readonly string[]): Buffer {
  const HEADER = 64;
  const SEGMENT = 56;
  const SHIFT = 4096;
  const strings = Buffer.from(`\0${needed.map((name) => `${name}\0`).join('')}`, 'latin1');
  const dynamicAt = HEADER + 2 * SEGMENT;
  const dynamic = Buffer.alloc((needed.length + 2) * 16);
  const stringsAt = dynamicAt + dynamic.length;

  let name = 1;
  needed.forEach((library, i) => {
    dynamic.writeBigInt64LE(1n, i * 16); // DT_NEEDED
    dynamic.writeBigUInt64LE(BigInt(name), i * 16 + 8);
    name += library.length + 1;
  });
  dynamic.writeBigInt64LE(5n, needed.length * 16); // DT_STRTAB
  dynamic.writeBigUInt64LE(BigInt(stringsAt + SHIFT), needed.length * 16 + 8);

  const head = Buffer.alloc(HEADER);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeBigUInt64LE(BigInt(HEADER), 32);
  head.writeUInt16LE(SEGMENT, 54);
  head.writeUInt16LE(2, 56);
  const segment = (type: number, offset: number, address: number, bytes: number): Buffer => {
    const entry = Buffer.alloc(SEGMENT);
    entry.writeUInt32LE(type, 0);
    entry.writeBigUInt64LE(BigInt(offset), 8);
    entry.writeBigUInt64LE(BigInt(address), 16);
    entry.writeBigUInt64LE(BigInt(bytes), 32);
    return entry;
  };
  const size = stringsAt + strings.length;
  return Buffer.concat([
    head,
    segment(1, 0, SHIFT, size), // PT_LOAD: the whole file
    segment(2, dynamicAt, dynamicAt + SHIFT, dynamic.length), // PT_DYNAMIC
    dynamic,
    strings,
  ]);
}
