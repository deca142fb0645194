import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositionOf } from '../../../../analytics/waste/composition.ts';
import type { Measure, Metric } from '../../../../core/measure.ts';

const measure = (metric: Metric, subject: string, n: number, sum = n, label = ''): Measure => ({
  metric,
  subject,
  direction: '',
  label,
  n,
  sum,
  min: 0,
  max: sum,
});

describe('a composition', () => {
  it('is the share of each material, the largest first, over all its classes', () => {
    const { materials, items } = compositionOf([
      measure('composition', 'glass', 1, 1, 'jar'),
      measure('composition', 'plastic', 2, 2, 'bottle'),
      measure('composition', 'plastic', 1, 1, 'cup'),
      measure('crossings', 'north', 9),
    ]);
    expect(items).toBe(4);
    expect(materials).toMatchObject([
      { material: 'plastic', share: 0.75, items: 3 },
      { material: 'glass', share: 0.25, items: 1 },
    ]);
  });

  it('is by weight, and as sure as the number of items makes it', () => {
    const { materials } = compositionOf([
      measure('composition', 'paper', 10, 0.9),
      measure('composition', 'glass', 10, 0.1),
    ]);
    expect(materials[0]).toMatchObject({ material: 'paper', share: 0.9, items: 10 });
    // Wilson for 18 of 20: 69.9 % to 97.2 %.
    expect(materials[0]?.low).toBeCloseTo(0.699, 3);
    expect(materials[0]?.high).toBeCloseTo(0.972, 3);
  });

  it('has the contamination and what is for review beside it', () => {
    const { contamination, review } = compositionOf([
      measure('composition', 'paper', 15),
      measure('composition', 'glass', 5),
      measure('contamination', 'glass', 5),
      measure('review', 'glass', 2),
    ]);
    expect(contamination).toMatchObject({ share: 0.25, items: 5 });
    expect(review).toBe(2);
  });

  it('knows nothing of an empty belt', () => {
    expect(compositionOf([])).toEqual({ materials: [], items: 0, contamination: null, review: 0 });
  });

  it('has shares that sum to 1 within their bounds, and items that sum to the count', () => {
    const item = fc.record({
      material: fc.constantFrom('paper', 'glass', 'plastic', 'metal'),
      n: fc.integer({ min: 1, max: 500 }),
      weight: fc.double({ min: 1e-4, max: 1, noNaN: true }),
      foreign: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 30 }), (items) => {
        const composition = compositionOf(
          items.flatMap(({ material, n, weight, foreign }) => [
            measure('composition', material, n, n * weight),
            ...(foreign ? [measure('contamination', material, n, n * weight)] : []),
          ]),
        );
        const sum = (pick: (m: (typeof composition.materials)[number]) => number): number =>
          composition.materials.reduce((total, m) => total + pick(m), 0);
        expect(sum((m) => m.share)).toBeCloseTo(1, 9);
        expect(sum((m) => m.items)).toBe(items.reduce((total, { n }) => total + n, 0));
        for (const { share, low, high } of composition.materials) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(low).toBeLessThanOrEqual(share);
          expect(high).toBeGreaterThanOrEqual(share);
          expect(high).toBeLessThanOrEqual(1);
        }
        expect(composition.contamination?.share).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});
