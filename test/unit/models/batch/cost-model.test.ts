import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../core/random.ts';
import { CostModel } from '../../../../models/batch/cost-model.ts';

describe('what a batch costs', () => {
  it('is nothing as long as nothing was measured', () => {
    expect(new CostModel().predictMs(8)).toBe(0);
  });

  it('assumes no gain from batching after one measurement', () => {
    const cost = new CostModel();
    cost.observe(1, 12);
    expect(cost.predictMs(4)).toBe(48);
  });

  it('learns a and k of t(b) = a + k*b from noisy runs and predicts a batch size that never ran', () => {
    const cost = new CostModel();
    const random = createRandom(5);
    for (let i = 0; i < 400; i++) {
      const b = [1, 2, 4, 8][i % 4] ?? 1;
      cost.observe(b, (6 + 1.5 * b) * (0.9 + 0.2 * random()));
    }
    expect(cost.predictMs(16)).toBeGreaterThan(27);
    expect(cost.predictMs(16)).toBeLessThan(33);
  });

  it('follows a device that becomes slower, and is not thrown by one hiccup', () => {
    const cost = new CostModel();
    for (let i = 0; i < 20; i++) cost.observe(1, 10);
    cost.observe(1, 5_000);
    expect(cost.predictMs(1)).toBeLessThan(16);
    for (let i = 0; i < 40; i++) cost.observe(1, 20);
    expect(cost.predictMs(1)).toBeCloseTo(20, 0);
  });

  it('forgets a slow spell for every batch size as soon as one shows that it is over', () => {
    const cost = new CostModel();
    for (const b of [1, 2, 4, 8]) cost.observe(b, 10 + 1.5 * b);
    for (let i = 0; i < 20; i++) cost.observe(8, 4 * 22);
    for (let i = 0; i < 100; i++) cost.observe(1, 11.5);
    expect(cost.predictMs(8)).toBeLessThan(1.2 * 22);
  });
});
