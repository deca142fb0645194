import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnHeap } from '../../../../models/batch/turn-heap.ts';

describe('the line of turns', () => {
  it('gives turns by tag and then by order, whatever they came in', () => {
    const turns = fc.array(fc.record({ tag: fc.integer({ min: 0, max: 5 }), order: fc.nat(1_000) }), { maxLength: 60 });
    fc.assert(
      fc.property(turns, fc.array(fc.boolean(), { maxLength: 60 }), (items, popsBetween) => {
        const heap = new TurnHeap<(typeof items)[number]>();
        const model: typeof items = [];
        const takeFirst = () => {
          model.sort((a, b) => a.tag - b.tag || a.order - b.order);
          expect(heap.pop()).toEqual(model.shift());
        };
        items.forEach((item, i) => {
          heap.push(item);
          model.push(item);
          if (popsBetween[i] === true) takeFirst();
        });
        while (model.length > 0) takeFirst();
        expect(heap.pop()).toBeUndefined();
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
