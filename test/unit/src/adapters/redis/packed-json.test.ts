import { describe, expect, it } from 'vitest';
import { packJson, unpackJson } from '../../../../../src/adapters/redis/packed-json.ts';

describe('packed JSON', () => {
  it('gives back what it was given, short and long', async () => {
    for (const n of [0, 1, 50, 5_000]) {
      const value = { text: 'größer', numbers: Array.from({ length: n }, (_, i) => i * 1.37) };
      expect(await unpackJson(await packJson(value))).toEqual(value);
    }
  });

  it('leaves short JSON readable, and makes long JSON smaller', async () => {
    expect((await packJson({ a: 1 })).subarray(1).toString()).toBe('{"a":1}');
    const long = Array.from({ length: 5_000 }, () => ({ x: 0.5, label: 'car' }));
    expect((await packJson(long)).length).toBeLessThan(JSON.stringify(long).length / 5);
  });

  it('refuses what is damaged or packed by a later version', async () => {
    const long = await packJson('x'.repeat(5_000));
    await expect(unpackJson(long.subarray(0, -3))).rejects.toThrow();
    await expect(unpackJson(Buffer.from([9, 1, 2]))).rejects.toThrow('unknown way');
    await expect(unpackJson(Buffer.alloc(0))).rejects.toThrow('unknown way');
  });
});
