import type { MemoryReading } from '../port.ts';

/** Reads the memory of the card, or of what plays it, that one device runs on. */
export interface MemoryReader {
  /** What it holds now; undefined where that cannot be read. Never rejects. */
  read(): Promise<MemoryReading | undefined>;
}

/** For devices whose memory nobody can read, such as a GPU reached through WebGPU. */
export const unreadableMemory: MemoryReader = { read: () => Promise.resolve(undefined) };

/**
 * What memory had grown by between two readings, bytes. By this process alone where both tell it apart, so that what
 * others take or give back meanwhile does not count; 0 where one is missing, or where it shrank.
 */
export function grownBytes(before: MemoryReading | undefined, after: MemoryReading | undefined): number {
  if (before === undefined || after === undefined) return 0;
  const apart = before.ownBytes !== undefined && after.ownBytes !== undefined;
  const grown = apart ? Number(after.ownBytes) - Number(before.ownBytes) : after.usedBytes - before.usedBytes;
  return Math.max(0, grown);
}
