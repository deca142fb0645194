import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { capacityWeights, steadyCapacity } from '../../../shards/steady-capacity.ts';

describe('the capacity a node tells', () => {
  it('stays what it was while measurements differ by noise of 10 % each way', () => {
    const random = createRandom(1);
    const first = steadyCapacity(0, 110);
    expect(first).toBe(110);
    for (let i = 0; i < 1_000; i++) expect(steadyCapacity(first, 100 * (0.9 + 0.2 * random()))).toBe(first);
  });

  it('follows where a device is lost or added', () => {
    expect(steadyCapacity(200, 100)).toBe(100);
    expect(steadyCapacity(200, 400)).toBe(400);
  });

  it('is the last one known where a measurement is missing', () => {
    expect(steadyCapacity(200, 0)).toBe(200);
    expect(steadyCapacity(200, Number.NaN)).toBe(200);
    expect(steadyCapacity(0, 0)).toBe(0);
  });
});

describe('capacities as weights', () => {
  it('are the same for nodes that differ by noise only', () => {
    expect(new Set(capacityWeights([90, 110, 100, 97])).size).toBe(1);
    const [a, b, c, d] = capacityWeights([90, 260, 110, 240]);
    expect([a === c, b === d, a === b]).toEqual([true, true, false]);
  });

  it('take an unknown capacity for the median of the known, and for 1 where none is known', () => {
    expect(capacityWeights([100, 0, 300, 100])).toEqual([100, 100, 300, 100]);
    expect(capacityWeights([0, 0])).toEqual([1, 1]);
    expect(capacityWeights([])).toEqual([]);
  });
});
