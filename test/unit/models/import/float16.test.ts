import { describe, expect, it } from 'vitest';
import { decodeFloat16, float16ToNumber } from '../../../../models/import/float16.ts';

describe('float16 weights', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])('reads the bits %i as %d', (bits, value) => {
    expect(float16ToNumber(bits)).toBe(value);
  });

  it('keeps the sign of zero and knows NaN', () => {
    expect(Object.is(float16ToNumber(0x8000), -0)).toBe(true);
    expect(float16ToNumber(0x7e00)).toBeNaN();
  });

  it('reads little-endian bytes wherever they begin', () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x3c, 0x00, 0xc0);
    expect([...decodeFloat16(bytes.subarray(1))]).toEqual([1, -2]);
  });
});
