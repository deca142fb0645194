import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claim, shareOut } from '../../../../actors/flow/share-out.ts';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
const claim = (wantedFps: number, weight = 2, leastFps = 0): Claim => ({ wantedFps, weight, leastFps });

const weights = fc.constantFrom(1, 2, 4);
const fps = fc.double({ min: 0, max: 120, noNaN: true });
const claims = fc.array(fc.record({ wantedFps: fps, weight: weights, leastFps: fc.constant(0) }), {
  minLength: 1,
  maxLength: 40,
});
const claimsWithLeast = fc.array(
  fc.record({ wantedFps: fps, weight: weights, leastFps: fc.double({ min: 0, max: 5, noNaN: true }) }),
  { minLength: 1, maxLength: 40 },
);
const budget = fc.double({ min: 0, max: 3_000, noNaN: true });

describe('sharing out a budget', () => {
  it('gives everybody what they want where there is enough', () => {
    expect([...shareOut(100, [claim(10), claim(5, 4), claim(60, 1)])]).toEqual([10, 5, 60]);
  });

  it('splits evenly between equals, and what one leaves over goes to the others', () => {
    expect([...shareOut(30, [claim(20), claim(20), claim(20)])]).toEqual([10, 10, 10]);
    expect([...shareOut(30, [claim(20), claim(2), claim(20)])]).toEqual([14, 2, 14]);
  });

  it('splits by weight between those that could use more', () => {
    expect([...shareOut(70, [claim(100, 4), claim(100, 2), claim(100, 1)])]).toEqual([40, 20, 10]);
  });

  it('never gives more than is wanted, and hands out exactly the budget where more is wanted than there is', () => {
    fc.assert(
      fc.property(budget, claims, (budgetFps, all) => {
        const granted = shareOut(budgetFps, all);
        all.forEach((one, i) => {
          expect(granted[i]).toBeLessThanOrEqual(one.wantedFps);
          expect(granted[i]).toBeGreaterThanOrEqual(0);
        });
        expect(sum(granted)).toBeCloseTo(Math.min(budgetFps, sum(all.map((one) => one.wantedFps))), 6);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is max-min fair: who gets less than it wants gets, by weight, no less than anybody', () => {
    fc.assert(
      fc.property(budget, claims, (budgetFps, all) => {
        const granted = shareOut(budgetFps, all);
        const levels = all.map((one, i) => (granted[i] ?? 0) / one.weight);
        all.forEach((one, i) => {
          if ((granted[i] ?? 0) >= one.wantedFps - 1e-9) return;
          expect(levels[i]).toBeGreaterThanOrEqual(Math.max(...levels) - 1e-9);
        });
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('never gives less for a larger budget', () => {
    fc.assert(
      fc.property(budget, budget, claims, (a, b, all) => {
        const less = shareOut(Math.min(a, b), all);
        const more = shareOut(Math.max(a, b), all);
        less.forEach((fewer, i) => {
          expect(more[i]).toBeGreaterThanOrEqual(fewer - 1e-9);
        });
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('depends on no order', () => {
    fc.assert(
      fc.property(budget, claims, (budgetFps, all) => {
        const turned = [...shareOut(budgetFps, [...all].reverse())].reverse();
        shareOut(budgetFps, all).forEach((share, i) => {
          expect(turned[i]).toBeCloseTo(share, 6);
        });
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it('lets a claim of any size take nothing from those that want their share only', () => {
    const others = Array.from({ length: 9 }, () => claim(10));
    const granted = shareOut(50, [...others, claim(1_000)]);
    expect(Math.min(...granted)).toBeCloseTo(5);
    expect(granted[9]).toBeCloseTo(5);
  });

  it('hands out the least even where that is more than the budget, but never more than is wanted', () => {
    expect([...shareOut(1, [claim(10, 2, 2), claim(10, 2, 2), claim(0.5, 2, 2)])]).toEqual([2, 2, 0.5]);
    expect([...shareOut(0, [claim(10, 2, 2)])]).toEqual([2]);
    fc.assert(
      fc.property(budget, claimsWithLeast, (budgetFps, all) => {
        shareOut(budgetFps, all).forEach((share, i) => {
          const one = all[i] ?? claim(0);
          expect(share).toBeGreaterThanOrEqual(Math.min(one.leastFps, one.wantedFps) - 1e-9);
          expect(share).toBeLessThanOrEqual(one.wantedFps);
        });
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('keeps to the budget where the least of all fits into it', () => {
    // Five of weight 4 and five of weight 1: by weight alone the latter would get 1.2 each, less than their least.
    const all = [...Array(5).fill(claim(10, 4, 2)), ...Array(5).fill(claim(10, 1, 2))];
    const granted = shareOut(30, all);
    expect(sum(granted)).toBeCloseTo(30);
    expect([...granted].map((share) => Math.round(share * 1e6) / 1e6)).toEqual([4, 4, 4, 4, 4, 2, 2, 2, 2, 2]);
    fc.assert(
      fc.property(budget, claimsWithLeast, (budgetFps, some) => {
        const least = sum(some.map((one) => Math.min(one.leastFps, one.wantedFps)));
        const wanted = sum(some.map((one) => one.wantedFps));
        expect(sum(shareOut(budgetFps, some))).toBeCloseTo(Math.min(wanted, Math.max(least, budgetFps)), 6);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('has nothing to share out over nobody', () => {
    expect(shareOut(80, [])).toHaveLength(0);
  });
});
