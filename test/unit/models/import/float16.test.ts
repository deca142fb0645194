import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16, float16ToNumber, numberToFloat16 } from '../../../../models/import/float16.ts';

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

describe('rounding to float16', () => {
  it('gives every float16 value its own bits back', () => {
    const changed = Array.from({ length: 0x1_0000 }, (_, bits) => bits).filter((bits) => {
      const value = float16ToNumber(bits);
      return !Number.isNaN(value) && numberToFloat16(value) !== bits;
    });
    expect(changed).toEqual([]);
    expect(float16ToNumber(numberToFloat16(NaN))).toBeNaN();
  });

  it.each([
    ['ties go to the even one, here down', 1 + 2 ** -11, 0x3c00],
    ['ties go to the even one, here up', 1 + 3 * 2 ** -11, 0x3c02],
    ['a little over a tie goes up', 1 + 2 ** -11 + 2 ** -20, 0x3c01],
    ['a carry reaches the exponent', 2 - 2 ** -12, 0x4000],
    ['the largest number may carry to infinity', 65_520, 0x7c00],
    ['and stays below it before', 65_519, 0x7bff],
    ['far too large', -1e9, 0xfc00],
    ['half of the least subnormal is a tie with 0', 2 ** -25, 0x0000],
    ['more than half of it is not', 1.5 * 2 ** -25, 0x0001],
    ['a subnormal may carry to the least normal number', 2 ** -14 - 2 ** -26, 0x0400],
    ['next to nothing', -(2 ** -40), 0x8000],
  ])('%s', (_, value, bits) => {
    expect(numberToFloat16(value)).toBe(bits);
  });

  it('turns a whole array', () => {
    expect([...encodeFloat16(Float32Array.of(1, -2, 0.5))]).toEqual([0x3c00, 0xc000, 0x3800]);
  });
});
