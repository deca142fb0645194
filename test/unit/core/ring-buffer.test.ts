import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from '../../../core/ring-buffer.ts';

describe('the ring buffer', () => {
  it('does what a plain bounded array does, for any sequence of pushes and shifts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.boolean(), { maxLength: 200, size: 'max' }),
        (capacity, pushes) => {
          const buffer = new RingBuffer<number>(capacity);
          const model: number[] = [];
          pushes.forEach((isPush, i) => {
            if (isPush) {
              expect(buffer.push(i)).toBe(model.length < capacity);
              if (model.length < capacity) model.push(i);
            } else expect(buffer.shift()).toBe(model.shift());
            expect([...buffer]).toEqual(model);
            expect([buffer.size, buffer.isEmpty, buffer.isFull]).toEqual([
              model.length,
              model.length === 0,
              model.length === capacity,
            ]);
            expect(buffer.peek()).toBe(model[0]);
            expect(buffer.at(model.length - 1)).toBe(model.at(-1));
          });
        },
      ),
      { seed: 8, numRuns: 200 },
    );
  });

  it('gives nothing outside of what it holds', () => {
    const buffer = new RingBuffer<string>(3);
    buffer.push('a');
    expect([buffer.at(-1), buffer.at(0), buffer.at(1)]).toEqual([undefined, 'a', undefined]);
  });

  it('holds as many as its capacity, also where doubling would pass it', () => {
    const buffer = new RingBuffer<number>(5);
    for (let i = 0; i < 7; i++) buffer.push(i);
    expect([...buffer]).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a capacity of %d', (capacity) => {
    expect(() => new RingBuffer(capacity)).toThrow(RangeError);
  });
});
