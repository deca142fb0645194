import { describe, expect, it } from 'vitest';
import { type Scratch, ScratchPool } from '../../../../models/decode/scratch-pool.ts';

const KIB = 1024;

describe('the scratch pool', () => {
  it('lends exactly the bytes asked for and uses a returned buffer again', async () => {
    const pool = new ScratchPool(1024 * KIB);
    const first = await pool.acquire(100 * KIB);
    expect(first.bytes.byteLength).toBe(100 * KIB);
    first.release();
    const second = await pool.acquire(120 * KIB);
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(pool.bytes).toBe(128 * KIB);
  });

  it('never lends one buffer twice at a time', async () => {
    const pool = new ScratchPool(1024 * KIB);
    const lent = await Promise.all([1, 2, 3, 4].map(() => pool.acquire(200 * KIB)));
    expect(new Set(lent.map((scratch) => scratch.bytes.buffer)).size).toBe(4);
    expect(pool.lent).toBe(4);
  });

  it('lets whoever finds it full wait in order, a large one not starved by small ones', async () => {
    const pool = new ScratchPool(512 * KIB);
    const held = [await pool.acquire(256 * KIB), await pool.acquire(256 * KIB)];
    const order: string[] = [];
    const take = async (name: string, bytes: number): Promise<Scratch> => {
      const scratch = await pool.acquire(bytes);
      order.push(name);
      return scratch;
    };
    const large = take('large', 512 * KIB);
    const small = take('small', 64 * KIB);
    held[0]?.release();
    await Promise.resolve();
    expect(order).toEqual([]);
    held[1]?.release();
    (await large).release();
    (await small).release();
    expect(order).toEqual(['large', 'small']);
    expect(pool.bytes).toBeLessThanOrEqual(512 * KIB);
  });

  it('drops idle buffers of other classes before it lets anyone wait', async () => {
    const pool = new ScratchPool(512 * KIB);
    (await pool.acquire(512 * KIB)).release();
    const small = await pool.acquire(64 * KIB);
    expect(pool.bytes).toBe(64 * KIB);
    small.release();
  });

  it('says what it can never lend, and refuses it', async () => {
    const pool = new ScratchPool(512 * KIB);
    expect(pool.fits(512 * KIB)).toBe(true);
    expect(pool.fits(513 * KIB)).toBe(false);
    await expect(pool.acquire(513 * KIB)).rejects.toThrow('scratch of');
  });

  it('takes a buffer back only once', async () => {
    const scratch = await new ScratchPool(512 * KIB).acquire(1);
    scratch.release();
    expect(() => scratch.release()).toThrow('twice');
  });
});
