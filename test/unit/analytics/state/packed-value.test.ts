import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedStateError } from '../../../../analytics/state/byte-reader.ts';
import { packValue, Series, unpackValue } from '../../../../analytics/state/packed-value.ts';

const BASE_MS = 1_767_225_600_000;
const through = (value: unknown): unknown => unpackValue(packValue(value, BASE_MS));

describe('a packed value', () => {
  it('is what it was, whatever JSON that is', () => {
    const anything = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
    const same = fc.property(anything, (value) => {
      expect(through(value)).toEqual(value);
    });
    fc.assert(same, { numRuns: 300, seed: 1 });
  });

  it('keeps numbers of every kind to the last bit', () => {
    const numbers = [
      ...[0, -0, 1, -1, 63, 64, 2 ** 31, -(2 ** 31), 2 ** 48, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300],
      ...[0.1, -0.1, 0.00001, 0.000001, 12345.67891, 1 / 3, Math.fround(1 / 3), Math.PI, 5e-324],
      ...[BASE_MS, BASE_MS - 1, BASE_MS + 86_400_000, BASE_MS + 0.5, BASE_MS - 2 ** 40],
    ];
    const back = through(numbers) as number[];
    for (const [i, value] of numbers.entries()) expect(Object.is(back[i], value)).toBe(true);
  });

  it('keeps runs of zeros, and arrays within arrays', () => {
    const value = [0, 0, 0, 0, [0, 0], [[0, 0, 0]], 1, 0, 0, 0];
    expect(through(value)).toEqual(value);
  });

  it('keeps a series, also one that is no whole number of steps', () => {
    const columns = [
      { steps: 'time', order: 2 },
      { steps: 10_000, order: 2 },
      { steps: 1e6, order: 1 },
    ] as const;
    const row = fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -20_000, max: 20_000 }), fc.integer());
    const way = fc
      .array(row, { maxLength: 60 })
      .map((rows) => rows.flatMap(([ms, x, n]) => [BASE_MS + ms, x / 10_000, n / 1e6]));
    const same = fc.property(way, (values) => {
      expect(through({ path: new Series(values, columns) })).toEqual({ path: values });
    });
    fc.assert(same, { numRuns: 200, seed: 2 });
    const odd = [BASE_MS + 0.25, 1 / 3, 0.5];
    expect(through(new Series(odd, columns))).toEqual(odd);
    expect(through(Float32Array.of(1.5, 0.1))).toEqual([1.5, Math.fround(0.1)]);
  });

  it('that is cut short or is none is refused, and never read on for ever', () => {
    const whole = packValue({ a: [1, 2, 'three'], b: { c: null } }, BASE_MS);
    for (let length = 0; length < whole.length - 4; length += 4) {
      expect(() => unpackValue(whole.slice(0, length))).toThrow(PackedStateError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          unpackValue(Buffer.from(bytes).toString('base64'));
        } catch (error) {
          expect(error).toBeInstanceOf(PackedStateError);
        }
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
