import { describe, expect, it } from 'vitest';
import { grownBytes, unreadableMemory } from '../../../../../models/device/memory/memory-reader.ts';

const reading = (usedBytes: number, ownBytes?: number) => ({ totalBytes: 1_000, usedBytes, ownBytes });

describe('growth of memory', () => {
  it('counts what this process took where that can be told apart', () => {
    expect(grownBytes(reading(500, 100), reading(900, 150))).toBe(50);
  });

  it('counts what everybody took where it cannot', () => {
    expect(grownBytes(reading(500), reading(900, 150))).toBe(400);
    expect(grownBytes(reading(500, 100), reading(900))).toBe(400);
  });

  it('is nothing where memory shrank or cannot be read', async () => {
    expect(grownBytes(reading(500, 100), reading(900, 90))).toBe(0);
    expect(grownBytes(undefined, reading(900))).toBe(0);
    expect(grownBytes(reading(500), await unreadableMemory.read())).toBe(0);
  });
});
